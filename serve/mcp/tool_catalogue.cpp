#include "serve/mcp/tool_catalogue.hpp"

#include "core/text.hpp"
#include "serve/mcp/brief_schema.hpp"
#include "tools/visibility.hpp"

namespace exai::serve::mcp {
namespace {

Error broken_tool(const tools::Tool& tool, const std::string& why) {
  return make_error(ErrorKind::internal, "tool " + std::string(tool.id) + ": " + why);
}

bool is_tool_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), allowed);
}

/// JSON text without the whitespace between tokens: a message must fit one line of stdio and one data line of
/// an event. The order of members stays, which a parsed value would lose.
std::string one_line(std::string_view json) {
  std::string text;
  bool quoted = false, escaped = false;
  for (const char c : json) {
    if (!quoted && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) continue;
    text += c;
    if (c == '"' && !escaped) quoted = !quoted;
    escaped = quoted && c == '\\' && !escaped;
  }
  return text;
}

/// One item of tools/list. Schemas keep their order; absent members are left out, never null.
std::string full_item(const tools::Tool& tool) {
  const auto flag = [](std::string_view name, bool value) {
    return "\"" + std::string(name) + "\":" + (value ? "true" : "false");
  };
  std::string text = "{\"name\":" + quote_json(tool.id);
  if (!tool.title.empty()) text += ",\"title\":" + quote_json(tool.title);
  text += ",\"description\":" + quote_json(tool.description);
  text.append(",\"inputSchema\":").append(one_line(input_schema(tool)));
  if (const std::string_view answers = output_schema(tool); !answers.empty())
    text.append(",\"outputSchema\":").append(one_line(answers));
  text += ",\"annotations\":{" + flag("readOnlyHint", tool.read_only) + "," +
          flag("destructiveHint", tool.destructive) + "," + flag("idempotentHint", tool.idempotent) + "," +
          flag("openWorldHint", tool.open_world) + "}}";
  return text;
}

/// What a client can derive is left out: a title beside the name, annotations as the protocol assumes them (a
/// read-only tool destroys nothing), the form of the answer, which comes with each answer.
std::string brief_item(const tools::Tool& tool, BriefSchemas& schemas) {
  std::string text = "{\"name\":" + quote_json(tool.id);
  text += ",\"description\":" + quote_json(tool.description);
  text.append(",\"inputSchema\":").append(schemas.brief(input_schema(tool)));
  std::string hints;
  const auto hint = [&hints](bool differs, std::string_view words) {
    if (differs) hints.append(hints.empty() ? "" : ",").append(words);
  };
  hint(tool.read_only, "\"readOnlyHint\":true");
  hint(!tool.read_only && !tool.destructive, "\"destructiveHint\":false");
  hint(!tool.read_only && tool.idempotent, "\"idempotentHint\":true");
  hint(!tool.read_only && !tool.open_world, "\"openWorldHint\":false");
  if (!hints.empty()) text += ",\"annotations\":{" + hints + "}";
  return text + "}";
}

std::string exai_ws_item(const tools::Tool& tool) {
  std::string text = "{\"name\":" + quote_json(tool.id) + ",\"description\":" + quote_json(tool.description);
  return text.append(",\"inputSchema\":").append(one_line(input_schema(tool))).append("}");
}

bool is_header_token(std::string_view name) {
  constexpr std::string_view k_marks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           k_marks.find(c) != std::string_view::npos;
  });
}

/// Collects the annotated properties, in nested objects too. Clients drop tools with wrong annotations, so
/// ours must be right.
/// The header that one property names, if it does.
Result<void> add_header(const tools::Tool& tool, const std::vector<std::string>& path, const Json& property,
                        std::vector<HeaderArgument>& out) {
  const auto annotated = property.find("x-mcp-header");
  if (annotated == property.end()) return {};
  const std::string& name = path.back();
  const std::string header = annotated->is_string() ? annotated->get<std::string>() : "";
  const Json type = property.value("type", Json());
  if (!is_header_token(header))
    return fail(broken_tool(tool, "x-mcp-header of " + name + " must be a header name"));
  if (type != "string" && type != "integer" && type != "boolean")
    return fail(broken_tool(tool, "x-mcp-header of " + name + " needs type string, integer or boolean"));
  const std::string full = "mcp-param-" + to_lower(header);
  for (const HeaderArgument& other : out)
    if (other.header == full) return fail(broken_tool(tool, "x-mcp-header " + header + " stands twice"));
  out.push_back({full, path});
  return {};
}

Result<void> collect_headers(const tools::Tool& tool, const Json& schema, std::vector<std::string>& path,
                             std::vector<HeaderArgument>& out) {
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return {};
  for (const auto& [name, property] : properties->items()) {
    if (!property.is_object()) continue;
    path.push_back(name);
    if (Result<void> added = add_header(tool, path, property, out); !added) return added;
    if (Result<void> below = collect_headers(tool, property, path, out); !below) return below;
    path.pop_back();
  }
  return {};
}

Result<ToolEntry> compile_entry(std::shared_ptr<const tools::Tool> record) {
  const tools::Tool& tool = *record;
  const std::string_view text = input_schema(tool);
  if (text.empty()) return fail(broken_tool(tool, "there is no tools/" + std::string(tool.id) + ".json"));
  const Result<Json> document = parse_json(text);
  if (!document) return fail(broken_tool(tool, "input schema: " + document.error().message));
  const auto type = document->find("type");
  if (type == document->end() || *type != "object")
    return fail(broken_tool(tool, "input schema must have type object"));
  Result<Schema> schema = Schema::compile(*document);
  if (!schema) return fail(broken_tool(tool, schema.error().message));
  ToolEntry entry{std::move(record), std::move(*schema), {}};
  std::vector<std::string> path;
  if (Result<void> done = collect_headers(tool, *document, path, entry.headers); !done)
    return fail(done.error());
  return entry;
}

}  // namespace

Result<ToolCatalogue> ToolCatalogue::from(const tools::ToolList& tools,
                                          std::vector<engine::ServerView::HiddenRow> hidden, bool full) {
  ToolCatalogue catalogue;
  catalogue.hidden_ = std::move(hidden);
  catalogue.exai_ws_list_ = "[";
  BriefSchemas schemas;
  for (const std::shared_ptr<const tools::Tool>& tool : tools) {
    if (!is_tool_name(tool->id)) return fail(broken_tool(*tool, "the name must match [A-Za-z0-9_.-]{1,128}"));
    Result<ToolEntry> entry = compile_entry(tool);
    if (!entry) return fail(entry.error());
    if (const std::string_view answers = output_schema(*tool); !answers.empty() && !parse_json(answers))
      return fail(broken_tool(*tool, "output schema is not JSON"));
    catalogue.exai_ws_list_ += (catalogue.entries_.empty() ? "" : ",") + exai_ws_item(*tool);
    if (!catalogue.entries_.emplace(tool->id, std::move(*entry)).second)
      return fail(broken_tool(*tool, "registered twice"));
    // A schema with parts of its own making (references, alternatives) is listed as it is.
    const bool as_it_is = full || !BriefSchemas::covers(input_schema(*tool));
    catalogue.items_.push_back(as_it_is ? full_item(*tool) : brief_item(*tool, schemas));
  }
  catalogue.exai_ws_list_ += "]";
  return catalogue;
}

const ToolEntry* ToolCatalogue::find(std::string_view name) const {
  auto found = entries_.find(name);
  if (found == entries_.end())
    found = entries_.find(tools::canonical_tool_name(
        name, [this](std::string_view known) { return entries_.contains(known); }));
  return found == entries_.end() ? nullptr : &found->second;
}

std::vector<std::string> ToolCatalogue::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.emplace_back(name);
  return names;
}

Error unknown_tool(const ToolCatalogue& tools, std::string_view name) {
  const std::string_view shown = name.substr(0, 128);
  for (const engine::ServerView::HiddenRow& row : tools.hidden())
    if (row.name == name)
      return make_error(ErrorKind::not_found, "the tool " + row.name + " is not offered: " + row.reason,
                        "change that setting of exai serve, or use another tool");
  return make_error(ErrorKind::not_found, "unknown tool " + quote_json(shown),
                    did_you_mean(shown, tools.names()));
}

Result<void> check_arguments(const ToolEntry& entry, Json& arguments) {
  if (arguments.is_null()) arguments = Json::object();
  entry.input.drop_nulls(arguments);
  const std::vector<SchemaProblem> problems = entry.input.check(arguments);
  if (problems.empty()) return {};
  return fail(ErrorKind::invalid,
              "arguments of " + std::string(entry.tool->id) + " do not fit: " + to_line(problems));
}

}  // namespace exai::serve::mcp
