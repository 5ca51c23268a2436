#include "serve/protocol/wire.hpp"

#include "core/json.hpp"
#include "serve/protocol/errors.hpp"

#include <array>

namespace exai::serve {
namespace {
constexpr std::array<std::string_view, 1> k_versions{"2025-11-25"};
}  // namespace

std::span<const std::string_view> supported_versions() {
  return k_versions;
}

bool is_supported_version(std::string_view version) {
  return std::find(k_versions.begin(), k_versions.end(), version) != k_versions.end();
}

std::string_view negotiate_version(std::string_view asked) {
  const auto found = std::find(k_versions.begin(), k_versions.end(), asked);
  return found == k_versions.end() ? k_versions.front() : *found;
}

std::string initialize_result(const ServerIdentity& identity, std::string_view version) {
  Json result = {{"protocolVersion", version},
                 {"capabilities", {{"tools", {{"listChanged", false}}}}},
                 {"serverInfo", {{"name", identity.name}, {"version", identity.version}}}};
  if (!identity.instructions.empty()) result["instructions"] = identity.instructions;
  return dump_json(result);
}

std::string call_result(const ToolOutput& output) {
  std::string text = "{\"content\":" + dump_json(output.content);
  // Revisions before 2026 know objects only.
  if (output.structured.is_object()) text += ",\"structuredContent\":" + dump_json(output.structured);
  return text + (output.is_error ? ",\"isError\":true}" : ",\"isError\":false}");
}

std::string failed_call_result(const Error& error, const Tool& tool) {
  const std::string facts = "{\"error\":" + dump_json(error_facts(error)) + "}";
  std::string text = "{\"content\":[{\"type\":\"text\",\"text\":" + quote_json(error_line(error)) + "}]";
  text += (tool.output_schema.empty() ? ",\"structuredContent\":" : ",\"_meta\":") + facts;
  return text + ",\"isError\":true}";
}

std::string progress_params(std::string_view token, std::uint64_t count, const Progress& progress) {
  std::string text = "{\"progressToken\":";
  text.append(token).append(",\"progress\":").append(std::to_string(count));
  text += ",\"message\":" + quote_json(progress.text.empty() ? progress.message : progress.text);
  // Lets a client of ours tell a piece of the answer from a remark about it.
  if (!progress.text.empty()) text += ",\"_meta\":{\"exai/partial\":true}";
  return text + "}";
}

}  // namespace exai::serve
