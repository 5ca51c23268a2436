#include "serve/mcp/catalogue.hpp"

#include "core/text.hpp"
#include "serve/mcp/tool_prompts.hpp"

namespace exai::serve::mcp {
namespace {

// Lists change only with the server's own settings, and a change is announced.
constexpr long long k_list_ttl_ms = 300'000;

Json maybe(Json object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
  return object;
}

std::string prompt_item(const PromptEntry& prompt) {
  Json item = maybe({{"name", prompt.name}, {"description", prompt.description}}, "title", prompt.title);
  for (const PromptEntry::Argument& argument : prompt.arguments)
    item["arguments"].push_back(maybe({{"name", argument.name}, {"required", argument.required}},
                                      "description", argument.description));
  return dump_json(item);
}

std::string resource_item(const ResourceEntry& resource, const char* uri) {
  Json item = {{uri, resource.uri}, {"name", resource.label}, {"description", resource.description}};
  return dump_json(maybe(maybe(std::move(item), "title", resource.title), "mimeType", resource.mime));
}

ResourceEntry entry_of(const tools::Resource& record) {
  ResourceEntry entry;
  entry.uri = record.id;
  entry.label = record.label;
  entry.title = record.title;
  entry.description = record.description;
  entry.mime = record.mime;
  entry.work = record.work;
  entry.scope = record.scope;
  entry.hint = {record.ttl_ms, record.shared};
  entry.read = record.read;
  if (record.complete != nullptr) entry.complete = record.complete;
  return entry;
}

ResourceEntry entry_of(tools::Document document) {
  ResourceEntry entry;
  entry.uri = std::move(document.uri);
  entry.label = std::move(document.label);
  entry.title = std::move(document.title);
  entry.description = std::move(document.description);
  entry.mime = document.mime;
  entry.work = engine::Work::inline_;
  entry.hint = {k_list_ttl_ms, true};
  entry.read = [mime = document.mime, text = std::move(document.text)](
                   const tools::UriVariables&, engine::CallContext&) -> Result<engine::CallAnswer> {
    return engine::ResourceOutput{mime, text, {}};
  };
  return entry;
}

PromptEntry entry_of(const tools::Prompt& record) {
  PromptEntry entry;
  entry.name = record.id;
  entry.title = record.title;
  entry.description = record.description;
  for (const tools::PromptArgument& argument : record.arguments)
    entry.arguments.push_back(
        {std::string(argument.name), std::string(argument.description), argument.required});
  entry.work = record.work;
  entry.make = record.make;
  if (record.complete != nullptr) entry.complete = record.complete;
  return entry;
}

}  // namespace

Result<Catalogue> Catalogue::from(const McpWriter& writer, const tools::ToolList& tools,
                                  const std::vector<const tools::Resource*>& resources,
                                  const std::vector<const tools::Prompt*>& prompts, CatalogueExtras extras) {
  Catalogue made;
  Result<ToolCatalogue> compiled =
      ToolCatalogue::from(tools, std::move(extras.hidden_tools), extras.full_schemas);
  if (!compiled) return fail(compiled.error());
  made.tools_ = std::move(*compiled);
  for (const tools::Resource* record : resources)
    (record->id.find('{') == std::string_view::npos ? made.resources_ : made.templates_)
        .push_back(entry_of(*record));
  for (tools::Document& document : extras.documents) made.resources_.push_back(entry_of(std::move(document)));
  for (const tools::Prompt* record : prompts) made.prompts_.push_back(entry_of(*record));
  for (const auto& tool : tools)
    if (tool->workflow || extras.all_prompts) made.prompts_.push_back(prompt_of(*tool));
  std::sort(made.prompts_.begin(), made.prompts_.end(),
            [](const PromptEntry& a, const PromptEntry& b) { return a.name < b.name; });
  std::sort(made.resources_.begin(), made.resources_.end(),
            [](const ResourceEntry& a, const ResourceEntry& b) { return a.uri < b.uri; });
  for (std::size_t i = 1; i < made.prompts_.size(); ++i)
    if (made.prompts_[i].name == made.prompts_[i - 1].name)
      return fail(ErrorKind::internal, "prompt " + made.prompts_[i].name + ": registered twice");
  made.serialise(writer, extras.page);
  return made;
}

void Catalogue::serialise(const McpWriter& writer, std::size_t page) {
  const CacheHint hint{k_list_ttl_ms, true};
  tool_list = Listing(writer, "tools", tools_.items(), page, hint);
  std::vector<std::string> items;
  for (const PromptEntry& one : prompts_) items.push_back(prompt_item(one));
  prompt_list = Listing(writer, "prompts", items, page, hint);
  items.clear();
  for (const ResourceEntry& one : resources_) items.push_back(resource_item(one, "uri"));
  resource_list = Listing(writer, "resources", items, page, hint);
  items.clear();
  for (const ResourceEntry& one : templates_) items.push_back(resource_item(one, "uriTemplate"));
  template_list = Listing(writer, "resourceTemplates", items, page, hint);
}

const PromptEntry* Catalogue::find_prompt(std::string_view name) const {
  for (const PromptEntry& prompt : prompts_)
    if (prompt.name == name) return &prompt;
  return nullptr;
}

std::optional<FoundResource> Catalogue::find_resource(std::string_view uri) const {
  for (const ResourceEntry& resource : resources_)
    if (resource.uri == uri) return FoundResource{&resource, {}};
  for (const ResourceEntry& resource : templates_)
    if (std::optional<tools::UriVariables> variables = match_uri(resource.uri, uri))
      return FoundResource{&resource, std::move(*variables)};
  return std::nullopt;
}

const ResourceEntry* Catalogue::find_template(std::string_view uri_template) const {
  for (const ResourceEntry& resource : templates_)
    if (resource.uri == uri_template) return &resource;
  return nullptr;
}

std::vector<std::string> Catalogue::job_names() const {
  std::vector<std::string> names = tools_.names();
  names.insert(names.end(), {"prompts/get", "resources/read", "completion/complete"});
  return names;
}

std::vector<std::string> Catalogue::prompt_names() const {
  std::vector<std::string> names;
  for (const PromptEntry& prompt : prompts_) names.push_back(prompt.name);
  return names;
}

std::vector<std::string> Catalogue::resource_uris() const {
  std::vector<std::string> uris;
  for (const ResourceEntry& resource : resources_) uris.push_back(resource.uri);
  for (const ResourceEntry& resource : templates_) uris.push_back(resource.uri);
  return uris;
}

std::optional<tools::UriVariables> match_uri(std::string_view uri_template, std::string_view uri) {
  tools::UriVariables variables;
  for (;;) {
    const std::size_t open = uri_template.find('{');
    const std::string_view fixed = uri_template.substr(0, open);
    if (uri.substr(0, fixed.size()) != fixed) return std::nullopt;
    uri.remove_prefix(fixed.size());
    if (open == std::string_view::npos) break;
    const std::size_t close = uri_template.find('}', open);
    const std::string name(uri_template.substr(open + 1, close - open - 1));
    uri_template.remove_prefix(close + 1);
    const std::string_view value = uri.substr(0, uri.find('/'));
    const std::size_t end = uri_template.empty() ? value.size() : value.find(uri_template.front());
    const std::string_view taken = value.substr(0, end);
    if (taken.empty()) return std::nullopt;
    variables.emplace(name, taken);
    uri.remove_prefix(taken.size());
  }
  if (!uri.empty()) return std::nullopt;
  return variables;
}

}  // namespace exai::serve::mcp
