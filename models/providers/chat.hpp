// One chat with a model: what is asked, and what comes back.
#pragma once

#include "core/duration.hpp"
#include "core/json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::models {

struct ChatMessage {
  std::string role;  ///< system, user, assistant, tool
  std::string content;
  Json raw{};  ///< not null: the whole message as the endpoint wants it (tool calls and their results)
};

/// What a request needs of a model when it names none; the rule table turns it into a model.
struct Needs {
  std::string tool;      ///< the caller
  bool files = false;    ///< a provider's own file store
  bool fast = true;      ///< an answer soon rather than a deep one
  bool cheap = false;    ///< costs before quality
  long long tokens = 0;  ///< of all that is sent, estimated
};

/// A function call that the model asks for.
struct ToolCall {
  std::string id, name, arguments;
};

struct ChatRequest {
  std::string model;  ///< name or alias; empty or "auto" = as the rule table says for `needs`
  Needs needs;
  std::vector<ChatMessage> messages;
  std::vector<std::string> images;  ///< data: or https: URLs, attached to the last user message
  std::optional<double> temperature;
  std::optional<long long> max_tokens;
  std::string thinking_mode;  ///< empty = as the model does by itself, none, minimal, low, medium, high, max
  bool web_search = false;
  bool stream = false;
  bool json = false;         ///< one JSON object is wanted
  bool continue_cut = true;  ///< an answer cut at the output limit is continued
  bool failover = true;      ///< another provider may answer when this one cannot
  Millis timeout{0};         ///< how long the answer may take; 0 = as long as the provider's setting says
  std::string_view timeout_setting{};  ///< the setting that `timeout` comes from, for the hint of a timeout
  Json tools, tool_choice;  ///< functions offered to the model, as the endpoint writes them; null = none
  std::string cache_scope;  ///< whose context cache it may use (Kimi); empty = none
  std::string cache_id;     ///< a context cache that the caller named itself (Kimi); empty = none
  std::string idempotency;  ///< the same key for the same call, sent along (Kimi); empty = none
};

struct Usage {
  long long prompt = 0, completion = 0, cached = 0;  ///< tokens
};

struct Reply {
  std::string content, reasoning;
  std::string provider, model;
  std::string finish_reason;  ///< stop, length, tool_calls, ...
  Usage usage;
  std::vector<ToolCall> tools;                               ///< what the model wants called
  std::vector<std::pair<std::string, std::string>> headers;  ///< of the last answer, those worth showing
  double cost = 0;                                           ///< US dollars by the catalogue's prices
  std::vector<std::string> failed_attempts;  ///< "glm/glm-4.6: busy" for each model that failed
};

}  // namespace exai::models
