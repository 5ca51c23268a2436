#include "tools/prompts/prompt.hpp"

namespace exai::tools {

Json user_text(const std::string& text) {
  return {{"role", "user"}, {"content", {{"type", "text"}, {"text", text}}}};
}

}  // namespace exai::tools
