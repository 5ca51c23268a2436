// Run by the build: exai-pack OUT NAMESPACE LIST FILE... writes OUT, a source with the packed form of the
// YAML files.
#include "core/packed.hpp"
#include "io/yaml.hpp"

#include <fstream>
#include <iostream>
#include <sstream>

namespace {

/// As string literals: ISO C++ guarantees 65,536 characters each only, and pedantic mode warns.
std::string literals(const std::string& text) {
  constexpr std::size_t k_piece = 12000;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += k_piece)
    out += " R\"_pack_(" + text.substr(at, k_piece) + ")_pack_\"";
  return out;
}

int write(const std::string& out, const std::string& name_space, const std::string& list,
          const std::vector<std::string>& files) {
  std::ostringstream rows;
  for (const std::string& file : files) {
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream || text.str().empty()) {
      std::cerr << file << ": it cannot be read\n";
      return 1;
    }
    const auto document = exai::io::parse_yaml(text.str(), file);
    if (!document) {
      const exai::Error& error = document.error();
      std::cerr << exai::to_string(error.where.value_or(exai::Location{file, 0, 0})) << ": " << error.message
                << "\n";
      return 1;
    }
    rows << "      {\"" << file << "\"," << literals(exai::pack(*document)) << "},\n";
  }
  const std::string type = "const std::vector<std::pair<std::string_view, std::string_view>>";
  std::ofstream stream(out);
  stream << "#include <string_view>\n#include <utility>\n#include <vector>\nnamespace " << name_space
         << " {\n"
         << type << "& " << list << "();\n"
         << type << "& " << list << "() {\n  static " << type << " k_files{\n"
         << rows.str() << "  };\n  return k_files;\n}\n}\n";
  stream.close();
  return stream ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> given(words, words + count);
  if (given.size() < 5) {
    std::cerr << "usage: exai-pack OUT NAMESPACE LIST FILE...\n";
    return 2;
  }
  return write(given[1], given[2], given[3], {given.begin() + 4, given.end()});
}
