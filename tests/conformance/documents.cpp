// Resources and prompts.
#include "core/base64.hpp"
#include "tests/conformance/fixtures.hpp"

#include <array>

namespace exai::conformance {
namespace {

Result<CallAnswer> static_text(const UriVariables&, CallContext&) {
  return ResourceOutput{"text/plain", "This is the content of the static text resource.", {}};
}

Result<CallAnswer> static_binary(const UriVariables&, CallContext&) {
  return ResourceOutput{"image/png", {}, png()};
}

Result<CallAnswer> watched(const UriVariables&, CallContext&) {
  return ResourceOutput{"text/plain", "Watched content.", {}};
}

Result<CallAnswer> template_data(const UriVariables& variables, CallContext&) {
  const std::string& id = variables.find("id")->second;
  return ResourceOutput{"application/json",
                        dump_json({{"id", id}, {"templateTest", true}, {"data", "Data for ID: " + id}}),
                        {}};
}

const Registered<Resource> k_resources[] = {
    Registered<Resource>(Resource{.id = "test://static-text",
                                  .label = "static-text",
                                  .description = "A text that never changes.",
                                  .mime = "text/plain",
                                  .work = Work::inline_,
                                  .read = static_text}),
    Registered<Resource>(Resource{.id = "test://static-binary",
                                  .label = "static-binary",
                                  .description = "An image that never changes.",
                                  .mime = "image/png",
                                  .work = Work::inline_,
                                  .read = static_binary}),
    Registered<Resource>(Resource{.id = "test://watched-resource",
                                  .label = "watched-resource",
                                  .description = "A resource to subscribe to.",
                                  .mime = "text/plain",
                                  .work = Work::inline_,
                                  .read = watched}),
    Registered<Resource>(Resource{.id = "test://template/{id}/data",
                                  .label = "template-data",
                                  .description = "Data by id.",
                                  .mime = "application/json",
                                  .work = Work::inline_,
                                  .read = template_data}),
};

Json message(Json content) {
  return {{"role", "user"}, {"content", std::move(content)}};
}

PromptOutput messages(Json list) {
  PromptOutput output;
  output.messages = std::move(list);
  return output;
}

Result<CallAnswer> simple(const PromptArguments&, CallContext&) {
  return messages(Json::array({user_text("This is a simple prompt for testing.")}));
}

Result<CallAnswer> with_arguments(const PromptArguments& arguments, CallContext&) {
  return messages(Json::array({user_text("Prompt with arguments: arg1='" + arguments.find("arg1")->second +
                                         "', arg2='" + arguments.find("arg2")->second + "'")}));
}

Result<CallAnswer> with_resource(const PromptArguments& arguments, CallContext&) {
  const Json resource = {{"uri", arguments.find("resourceUri")->second},
                         {"mimeType", "text/plain"},
                         {"text", "Embedded resource content for testing."}};
  return messages(Json::array({message({{"type", "resource"}, {"resource", resource}}),
                               user_text("Please process the embedded resource above.")}));
}

Result<CallAnswer> with_image(const PromptArguments&, CallContext&) {
  return messages(
      Json::array({message({{"type", "image"}, {"data", base64(png())}, {"mimeType", "image/png"}}),
                   user_text("Please analyze the image above.")}));
}

Result<CallAnswer> input_required(const PromptArguments&, CallContext& context) {
  const std::string user_context_text = accepted(context, "user_context", "context");
  if (user_context_text.empty())
    return InputRequired{
        {ask_form("user_context", "In which context?", one_property("context", {{"type", "string"}}))}, {}};
  return messages(Json::array({user_text("The context is: " + user_context_text)}));
}

std::vector<std::string> complete(std::string_view, std::string_view begun, CallContext&) {
  std::vector<std::string> values;
  for (const std::string_view value : {"testValue1", "testValue2", "other"})
    if (value.substr(0, begun.size()) == begun) values.emplace_back(value);
  return values;
}

constexpr std::array<PromptArgument, 2> k_two{{{"arg1", "The first", true}, {"arg2", "The second", true}}};
constexpr std::array<PromptArgument, 1> k_uri{{{"resourceUri", "The resource to embed", true}}};

const Registered<Prompt> k_prompts[] = {
    Registered<Prompt>(Prompt{.id = "test_simple_prompt", .description = "One message.", .make = simple}),
    Registered<Prompt>(Prompt{.id = "test_prompt_with_arguments",
                              .description = "Repeats its arguments.",
                              .arguments = k_two,
                              .make = with_arguments,
                              .complete = complete}),
    Registered<Prompt>(Prompt{.id = "test_prompt_with_embedded_resource",
                              .description = "Embeds a resource.",
                              .arguments = k_uri,
                              .make = with_resource}),
    Registered<Prompt>(
        Prompt{.id = "test_prompt_with_image", .description = "Shows an image.", .make = with_image}),
    Registered<Prompt>(Prompt{.id = "test_input_required_result_prompt",
                              .description = "Asks before it answers.",
                              .make = input_required}),
};

}  // namespace
}  // namespace exai::conformance
