#include "core/file_names.hpp"
#include "core/text.hpp"
#include "tools/envelope.hpp"
#include "tools/log_lines.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

constexpr std::size_t k_toolcall_log_tail_window = 20'000;

Result<void> check_path(const std::string& path, const engine::CallContext& context) {
  if (path.empty()) return {};
  const std::filesystem::path own = context.server().log_folder() / k_activity_log_file;
  std::error_code problem;
  const std::filesystem::path given = std::filesystem::weakly_canonical(path, problem);
  if (!problem && !context.server().log_folder().empty() &&
      given == std::filesystem::weakly_canonical(own, problem))
    return {};
  return fail(ErrorKind::refused,
              fmt::format("path: {} is not the activity log of this server", printable(path)),
              "leave path out");
}

Result<engine::CallAnswer> run_toolcall_log_tail(const Json& arguments, engine::CallContext& context) {
  if (Result<void> allowed = check_path(arguments.value("path", ""), context); !allowed)
    return fail(allowed.error());
  const auto count = arguments.value("n", std::size_t{20});
  const std::vector<std::string> lines =
      visible_activity(context, context.may(Scope::admin) ? count : k_toolcall_log_tail_window);
  Json records = Json::array();
  for (std::size_t at = lines.size() - std::min(lines.size(), count); at < lines.size(); ++at)
    if (Result<Json> record = parse_json(lines[at]); record) records.push_back(std::move(*record));
  // The text is the list alone, as the original's clients read it.
  engine::ToolOutput output = text_output(pretty_json(records));
  output.structured = dump_json({{"records", std::move(records)}});
  return output;
}

const Registered<Tool> k_toolcall_log_tail_tool{Tool{.id = "toolcall_log_tail",
                                                     .title = "Latest tool calls",
                                                     .description = "The latest calls as records.",
                                                     .tier = ToolTier::diagnostic,
                                                     .run = &run_toolcall_log_tail}};

}  // namespace
}  // namespace exai::tools
