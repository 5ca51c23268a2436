#include "serve/exai_ws/call_key.hpp"

#include "core/digest.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <optional>

namespace exai::serve::exai_ws {
namespace {

std::optional<bool> word_of(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const std::string word = to_lower(value.get_ref<const std::string&>());
  if (word == "true" || word == "1" || word == "yes") return true;
  if (word == "false" || word == "0" || word == "no") return false;
  return std::nullopt;
}

}  // namespace

std::string call_key(const tools::Tool& tool, const Json& arguments, std::string_view default_model) {
  std::string text(tool.id);
  const auto named = arguments.find("model");
  const bool names = named != arguments.end() && named->is_string();
  text.append("\n").append(names ? named->get_ref<const std::string&>() : default_model).append("\n");
  return sha256_hex(text.append(dump_json(arguments)));
}

bool may_share(const tools::Tool& tool, const std::vector<std::string>& unshared) {
  return tool.work == engine::Work::blocking && tool.read_only && !tool.destructive &&
         std::find(unshared.begin(), unshared.end(), tool.id) == unshared.end();
}

bool is_cacheable(const Json& arguments) {
  const auto thread = arguments.find("continuation_id");
  return thread == arguments.end() || !thread->is_string() || thread->get_ref<const std::string&>().empty();
}

Result<Json> fitting_arguments(const mcp::ToolEntry& entry, Json given) {
  const Result<void> fits = mcp::check_arguments(entry, given);
  if (fits) return given;
  if (!given.is_object()) return fail(fits.error());
  for (const char* const name : {"use_websearch", "stream"})
    if (const auto value = given.find(name); value != given.end())
      if (const auto meant = word_of(*value)) *value = *meant;
  if (const auto mode = given.find("thinking_mode"); mode != given.end() && mode->is_string())
    *mode = to_lower(mode->get_ref<const std::string&>());
  if (!mcp::check_arguments(entry, given)) return fail(fits.error());
  return given;
}

bool flag_of(const Json& frame, const char* name) {
  const auto value = frame.find(name);
  if (value == frame.end()) return false;
  return value->is_boolean() ? value->get<bool>() : word_of(*value).value_or(false);
}

}  // namespace exai::serve::exai_ws
