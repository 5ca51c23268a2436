// Reading the parts of a workflow's document: every complaint names its line and what belongs there.
#pragma once

#include "core/node.hpp"
#include "core/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::tools {

/// Remembers the first thing that is wrong; reading continues with empty values, so that the code that reads
/// has no branches for it.
class DocumentReader {
 public:
  void wrong(const Node& at, std::string message, std::string hint = {});
  [[nodiscard]] bool fine() const { return !error_; }
  [[nodiscard]] Error take() { return std::move(*error_); }

  /// Keys that are not among `known` are wrong, with the nearest one.
  void keys(const Node& map, const std::vector<std::string>& known);
  /// The field, or a null node (and a complaint) when it is not there.
  const Node& need(const Node& map, std::string_view name);
  std::string text(const Node& map, std::string_view name, bool needed = true);
  std::vector<std::string> texts(const Node& map, std::string_view name);
  std::map<std::string, std::string> text_map(const Node& map, std::string_view name);
  bool flag(const Node& map, std::string_view name, bool otherwise);
  long long whole(const Node& map, std::string_view name, long long least, long long otherwise);
  double number(const Node& map, std::string_view name, double least, double most, double otherwise);
  /// One of `words`; `otherwise` when it is not there.
  std::string word(const Node& map, std::string_view name, const std::vector<std::string>& words,
                   std::string otherwise);

 private:
  std::optional<Error> error_;
};

}  // namespace exai::tools
