// Man pages from the same records as the help.
#pragma once

#include <string>
#include <vector>

namespace exai::cli {

struct ManPage {
  std::string file;  ///< "exai-check.1"
  std::string text;  ///< roff
};

/// exai(1), one page a noun, exai.yaml(5), exai-runbook(5), exai-exit-codes(7). The date is the version's, so
/// the same version always prints the same text.
std::vector<ManPage> man_pages();

}  // namespace exai::cli
