// What went wrong, said once, in a form that a person, a JSON reader and an exit code can all be made from.
#pragma once

#include "core/scope.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai {

/// The class of a failure. One table (core/status.cpp) turns it into an exit code, another
/// (mcp/errors.cpp) into a code of JSON-RPC or exai_ws.
enum class ErrorKind : std::uint8_t {
  usage,          ///< the command line is wrong
  config,         ///< a setting or a file's content is missing, placeholder or invalid
  missing_input,  ///< an input file cannot be read
  unreachable,    ///< a service could not be asked
  refused,        ///< a guard said no: not confirmed, lock held, foreign process, not authorised
  budget,         ///< a cost, failure-rate or time budget is used up
  internal,       ///< our own mistake
  cancelled,      ///< a person or a peer asked to stop
  timeout,        ///< a deadline passed before the answer came
  busy,           ///< no capacity now; `retry_after` says when to come back
  not_found,      ///< the named tool, model, session or record does not exist
  invalid,        ///< a caller's arguments or message do not fit
  provider,       ///< the model provider answered with an error or with nonsense
};

/// The stable lower-case word for a kind, as it stands in JSON ("missing_input").
std::string_view to_string(ErrorKind kind);

/// A place in a file. `line` and `column` count from 1; 0 means unknown.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
};

/// "file:line:column", leaving out what is unknown.
std::string to_string(const Location& where);

/// One failure. Rendering happens only at the edge (cli/app, serve/mcp).
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;                       ///< what failed and why: lower case, no full stop, no secret
  std::optional<Location> where;             ///< where the cause stands, if it stands in a file
  std::vector<std::string> context;          ///< "while doing ...", innermost first
  std::string hint;                          ///< what to type or change next; may be empty
  std::chrono::milliseconds retry_after{0};  ///< for `busy`; 0 = not said
  std::optional<Scope> needed_scope{};       ///< for `refused`: what the caller's key lacks

  /// The same error with one more "while ..." around it.
  [[nodiscard]] Error during(std::string_view doing) &&;
  /// The same error with the way out.
  [[nodiscard]] Error try_this(std::string way_out) && {
    hint = std::move(way_out);
    return std::move(*this);
  }
  [[nodiscard]] Error at(Location place) && {
    where = std::move(place);
    return std::move(*this);
  }
};

inline Error make_error(ErrorKind kind, std::string message, std::string hint = {}) {
  Error error;
  error.kind = kind;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

}  // namespace exai
