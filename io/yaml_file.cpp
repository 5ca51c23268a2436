// Apart from yaml.cpp, which is also part of the program that packs the built-in documents and needs no files
// there.
#include "io/files.hpp"
#include "io/yaml.hpp"

namespace exai::io {

Result<Node> read_yaml(const std::filesystem::path& path) {
  const Result<std::string> text = read_file(path, std::uint64_t{4} << 20U);
  if (!text) return fail(text.error());
  return parse_yaml(*text, path.string());
}

}  // namespace exai::io
