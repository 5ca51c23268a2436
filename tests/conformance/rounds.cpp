// Tools and a prompt that ask the client before they answer.
#include "tests/conformance/fixtures.hpp"

namespace exai::conformance {
namespace {

const Json k_text = {{"type", "string"}};

InputRequest ask_name() {
  return ask_form("user_name", "What is your name?", one_property("name", k_text));
}

InputRequest ask_ok() {
  return ask_form("confirm", "Shall it be done?", one_property("ok", {{"type", "boolean"}}));
}

InputRequest ask_capital() {
  return ask_model("capital_question", Json::array({user_text("What is the capital of France?")}), 100);
}

/// The text of a model's answer; empty when there is none.
std::string model_text(const Json& answer) {
  if (!answer.is_object() || !answer.contains("content") || !answer["content"].is_object()) return {};
  return answer["content"].value("text", "");
}

bool answered(CallContext& context, const char* key) {
  return context.input(key).is_object();
}

Result<CallAnswer> sampling(const Json& arguments, CallContext& context) {
  if (!answered(context, "model"))
    return InputRequired{{ask_model("model", Json::array({user_text(arguments.value("prompt", ""))}), 100)},
                         {}};
  return text_output("LLM response: " + model_text(context.input("model")));
}

Result<CallAnswer> elicitation(const Json& arguments, CallContext& context) {
  if (!answered(context, "user")) {
    const Json schema = {{"type", "object"},
                         {"properties", {{"username", k_text}, {"email", k_text}}},
                         {"required", {"username", "email"}}};
    return InputRequired{{ask_form("user", arguments.value("message", ""), schema)}, {}};
  }
  return text_output("User response: " + dump_json(context.input("user")));
}

Result<CallAnswer> elicitation_defaults(const Json&, CallContext& context) {
  if (!answered(context, "form")) {
    const Json properties = {
        {"name", {{"type", "string"}, {"default", "John Doe"}}},
        {"age", {{"type", "integer"}, {"default", 30}}},
        {"score", {{"type", "number"}, {"default", 95.5}}},
        {"status", {{"type", "string"}, {"enum", {"active", "inactive", "pending"}}, {"default", "active"}}},
        {"verified", {{"type", "boolean"}, {"default", true}}}};
    return InputRequired{
        {ask_form("form", "Please check these values", {{"type", "object"}, {"properties", properties}})},
        {}};
  }
  return text_output("Elicitation completed: " + dump_json(context.input("form")));
}

Json titled(const char* value, const char* title) {
  return {{"const", value}, {"title", title}};
}

Result<CallAnswer> elicitation_enums(const Json&, CallContext& context) {
  if (!answered(context, "form")) {
    const Json choices = Json::array({titled("one", "First"), titled("two", "Second")});
    const Json properties = {
        {"untitledSingle", {{"type", "string"}, {"enum", {"one", "two"}}}},
        {"titledSingle", {{"type", "string"}, {"oneOf", choices}}},
        {"legacyEnum", {{"type", "string"}, {"enum", {"one", "two"}}, {"enumNames", {"First", "Second"}}}},
        {"untitledMulti", {{"type", "array"}, {"items", {{"type", "string"}, {"enum", {"one", "two"}}}}}},
        {"titledMulti", {{"type", "array"}, {"items", {{"anyOf", choices}}}}}};
    return InputRequired{
        {ask_form("form", "Please choose", {{"type", "object"}, {"properties", properties}})}, {}};
  }
  return text_output("Elicitation completed: " + dump_json(context.input("form")));
}

Result<CallAnswer> missing_capability(const Json&, CallContext& context) {
  if (!answered(context, "capital_question")) return InputRequired{{ask_capital()}, {}};
  return text_output(model_text(context.input("capital_question")));
}

Result<CallAnswer> round_elicitation(const Json&, CallContext& context) {
  const std::string name = accepted(context, "user_name", "name");
  if (name.empty()) return InputRequired{{ask_name()}, {}};
  return text_output("Hello, " + name + "!");
}

Result<CallAnswer> round_roots(const Json&, CallContext& context) {
  if (!answered(context, "client_roots")) return InputRequired{{ask_roots("client_roots")}, {}};
  return text_output(dump_json(context.input("client_roots")));
}

Result<CallAnswer> round_state(const Json&, CallContext& context) {
  if (context.state() != "asked" || !answered(context, "confirm")) return InputRequired{{ask_ok()}, "asked"};
  return text_output("state-ok");
}

Result<CallAnswer> round_many(const Json&, CallContext& context) {
  const bool all =
      answered(context, "user_name") && answered(context, "greeting") && answered(context, "client_roots");
  if (!all)
    return InputRequired{{ask_name(), ask_model("greeting", Json::array({user_text("Say hello.")}), 50),
                          ask_roots("client_roots")},
                         "asked"};
  return text_output("all answered");
}

Result<CallAnswer> round_multi(const Json&, CallContext& context) {
  const Json property = {{"type", "string"}};
  if (context.state() == "second" && answered(context, "step2")) return text_output("all steps taken");
  if (context.state() == "first" && answered(context, "step1"))
    return InputRequired{{ask_form("step2", "The second step?", one_property("value", property))}, "second"};
  return InputRequired{{ask_form("step1", "The first step?", one_property("value", property))}, "first"};
}

Result<CallAnswer> round_capabilities(const Json&, CallContext& context) {
  InputRequired required;
  if (context.client().sampling && !answered(context, "capital_question"))
    required.requests.push_back(ask_capital());
  if (context.client().form && !answered(context, "user_name")) required.requests.push_back(ask_name());
  if (!required.requests.empty()) return required;
  return text_output("asked what this client can answer");
}

constexpr std::string_view k_prompt_schema = R"({"type":"object","properties":{"prompt":{"type":"string"}}})";
constexpr std::string_view k_message_schema =
    R"({"type":"object","properties":{"message":{"type":"string"}}})";

const Registered<Tool> k_rounds[] = {
    Registered<Tool>(
        with_schema(fixture("test_sampling", "Asks the client's model.", sampling), k_prompt_schema)),
    Registered<Tool>(
        with_schema(fixture("test_elicitation", "Asks the user.", elicitation), k_message_schema)),
    Registered<Tool>(
        fixture("test_elicitation_sep1034_defaults", "Asks with defaults.", elicitation_defaults)),
    Registered<Tool>(fixture("test_elicitation_sep1330_enums", "Asks with choices.", elicitation_enums)),
    Registered<Tool>(fixture("test_missing_capability", "Needs sampling.", missing_capability)),
    Registered<Tool>(
        fixture("test_input_required_result_elicitation", "Asks for a name.", round_elicitation)),
    Registered<Tool>(fixture("test_input_required_result_sampling", "Asks the model.", missing_capability)),
    Registered<Tool>(fixture("test_input_required_result_list_roots", "Asks for the roots.", round_roots)),
    Registered<Tool>(fixture("test_input_required_result_request_state", "Keeps a state.", round_state)),
    Registered<Tool>(fixture("test_input_required_result_multiple_inputs", "Asks three things.", round_many)),
    Registered<Tool>(fixture("test_input_required_result_multi_round", "Asks twice.", round_multi)),
    Registered<Tool>(fixture("test_input_required_result_tampered_state", "Guards its state.", round_state)),
    Registered<Tool>(fixture("test_input_required_result_capabilities", "Asks what the client can answer.",
                             round_capabilities)),
};

}  // namespace
}  // namespace exai::conformance
