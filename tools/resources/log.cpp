#include "core/text.hpp"
#include "tools/resources/resource.hpp"

namespace exai::tools {
namespace {

constexpr std::size_t k_lines = 200;

Result<engine::CallAnswer> read_log_resource(const UriVariables& variables, engine::CallContext& context) {
  const std::string& name = variables.find("name")->second;
  std::vector<std::string> lines;
  if (name == "activity")
    lines = context.server().activity_tail(k_lines);
  else if (name == "errors")
    lines = context.server().last_errors(k_lines);
  else
    return fail(ErrorKind::not_found, "there is no log " + printable(name), "use activity or errors");
  return engine::ResourceOutput{"application/jsonl", join(lines, "\n"), {}};
}

std::vector<std::string> complete_log_resource(std::string_view /*variable*/, std::string_view begun,
                                               engine::CallContext& /*context*/) {
  std::vector<std::string> names;
  for (const std::string_view name : {"activity", "errors"})
    if (name.substr(0, begun.size()) == begun) names.emplace_back(name);
  return names;
}

const Registered<Resource> k_log{
    Resource{.id = "exai://log/{name}",
             .label = "log",
             .title = "Log tail",
             .description = "The last 200 lines of a log, newest last: activity (each call), errors (the "
                            "server's own).",
             .mime = "application/jsonl",
             .scope = Scope::admin,
             .read = &read_log_resource,
             .complete = &complete_log_resource}};

}  // namespace
}  // namespace exai::tools
