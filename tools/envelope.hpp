// The JSON that the original's tools answered with, as text and as structured
// content.
#pragma once

#include "core/config.hpp"
#include "tools/tool.hpp"

#include <optional>
#include <string>

namespace exai::tools {

struct ContinuationOffer {
  std::string id;
  long long remaining_turns = 0;
};

struct Envelope {
  std::string status{};  ///< empty = continuation_available with an offer, else success
  std::string content;
  std::string content_type = "text";  ///< text, markdown or json
  Json metadata = Json::object();
  std::optional<ContinuationOffer> offer;
};

/// The text item and the structured content are the same object.
engine::ToolOutput enveloped(Envelope envelope);

/// The answer to an argument that is longer than limits.prompt: the text shall come again as a file, named in
/// the argument `files` where the tool has one. Nothing when it is short enough.
std::optional<Envelope> resend_prompt(std::string_view tool, std::string_view argument, std::string_view text,
                                      std::string_view files, const Config& config);

/// What a reader must know of an answer that did not come to its end, by its finish_reason; empty = it did.
std::string cut_note(const models::Reply& reply);

/// A JSON object as text and as structured content.
engine::ToolOutput json_output(Json object);

}  // namespace exai::tools
