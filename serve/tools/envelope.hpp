// The JSON that the original's tools answered with (facts/ex_ai_server 1.14), as text and as structured
// content.
#pragma once

#include "serve/tools/tool.hpp"

#include <optional>
#include <string>

namespace exai::serve {

struct ContinuationOffer {
  std::string id;
  long long remaining_turns = 0;
};

struct Envelope {
  std::string content;
  std::string content_type = "text";  ///< text, markdown or json
  Json metadata = Json::object();
  std::optional<ContinuationOffer> offer;
};

/// Status is continuation_available with an offer, else success. The text item and the structured content are
/// the same object.
ToolOutput enveloped(Envelope envelope);

/// A JSON object as text and as structured content.
ToolOutput json_output(Json object);

}  // namespace exai::serve
