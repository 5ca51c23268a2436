// The tools that are offered, as the protocol sees them: schemas compiled once, at start.
#pragma once

#include "core/result.hpp"
#include "mcp/schema.hpp"
#include "serve/mcp/names.hpp"
#include "tools/tool.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace exai::serve::mcp {

/// An argument that travels in a header too: `x-mcp-header` of its schema.
struct HeaderArgument {
  std::string header;             ///< "mcp-param-tenant", in lower case
  std::vector<std::string> path;  ///< member names from the arguments down
};

struct ToolEntry {
  std::shared_ptr<const tools::Tool> tool;
  Schema input;
  std::vector<HeaderArgument> headers;
};

class ToolCatalogue {
 public:
  /// Fails (internal) on a tool whose name, schema, keyword or header annotation is not allowed, naming it.
  /// `full` lists schemas as arguments are judged by them, else what a model needs to call (BriefSchemas).
  static Result<ToolCatalogue> from(const tools::ToolList& tools,
                                    std::vector<engine::ServerView::HiddenRow> hidden = {},
                                    bool full = false);

  /// Also by the other names that clients know a tool by: see canonical_tool_name().
  [[nodiscard]] const ToolEntry* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const std::vector<engine::ServerView::HiddenRow>& hidden() const { return hidden_; }
  [[nodiscard]] const std::vector<std::string>& items() const { return items_; }
  /// The array of list_tools_res in exai_ws: name, description and inputSchema only.
  [[nodiscard]] const std::string& exai_ws_list() const { return exai_ws_list_; }

 private:
  std::map<std::string_view, ToolEntry> entries_;
  std::vector<std::string> items_;
  std::string exai_ws_list_;
  std::vector<engine::ServerView::HiddenRow> hidden_;
};

/// `not_found`, with the names that may have been meant, or with the reason why that tool is hidden.
Error unknown_tool(const ToolCatalogue& tools, std::string_view name);
/// `invalid`, with every problem of the arguments; nothing when they fit. null is read as absent first: for
/// all of them, and for each that is optional.
Result<void> check_arguments(const ToolEntry& entry, Json& arguments);

}  // namespace exai::serve::mcp
