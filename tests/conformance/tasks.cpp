// Tools whose work continues as a task.
#include "tests/conformance/fixtures.hpp"

#include <stdexcept>

namespace exai::conformance {
namespace {

Result<CallAnswer> slow_compute(const Json& arguments, CallContext& context) {
  context.begin_task();
  const double seconds = arguments.value("seconds", 1.0);
  take_time(context, Millis(static_cast<long long>(seconds * 1000)));
  return text_output("computed " + arguments.value("label", "it"));
}

Result<CallAnswer> failing_job(const Json&, CallContext& context) {
  context.begin_task();
  take_time(context, Millis{50});
  ToolOutput output = text_output("the job failed, as it always does");
  output.is_error = true;
  return output;
}

Result<CallAnswer> protocol_error_job(const Json&, CallContext& context) {
  context.begin_task();
  take_time(context, Millis{50});
  throw std::runtime_error("the job broke, as it always does");
}

InputRequest ask_confirm(const std::string& key, const std::string& message) {
  return ask_form(key, message, one_property("confirm", {{"type", "boolean"}}));
}

Result<CallAnswer> confirm_delete(const Json& arguments, CallContext& context) {
  context.begin_task();
  const std::string file = arguments.value("filename", "it");
  if (!context.input("confirm").is_object())
    return InputRequired{{ask_confirm("confirm", "Delete " + file + "?")}, {}};
  const bool yes = !accepted(context, "confirm", "confirm").empty();
  return text_output(yes ? "deleted " + file : "kept " + file);
}

Result<CallAnswer> multi_input(const Json&, CallContext& context) {
  context.begin_task();
  if (!context.input("first").is_object() || !context.input("second").is_object())
    return InputRequired{{ask_confirm("first", "The first?"), ask_confirm("second", "The second?")}, {}};
  return text_output("both answered");
}

Result<CallAnswer> tool_with_task(const Json&, CallContext& context) {
  const std::string name = accepted(context, "user_name", "name");
  if (name.empty())
    return InputRequired{
        {ask_form("user_name", "What is your name?", one_property("name", {{"type", "string"}}))}, {}};
  context.begin_task();
  take_time(context, Millis{50});
  return text_output("Hello, " + name + ", from a task");
}

Tool task_tool(Tool tool, TaskUse use, std::string_view schema = k_no_arguments) {
  tool.task = use;
  return with_schema(std::move(tool), schema);
}

constexpr std::string_view k_slow_schema =
    R"({"type":"object","properties":{"seconds":{"type":"number"},"label":{"type":"string"}}})";
constexpr std::string_view k_file_schema = R"({"type":"object","properties":{"filename":{"type":"string"}}})";

const Registered<Tool> k_task_tools[] = {
    Registered<Tool>(
        task_tool(fixture("slow_compute", "Takes its time.", slow_compute), TaskUse::offered, k_slow_schema)),
    Registered<Tool>(task_tool(fixture("failing_job", "Fails as a task.", failing_job), TaskUse::required)),
    Registered<Tool>(
        task_tool(fixture("protocol_error_job", "Breaks as a task.", protocol_error_job), TaskUse::offered)),
    Registered<Tool>(task_tool(fixture("confirm_delete", "Asks in the middle of a task.", confirm_delete),
                               TaskUse::offered, k_file_schema)),
    Registered<Tool>(
        task_tool(fixture("multi_input", "Asks two things at once.", multi_input), TaskUse::offered)),
    Registered<Tool>(task_tool(fixture("test_tool_with_task", "Asks, then becomes a task.", tool_with_task),
                               TaskUse::offered)),
};

}  // namespace
}  // namespace exai::conformance
