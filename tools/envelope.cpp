#include "tools/envelope.hpp"

#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::tools {

engine::ToolOutput enveloped(Envelope envelope) {
  if (envelope.status.empty()) envelope.status = envelope.offer ? "continuation_available" : "success";
  Json object{{"status", std::move(envelope.status)},
              {"content", std::move(envelope.content)},
              {"content_type", std::move(envelope.content_type)},
              {"metadata", std::move(envelope.metadata)}};
  if (envelope.offer)
    object["continuation_offer"] = {
        {"continuation_id", envelope.offer->id},
        {"note",
         fmt::format("pass this continuation_id to go on with the conversation; {} more turns are possible",
                     envelope.offer->remaining_turns)},
        {"remaining_turns", envelope.offer->remaining_turns}};
  return json_output(std::move(object));
}

std::optional<Envelope> resend_prompt(std::string_view tool, std::string_view argument, std::string_view text,
                                      std::string_view files, const Config& config) {
  const auto limit = static_cast<std::size_t>(config.integer("limits.prompt"));
  if (text.size() <= limit) return std::nullopt;  // bytes are never fewer than characters
  const std::size_t size = characters(text);
  if (size <= limit) return std::nullopt;
  Envelope envelope;
  envelope.status = "resend_prompt";
  envelope.content =
      fmt::format("'{}' has {} characters, {} are allowed. ", argument, size, limit) +
      (files.empty()
           ? std::string("Send it again, shorter.")
           : fmt::format("Write the text to a file, name its path in '{}', and send '{}' again with a "
                         "short summary.",
                         files, argument));
  envelope.metadata = {{"tool_name", tool}, {"prompt_size", size}, {"limit", limit}};
  return envelope;
}

std::string cut_note(const models::Reply& reply) {
  const std::string& reason = reply.finish_reason;
  if (reason == "length" || reason == "max_tokens") return "the answer was cut at the model's output limit";
  if (reason == "model_context_window_exceeded") return "the answer was cut: the model's window is full";
  if (reason == "content_filter" || reason == "sensitive")
    return "the answer was cut by the provider's content filter";
  return reason == "network_error" || reason == "error" ? "the answer was cut: the provider failed" : "";
}

engine::ToolOutput json_output(Json object) {
  const std::string text = dump_json(std::move(object));
  return text_output(text, text);
}

}  // namespace exai::tools
