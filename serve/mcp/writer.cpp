#include "serve/mcp/writer.hpp"

#include "core/base64.hpp"
#include "core/json_access.hpp"
#include "core/text.hpp"
#include "core/utc.hpp"
#include "mcp/errors.hpp"

#include <array>

namespace exai::serve::mcp {
namespace {

constexpr std::array<std::string_view, 5> k_versions{"2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26",
                                                     "2024-11-05"};

/// What we offer in every revision; the logo is a plain square, so that hosts that show icons show one.
Json server_capabilities() {
  return {{"tools", {{"listChanged", true}}},
          {"prompts", {{"listChanged", true}}},
          {"resources", {{"listChanged", true}, {"subscribe", true}}},
          {"completions", Json::object()},
          {"logging", Json::object()}};
}

constexpr std::string_view k_logo =
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><rect width='16' height='16' rx='3' "
    "fill='#1b4965'/><path d='M4 4h8v2H6v1h5v2H6v1h6v2H4z' fill='#fff'/></svg>";

Json server_info(const ServerIdentity& identity) {
  return {{"name", identity.name},
          {"version", identity.version},
          {"icons", Json::array({{{"src", "data:image/svg+xml;base64," + base64(k_logo)},
                                  {"mimeType", "image/svg+xml"},
                                  {"sizes", Json::array({"any"})}}})}};
}

/// Older clients refuse a whole result for one item of a kind they do not know.
std::string content_for(const Revision& revision, const Json& content) {
  if (revision.era == Era::stateless || revision.version >= "2025-06-18") return dump_json(content);
  Json items = content;
  for (Json& item : items) {
    const std::string type = item.value("type", "");
    if (type == "resource_link")
      item = {{"type", "text"}, {"text", item.value("name", "") + ": " + item.value("uri", "")}};
    else if (type == "audio" && revision.version < "2025-03-26")
      item = {{"type", "text"}, {"text", "(audio, " + item.value("mimeType", "") + ")"}};
  }
  return dump_json(items);
}

std::string texts(const std::vector<std::string>& values, std::size_t max) {
  std::string text;
  for (std::size_t i = 0; i < values.size() && i < max; ++i)
    text.append(i == 0 ? "" : ",").append(quote_json(values[i]));
  return text;
}

}  // namespace

std::span<const std::string_view> supported_versions() {
  return k_versions;
}

std::span<const std::string_view> session_versions() {
  return std::span<const std::string_view>(k_versions).subspan(1);
}

bool is_session_version(std::string_view version) {
  const auto known = session_versions();
  return std::find(known.begin(), known.end(), version) != known.end();
}

std::string_view negotiate_version(std::string_view requested) {
  const auto known = session_versions();
  const auto found = std::find(known.begin(), known.end(), requested);
  return found == known.end() ? known.front() : *found;
}

bool input_errors_are_results(const Revision& revision) {
  return revision.era == Era::stateless || revision.version >= "2025-11-25";
}

std::string initialize_result(const ServerIdentity& identity, std::string_view version) {
  Json result = {{"protocolVersion", version},
                 {"capabilities", {{"tools", {{"listChanged", false}}}}},
                 {"serverInfo", {{"name", identity.name}, {"version", identity.version}}}};
  if (!identity.instructions.empty()) result["instructions"] = identity.instructions;
  return dump_json(result);
}

McpWriter::McpWriter(const ServerIdentity& identity)
    : info_(dump_json(server_info(identity))),
      meta_(R"("io.modelcontextprotocol/serverInfo":)" +
            dump_json({{"name", identity.name}, {"version", identity.version}})) {
  if (!identity.instructions.empty())
    instructions_ = ",\"instructions\":" + quote_json(identity.instructions);
}

std::string McpWriter::finished(Era era, std::string members, std::string_view type,
                                std::string_view more_meta) const {
  std::string text = "{";
  if (era == Era::session) {
    text += members;
    if (!more_meta.empty())
      text.append(members.empty() ? "" : ",").append("\"_meta\":{").append(more_meta).append("}");
    return text += "}";
  }
  text.append("\"resultType\":\"").append(type).append("\"");
  if (!members.empty()) text.append(",").append(members);
  text.append(",\"_meta\":{").append(meta_);
  if (!more_meta.empty()) text.append(",").append(more_meta);
  return text += "}}";
}

std::string McpWriter::initialize(std::string_view version) const {
  return "{\"protocolVersion\":" + quote_json(version) +
         ",\"capabilities\":" + dump_json(server_capabilities()) + ",\"serverInfo\":" + info_ +
         instructions_ + "}";
}

std::string McpWriter::discover() const {
  Json capabilities = server_capabilities();
  capabilities["extensions"][k_tasks_extension] = Json::object();
  std::string versions;
  for (const std::string_view version : supported_versions())
    versions.append(versions.empty() ? "" : ",").append(quote_json(version));
  return finished(Era::stateless, "\"supportedVersions\":[" + versions +
                                      "],\"capabilities\":" + dump_json(capabilities) + instructions_ +
                                      ",\"ttlMs\":3600000,\"cacheScope\":\"public\"");
}

std::string McpWriter::empty(Era era) const {
  return finished(era, {});
}

std::string McpWriter::list(Era era, std::string_view key, std::string_view items, std::string_view cursor,
                            const CacheHint& hint) const {
  std::string text = "\"";
  text.append(key).append("\":[").append(items).append("]");
  if (!cursor.empty()) text.append(",\"nextCursor\":").append(quote_json(cursor));
  if (era == Era::stateless)
    text.append(",\"ttlMs\":")
        .append(std::to_string(hint.ttl_ms))
        .append(hint.shared ? ",\"cacheScope\":\"public\"" : ",\"cacheScope\":\"private\"");
  return finished(era, std::move(text));
}

std::string McpWriter::tool(const Revision& revision, const engine::ToolOutput& output) const {
  std::string text = "\"content\":" + content_for(revision, output.content);
  // Revisions before 2026 know objects only.
  if (revision.era == Era::stateless ? !output.structured.empty() : output.structured.starts_with('{'))
    text.append(",\"structuredContent\":").append(output.structured);
  text += output.is_error ? ",\"isError\":true" : ",\"isError\":false";
  return finished(revision.era, std::move(text));
}

std::string McpWriter::failed_tool(Era era, const Error& error, bool has_output_schema) const {
  const std::string facts = "{\"error\":" + dump_json(error_facts(error)) + "}";
  std::string text = "\"content\":[{\"type\":\"text\",\"text\":" + quote_json(error_line(error)) + "}]";
  if (!has_output_schema) text += ",\"structuredContent\":" + facts;
  text += ",\"isError\":true";
  return finished(
      era, std::move(text), "complete",
      has_output_schema ? std::string_view(facts).substr(1, facts.size() - 2) : std::string_view());
}

std::string McpWriter::prompt(Era era, const engine::PromptOutput& output) const {
  std::string text;
  if (!output.description.empty()) text = "\"description\":" + quote_json(output.description) + ",";
  return finished(era, text + "\"messages\":" + dump_json(output.messages));
}

std::string McpWriter::resource(Era era, std::string_view uri, const engine::ResourceOutput& output,
                                const CacheHint& hint) const {
  std::string text = "\"contents\":[{\"uri\":" + quote_json(uri);
  if (!output.mime.empty()) text += ",\"mimeType\":" + quote_json(output.mime);
  if (output.blob.empty())
    text += ",\"text\":" + quote_json(output.text);
  else
    text += ",\"blob\":" + quote_json(base64(output.blob));
  text += "}]";
  if (era == Era::stateless)
    text.append(",\"ttlMs\":")
        .append(std::to_string(hint.ttl_ms))
        .append(hint.shared ? ",\"cacheScope\":\"public\"" : ",\"cacheScope\":\"private\"");
  return finished(era, std::move(text));
}

std::string McpWriter::completion(Era era, const engine::CompletionOutput& output) const {
  constexpr std::size_t k_max_values = 100;  // of the specification
  return finished(era,
                  "\"completion\":{\"values\":[" + texts(output.values, k_max_values) +
                      "],\"total\":" + std::to_string(output.values.size()) +
                      (output.values.size() > k_max_values ? ",\"hasMore\":true}" : ",\"hasMore\":false}"));
}

std::string McpWriter::input_required(const std::vector<engine::InputRequest>& requests,
                                      std::string_view state) const {
  std::string text;
  for (const engine::InputRequest& request : requests)
    text.append(text.empty() ? "\"inputRequests\":{" : ",")
        .append(quote_json(request.key))
        .append(":")
        .append(dump_json(input_request_json(request)));
  if (!requests.empty()) text += "}";
  if (!state.empty())
    text.append(text.empty() ? "" : ",").append("\"requestState\":").append(quote_json(state));
  return finished(Era::stateless, std::move(text), "input_required");
}

std::string McpWriter::created_task(const TaskFacts& task) const {
  return finished(Era::stateless, task_members(task), "task");
}

std::string McpWriter::task(const TaskFacts& task, std::string_view more) const {
  return finished(Era::stateless, task_members(task).append(more));
}

std::string McpWriter::listen_result(std::string_view subscription) const {
  return finished(Era::stateless, {}, "complete",
                  "\"" + std::string(k_meta_subscription) + "\":" + std::string(subscription));
}

std::string_view input_method(engine::InputKind kind) {
  switch (kind) {
    case engine::InputKind::form:
    case engine::InputKind::url:
      return "elicitation/create";
    case engine::InputKind::sampling:
      return "sampling/createMessage";
    case engine::InputKind::roots:
      return "roots/list";
  }
  return {};
}

Json input_request_json(const engine::InputRequest& request) {
  return {{"method", input_method(request.kind)}, {"params", request.params}};
}

Json needed_capabilities(engine::InputKind kind) {
  switch (kind) {
    case engine::InputKind::form:
      return {{"elicitation", {{"form", Json::object()}}}};
    case engine::InputKind::url:
      return {{"elicitation", {{"url", Json::object()}}}};
    case engine::InputKind::sampling:
      return {{"sampling", Json::object()}};
    case engine::InputKind::roots:
      return {{"roots", Json::object()}};
  }
  return Json::object();
}

std::string progress_params(std::string_view token, std::uint64_t count, const engine::Progress& progress) {
  std::string text = "{\"progressToken\":";
  text.append(token).append(",\"progress\":");
  if (progress.total > 0)
    text.append(dump_json(progress.done)).append(",\"total\":").append(dump_json(progress.total));
  else
    text.append(std::to_string(count));
  const std::string& shown = progress.text.empty() ? progress.message : progress.text;
  if (!shown.empty()) text += ",\"message\":" + quote_json(shown);
  // Lets our own client separate a piece of the answer from a remark about it.
  if (!progress.text.empty()) text += ",\"_meta\":{\"exai/partial\":true}";
  return text + "}";
}

std::string task_members(const TaskFacts& task) {
  return "\"taskId\":" + quote_json(task.id) + ",\"status\":" + quote_json(task.status) +
         ",\"createdAt\":" + quote_json(format_utc(task.created)) +
         ",\"lastUpdatedAt\":" + quote_json(format_utc(task.updated)) +
         ",\"ttlMs\":" + std::to_string(task.ttl.count()) +
         ",\"pollIntervalMs\":" + std::to_string(task.poll.count());
}

engine::ClientFacts read_client(const Json& capabilities, const Json& info) {
  engine::ClientFacts client;
  if (const std::string name = text_of(info, "name"); !name.empty())
    client.name = printable(std::string_view(name + " " + text_of(info, "version")).substr(0, 200));
  if (!capabilities.is_object()) return client;
  client.sampling = capabilities.contains("sampling");
  client.roots = capabilities.contains("roots");
  if (const auto elicitation = capabilities.find("elicitation"); elicitation != capabilities.end()) {
    client.url = elicitation->is_object() && elicitation->contains("url");
    // An empty object means forms: it is what clients sent before there were two modes.
    client.form = !client.url || elicitation->contains("form");
  }
  if (const auto extensions = capabilities.find("extensions");
      extensions != capabilities.end() && extensions->is_object())
    client.tasks = extensions->contains(k_tasks_extension);
  return client;
}

}  // namespace exai::serve::mcp
