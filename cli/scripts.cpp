// The shells' scripts, embedded from completions/ by the build.
#include "cli/complete.hpp"

namespace exai::embedded {
const std::vector<std::pair<std::string_view, std::string_view>>&
completions();  // bash, zsh, fish: the order of CMakeLists.txt
}  // namespace exai::embedded

namespace exai::cli {

std::string_view completion_script(std::string_view shell) {
  const auto& scripts = embedded::completions();
  if (shell == "bash") return scripts.at(0).second;
  if (shell == "zsh") return scripts.at(1).second;
  return shell == "fish" ? scripts.at(2).second : std::string_view{};
}

}  // namespace exai::cli
