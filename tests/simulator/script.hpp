// What the simulated provider answers, as a YAML script.
#pragma once

#include "core/deadline.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::simulator {

/// How an answer goes wrong. silent: no byte ever; stall: headers and half the answer, then nothing;
/// truncate: cut in the middle; no_end: a stream that ends without [DONE]; reset: TCP reset in the middle;
/// wrong_type: HTML; huge: more than 16 MiB.
enum class Fault { none, silent, stall, truncate, no_end, bad_json, reset, wrong_type, huge };

struct Match {
  std::string model, contains, path;  ///< empty matches all; contains: of the last user message
  int nth = 0;                        ///< the nth request that fits the rest, from 1; 0 = each
};

struct Reply {
  std::vector<std::string> chunks;  ///< a plain answer is all of them together
  Millis delay{0};                  ///< before each chunk
  Millis first_byte{0};             ///< before the status line
  int status = 200;
  std::string message, retry_after;
  std::string reasoning, finish_reason = "stop";
  std::string tool_name, tool_arguments;
  Fault fault = Fault::none;
};

struct Rule {
  Match match;
  Reply reply;
};

struct Script {
  std::string key;                  ///< when set, any other bearer gets 401
  std::vector<std::string> models;  ///< of GET /models
  bool echo_history = false;  ///< what no rule answers says how many messages came and what the first was
  std::vector<Rule> rules;
};

/// Errors name file and line; unknown keys are errors.
Result<Script> parse_script(std::string_view yaml, const std::string& file);

/// The question in a chat request.
struct Asked {
  std::string model, first_user, last_user;
  std::size_t messages = 0;
  bool stream = false;
};
Asked read_asked(const std::string& body);

/// The answer when no rule fits.
Reply default_reply(const Script& script, const Asked& asked);

}  // namespace exai::simulator
