// Tools with each kind of content, with progress, logs and errors.
#include "core/base64.hpp"
#include "tests/conformance/fixtures.hpp"

namespace exai::conformance {
namespace {

Json image() {
  return {{"type", "image"}, {"data", base64(png())}, {"mimeType", "image/png"}};
}

Json embedded(const std::string& uri, const std::string& mime, const std::string& text) {
  return {{"type", "resource"}, {"resource", {{"uri", uri}, {"mimeType", mime}, {"text", text}}}};
}

ToolOutput content(Json items) {
  ToolOutput output;
  output.content = std::move(items);
  return output;
}

Result<CallAnswer> simple_text(const Json&, CallContext&) {
  return text_output("This is a simple text response for testing.");
}

Result<CallAnswer> image_content(const Json&, CallContext&) {
  return content(Json::array({image()}));
}

Result<CallAnswer> audio_content(const Json&, CallContext&) {
  return content(Json::array({{{"type", "audio"}, {"data", base64(wav())}, {"mimeType", "audio/wav"}}}));
}

Result<CallAnswer> embedded_resource(const Json&, CallContext&) {
  return content(Json::array(
      {embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")}));
}

Result<CallAnswer> mixed_content(const Json&, CallContext&) {
  return content(Json::array(
      {{{"type", "text"}, {"text", "Multiple content types test:"}},
       image(),
       embedded("test://mixed-content-resource", "application/json", R"({"test":"data","value":123})")}));
}

Result<CallAnswer> with_logging(const Json&, CallContext& context) {
  context.log(ClientLog::info, "Tool execution started");
  take_time(context, Millis{50});
  context.log(ClientLog::info, "Tool processing data");
  take_time(context, Millis{50});
  context.log(ClientLog::info, "Tool execution completed");
  return text_output("logged");
}

Result<CallAnswer> with_progress(const Json&, CallContext& context) {
  for (const int done : {0, 50, 100}) {
    context.progress({.text = {}, .message = {}, .done = static_cast<double>(done), .total = 100});
    if (done < 100) take_time(context, Millis{50});
  }
  return text_output("progressed");
}

Result<CallAnswer> error_handling(const Json&, CallContext&) {
  ToolOutput output = text_output("This tool intentionally returns an error for testing");
  output.is_error = true;
  return output;
}

Result<CallAnswer> reconnection(const Json&, CallContext& context) {
  context.let_poll();
  take_time(context, Millis{100});
  return text_output("the result, after the connection was let go of");
}

Result<CallAnswer> logs_one_line(const Json&, CallContext& context) {
  context.log(ClientLog::info, "a line for those who want it");
  return text_output("done");
}

Result<CallAnswer> streams(const Json&, CallContext& context) {
  context.progress({.text = {}, .message = "working", .done = 0, .total = 0});
  return text_output("done");
}

Result<CallAnswer> trigger_tools(const Json&, CallContext& context) {
  context.changed(Change::tools, {});
  return text_output("announced");
}

Result<CallAnswer> trigger_prompts(const Json&, CallContext& context) {
  context.changed(Change::prompts, {});
  return text_output("announced");
}

Result<CallAnswer> trigger_resource(const Json&, CallContext& context) {
  context.changed(Change::resource, "test://watched-resource");
  return text_output("announced");
}

Result<CallAnswer> greets(const Json& arguments, CallContext&) {
  return text_output("Hello, " + arguments.value("name", "") + "!");
}

Result<CallAnswer> echoes(const Json& arguments, CallContext&) {
  return text_output(dump_json(arguments));
}

constexpr std::string_view k_greet_schema =
    R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})";
constexpr std::string_view k_header_schema =
    R"({"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}})";
constexpr std::string_view k_echo_schema =
    R"({"type":"object","properties":{"message":{"type":"string"}},"required":["message"]})";
constexpr std::string_view k_rich_schema = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "$defs": {"address": {"$anchor": "addressDef", "type": "object",
    "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
  "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"},
    "contactMethod": {"type": "string", "enum": ["phone", "email"]},
    "phone": {"type": "string"}, "email": {"type": "string"}},
  "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
  "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
  "then": {"required": ["phone"]},
  "else": {"required": ["email"]},
  "additionalProperties": false
})";

Tool inline_tool(Tool tool) {
  tool.work = Work::inline_;
  return tool;
}

const Registered<Tool> k_tools[] = {
    Registered<Tool>(inline_tool(fixture("test_simple_text", "Returns one text.", simple_text))),
    Registered<Tool>(fixture("test_image_content", "Returns an image.", image_content)),
    Registered<Tool>(fixture("test_audio_content", "Returns a sound.", audio_content)),
    Registered<Tool>(fixture("test_embedded_resource", "Returns an embedded resource.", embedded_resource)),
    Registered<Tool>(
        fixture("test_multiple_content_types", "Returns text, image and resource.", mixed_content)),
    Registered<Tool>(fixture("test_tool_with_logging", "Logs three lines.", with_logging)),
    Registered<Tool>(fixture("test_tool_with_progress", "Reports progress three times.", with_progress)),
    Registered<Tool>(fixture("test_error_handling", "Fails, always.", error_handling)),
    Registered<Tool>(fixture("test_reconnection", "Lets the client come back for the result.", reconnection)),
    Registered<Tool>(fixture("test_logging_tool", "Logs one line.", logs_one_line)),
    Registered<Tool>(fixture("test_streaming_elicitation", "Streams its answer.", streams)),
    Registered<Tool>(fixture("test_trigger_tool_change", "Announces changed tools.", trigger_tools)),
    Registered<Tool>(
        fixture("test_trigger_resource_update", "Announces a changed resource.", trigger_resource)),
    Registered<Tool>(fixture("test_trigger_prompt_change", "Announces changed prompts.", trigger_prompts)),
    Registered<Tool>(with_schema(fixture("greet", "Greets by name.", greets), k_greet_schema)),
    Registered<Tool>(
        inline_tool(with_schema(fixture("echo", "Returns its arguments.", echoes), k_echo_schema))),
    Registered<Tool>(with_schema(
        fixture("test_x_mcp_header", "Has an argument that travels in a header.", echoes), k_header_schema)),
    Registered<Tool>(with_schema(
        fixture("json_schema_2020_12_tool", "Has a schema with many keywords.", echoes), k_rich_schema)),
};

}  // namespace
}  // namespace exai::conformance
