// The registered tools as protocol sees them: schemas compiled and the list serialised once, at start.
#pragma once

#include "core/result.hpp"
#include "serve/protocol/schema.hpp"
#include "serve/tools/tool.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace exai::serve {

struct ToolEntry {
  const Tool* tool = nullptr;
  Schema input;
};

class ToolCatalogue {
 public:
  /// Fails (internal) on a tool whose name, schema or keyword is not allowed, naming the tool.
  static Result<ToolCatalogue> from(const std::vector<const Tool*>& tools);

  [[nodiscard]] const ToolEntry* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// The result object of tools/list: {"tools":[...]}.
  [[nodiscard]] const std::string& list_result() const { return list_; }
  /// The array of the daemon's list_tools_res: name, description and inputSchema only (facts: server 2.3).
  [[nodiscard]] const std::string& daemon_list() const { return daemon_list_; }

 private:
  std::map<std::string_view, ToolEntry> entries_;
  std::string list_, daemon_list_;
};

/// `not_found`, with the names that may have been meant.
Error unknown_tool(const ToolCatalogue& tools, std::string_view name);
/// `invalid`, with every problem of the arguments; nothing when they fit.
Result<void> check_arguments(const ToolEntry& entry, const Json& arguments);

}  // namespace exai::serve
