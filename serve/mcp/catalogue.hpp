// All that the server offers, as the protocol sees it: schemas compiled and lists serialised once, at start.
#pragma once

#include "core/result.hpp"
#include "serve/mcp/listing.hpp"
#include "serve/mcp/tool_catalogue.hpp"
#include "tools/prompts/prompt.hpp"
#include "tools/resources/resource.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::serve::mcp {

struct ResourceEntry {
  std::string uri, label, title, description, mime;
  engine::Work work = engine::Work::blocking;
  Scope scope = Scope::viewer;
  CacheHint hint;
  std::function<Result<engine::CallAnswer>(const tools::UriVariables&, engine::CallContext&)> read;
  std::function<std::vector<std::string>(std::string_view, std::string_view, engine::CallContext&)> complete;
};

struct FoundResource {
  const ResourceEntry* entry = nullptr;
  tools::UriVariables variables;
};

struct PromptEntry {
  std::string name, title, description;
  struct Argument {
    std::string name, description;
    bool required = false;
  };
  std::vector<Argument> arguments;
  engine::Work work = engine::Work::inline_;
  std::function<Result<engine::CallAnswer>(const tools::PromptArguments&, engine::CallContext&)> make;
  std::function<std::vector<std::string>(std::string_view, std::string_view, engine::CallContext&)> complete;
};

/// What is offered besides what the records say.
struct CatalogueExtras {
  std::vector<tools::Document> documents;
  std::size_t page = 100;  ///< items on one page of a list
  std::vector<engine::ServerView::HiddenRow> hidden_tools{};
  bool full_schemas = false;  ///< see ToolCatalogue::from
  bool all_prompts = false;   ///< one prompt a tool, not only one a workflow
};

class Catalogue {
 public:
  static Result<Catalogue> from(const McpWriter& writer, const tools::ToolList& tools,
                                const std::vector<const tools::Resource*>& resources,
                                const std::vector<const tools::Prompt*>& prompts, CatalogueExtras extras);

  [[nodiscard]] const ToolCatalogue& tools() const { return tools_; }
  /// What the settings hide, with the reasons.
  [[nodiscard]] const std::vector<engine::ServerView::HiddenRow>& hidden_tools() const {
    return tools_.hidden();
  }
  [[nodiscard]] const PromptEntry* find_prompt(std::string_view name) const;
  [[nodiscard]] std::optional<FoundResource> find_resource(std::string_view uri) const;
  /// By the template's own text.
  [[nodiscard]] const ResourceEntry* find_template(std::string_view uri_template) const;
  /// What the metrics count: every tool, and the methods whose work runs as a call too.
  [[nodiscard]] std::vector<std::string> job_names() const;
  [[nodiscard]] std::vector<std::string> prompt_names() const;
  [[nodiscard]] std::vector<std::string> resource_uris() const;

  Listing tool_list, prompt_list, resource_list, template_list;

 private:
  void serialise(const McpWriter& writer, std::size_t page);

  ToolCatalogue tools_;
  std::vector<PromptEntry> prompts_;      // sorted by name
  std::vector<ResourceEntry> resources_;  // fixed URIs, sorted
  std::vector<ResourceEntry> templates_;
};

/// The catalogue as it is now: a reload replaces it, and calls that hold the old one finish with it. Any
/// thread.
class CurrentCatalogue {
 public:
  explicit CurrentCatalogue(Catalogue first)
      : catalogue_(std::make_shared<const Catalogue>(std::move(first))) {}
  /// One that is still being made: the first get() waits for it.
  explicit CurrentCatalogue(std::function<Catalogue()> fetch) : fetch_(std::move(fetch)) {}
  [[nodiscard]] std::shared_ptr<const Catalogue> get() const {
    const std::scoped_lock lock(mutex_);
    if (!catalogue_) catalogue_ = std::make_shared<const Catalogue>(fetch_());
    return catalogue_;
  }
  void replace(Catalogue next) {
    auto made = std::make_shared<const Catalogue>(std::move(next));
    const std::scoped_lock lock(mutex_);
    catalogue_.swap(made);
  }

 private:
  mutable std::mutex mutex_;
  std::function<Catalogue()> fetch_;
  mutable std::shared_ptr<const Catalogue> catalogue_;
};

/// The variables with which a template gives the URI; nothing when it does not.
std::optional<tools::UriVariables> match_uri(std::string_view uri_template, std::string_view uri);

}  // namespace exai::serve::mcp
