// What an MCP server answers, held against the protocol and against what it says of its own tools.
#pragma once

#include "core/json.hpp"
#include "suite/derive/foreign_schema.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::suite {

/// Errors are what a specification or the server's own schema forbids; warnings what it advises against, or
/// what a client may stumble over.
enum class ConformanceSeverity : std::uint8_t { error, warning };

struct ConformanceFinding {
  ConformanceSeverity severity = ConformanceSeverity::error;
  std::string rule;     ///< "content.mime-type": what is judged
  std::string pointer;  ///< into what was judged (the result, the entry, the error); "" is all of it
  std::string message;  ///< a sentence that ends with the way out; fit for a terminal
};

struct ConformanceOptions {
  /// The protocol revision that was agreed on. Unknown and empty ones are judged as 2025-11-25.
  std::string revision;
  /// Bytes of one result as JSON; a larger one is worth a warning.
  std::size_t max_bytes = std::size_t{4} << 20U;
};

/// Judges everything that one tool answers. Takes any JSON, never fails; at most 100 findings each time.
/// Immutable, so it may be shared between threads.
class ToolJudge {
 public:
  /// `tool_entry`: as tools/list has it.
  explicit ToolJudge(Json tool_entry, ConformanceOptions options = {});

  /// The entry itself: name, schemas, annotations.
  [[nodiscard]] std::vector<ConformanceFinding> entry() const;
  /// The result object of a tools/call.
  [[nodiscard]] std::vector<ConformanceFinding> result(const Json& result) const;
  /// Pointers into outputSchema of keywords that nobody here judges: what they forbid is not found.
  [[nodiscard]] std::vector<std::string> unjudged() const;

 private:
  Json entry_;
  ConformanceOptions options_;
  std::optional<ForeignSchema> output_;
};

/// The error object of a JSON-RPC answer, which may come instead of a result.
std::vector<ConformanceFinding> judge_rpc_error(const Json& error);

/// True when a tool refused right arguments and wrong ones in the same words, numbers aside: then nobody
/// knows whether it looked at the arguments at all, or its backend is away. Both are results of tools/call
/// with isError, or both error objects of JSON-RPC.
bool same_refusal(const Json& of_right, const Json& of_wrong);

/// True when one of them is an error.
bool has_errors(const std::vector<ConformanceFinding>& findings);

}  // namespace exai::suite
