// Findings of one judgement while they are collected.
#pragma once

#include "suite/derive/conformance.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai::suite {

class FindingList {
 public:
  void error(std::string_view rule, const std::string& at, const std::string& message) {
    add(ConformanceSeverity::error, rule, at, message);
  }
  void warning(std::string_view rule, const std::string& at, const std::string& message) {
    add(ConformanceSeverity::warning, rule, at, message);
  }

  /// A member that may be absent and else is of that type ("boolean", "object"); false when it is not.
  bool optional_member(const Json& object, std::string_view key, std::string_view type, std::string_view rule,
                       const std::string& at);
  /// The same for one that must be there.
  bool needed_member(const Json& object, std::string_view key, std::string_view type, std::string_view rule,
                     const std::string& at);

  std::vector<ConformanceFinding> take() { return std::move(findings_); }

 private:
  void add(ConformanceSeverity severity, std::string_view rule, const std::string& at,
           const std::string& message);

  std::vector<ConformanceFinding> findings_;
};

/// The content of a result or of a prompt's message: each item by its type.
void judge_content_item(const Json& item, const std::string& at, std::string_view revision,
                        FindingList& findings);
/// _meta is an object, wherever it stands.
void judge_meta(const Json& object, const std::string& at, FindingList& findings);
/// "image/png", "text/html; charset=utf-8"
bool is_mime_type(std::string_view text);

}  // namespace exai::suite
