// Words to options and positionals, by the records of a command. The only file that includes CLI11.
#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace exai::cli {

struct Tokens {
  std::map<std::string, std::vector<std::string>, std::less<>>
      options;                       ///< by long name; a switch has one "" per use
  std::vector<std::string> words;    ///< positionals, in order
  std::vector<std::string> unknown;  ///< flags that no option matches
};

/// Takes the words apart; "-vv", "-ojson", "--output=json" and flags between words are understood. `usage`
/// when an option lacks its value.
Result<Tokens> tokenize(const std::vector<const Option*>& options, const std::vector<std::string>& words);

}  // namespace exai::cli
