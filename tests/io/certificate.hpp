// A self-signed certificate for "localhost" and 127.0.0.1, made anew for a test.
#pragma once

#include <filesystem>

namespace exai::test {

struct Certificate {
  std::filesystem::path certificate, key;  ///< PEM files
};
Certificate make_certificate(const std::filesystem::path& folder);

}  // namespace exai::test
