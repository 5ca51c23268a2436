// One test of a tool: what is sent, and what must hold of what comes back. Cases come from the catalogue of
// our own tools, from the schemas of any server, or from a recording; all are run and judged the same way.
#pragma once

#include "core/deadline.hpp"
#include "core/json.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::suite {

/// How a call must end. `refused`: an answer with isError, or a JSON-RPC error of the request's own (invalid
/// params, unknown tool); `answered`: success or refused, but an answer that conforms; `cancelled`: nothing
/// or an error after our cancellation, and the server goes on answering.
enum class Ending : std::uint8_t { success, refused, answered, cancelled };

/// One thing that must hold of an answer that has the right ending.
struct Assertion {
  /// `matches` is an ECMAScript regular expression, bounded like every pattern from a file; `absent`: the
  /// place does not exist; `type` names a JSON type; `at_least` and `at_most` compare numbers, or the length
  /// of texts and lists.
  enum class Op : std::uint8_t {
    equals,
    contains,
    excludes,
    matches,
    exists,
    absent,
    type,
    at_least,
    at_most
  };
  /// JSON pointer into the answer's JSON (the first text parsed; a text on the way that is JSON is read too);
  /// "" is the whole text.
  std::string place;
  Op op = Op::exists;
  Json value;
};

/// One call of one tool.
struct CaseCall {
  std::string tool;
  /// Texts in it may hold ${NAME}: a value captured by a call before, or ${FIXTURES}, the folder of files.
  Json arguments = Json::object();
  Ending ending = Ending::success;
  std::vector<Assertion> assertions{};
  std::map<std::string, std::string> captures{};  ///< name → JSON pointer into the answer's JSON
  std::optional<Millis> limit{};                  ///< how long it may take; none: that of the tool's class
  unsigned copies = 1;                            ///< sent at once; each must end like that
  std::optional<Millis> cancel_after{};           ///< sends a cancellation that long after the request
  unsigned progress = 0;                          ///< pieces of text or progress that must come at least
  /// Longer than this is worth a warning; longer than `limit` fails.
  std::optional<Millis> expected{};
};

/// Calls one after the other in one session; the first that fails ends the case.
struct TestCase {
  std::string tool;       ///< what is tested; never empty
  std::string variation;  ///< "basic_functionality", "wrong_type"
  std::string name;       ///< tells cases of one variation apart: "model glm-4.6"; may be empty
  std::vector<CaseCall> calls{};
  std::string skip{};         ///< why it does not apply; then it has no calls
  bool spends_money = false;  ///< asks a model when providers are live
  /// What must be there for it, else it is skipped: a provider ("kimi"), "files" (a folder that the server
  /// reads), "git" (that folder is a repository).
  std::vector<std::string> needs{};
};

}  // namespace exai::suite
