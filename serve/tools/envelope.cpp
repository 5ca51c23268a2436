#include "serve/tools/envelope.hpp"

#include <fmt/core.h>

namespace exai::serve {

ToolOutput enveloped(Envelope envelope) {
  Json object{{"status", envelope.offer ? "continuation_available" : "success"},
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

ToolOutput json_output(Json object) {
  std::string text = dump_json(object);
  ToolOutput output = text_output(std::move(text), std::move(object));
  output.text_is_structured = true;
  return output;
}

}  // namespace exai::serve
