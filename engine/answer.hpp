// What a handler may give back, whatever the protocol that asked.
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"
#include "models/providers/provider.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::engine {

/// What a tool gives back. A failure the model should see (a provider's refusal, a missing key) is `is_error`
/// with an explaining text; an Error from run() becomes exactly that, with the error's kind and hint as
/// structured content.
struct ToolOutput {
  Json content = Json::array();  ///< MCP content items: {"type":"text","text":...}
  std::string structured;        ///< structuredContent as JSON text; empty = none
  bool is_error = false;
  // For the activity log and metrics.
  std::string provider, model;
  models::Usage usage;
};

/// What a handler can ask the client for in the middle of its work.
enum class InputKind : std::uint8_t {
  form,      ///< elicitation: values for a flat schema
  url,       ///< elicitation: the user visits a page
  sampling,  ///< the client's model completes messages
  roots,     ///< the folders the client works in
};

struct InputRequest {
  std::string key;  ///< the handler's own name for it; the answer comes back under it
  InputKind kind = InputKind::form;
  Json params = Json::object();  ///< of the request, as MCP writes them
};

/// The handler cannot continue without these answers. It is called again with them, from its beginning;
/// `state` (null = none) comes back too. Asking for nothing but keeping a state is allowed.
struct InputRequired {
  std::vector<InputRequest> requests;
  Json state;
};

InputRequest ask_form(std::string key, const std::string& message, Json schema);
InputRequest ask_url(std::string key, const std::string& message, const std::string& url);
/// `messages` as sampling/createMessage has them; `max_tokens` at least 1.
InputRequest ask_model(std::string key, Json messages, int max_tokens);
InputRequest ask_roots(std::string key);

struct PromptOutput {
  std::string description;        ///< empty = none
  Json messages = Json::array();  ///< {"role":...,"content":{...}}
};

/// The contents of one resource.
struct ResourceOutput {
  std::string mime;  ///< "text/plain", "application/json"
  std::string text;
  std::string blob;  ///< bytes; used instead of text when not empty
};

struct CompletionOutput {
  std::vector<std::string> values;  ///< best first; MCP takes 100 at most
};

using CallAnswer = std::variant<ToolOutput, InputRequired, PromptOutput, ResourceOutput, CompletionOutput>;

}  // namespace exai::engine
