#include "tools/envelope.hpp"
#include "tools/provider_files.hpp"

namespace exai::tools {
namespace {

Result<engine::CallAnswer> run_glm_upload_file(const Json& arguments, engine::CallContext& context) {
  const Config& config = context.config();
  UploadRules rules;
  rules.provider = "glm";
  rules.purpose = arguments.value("purpose", "agent");
  rules.max_bytes = static_cast<std::uint64_t>(config.integer("glm.files_max_mb")) << 20U;
  rules.size_variable = "GLM_FILES_MAX_SIZE_MB";
  rules.timeout = config.duration("glm.files_timeout");
  rules.timeout_setting = "glm.files_timeout";
  const Result<Outgoing> file = take_file(context, arguments.value("file", ""), rules);
  if (!file) return fail(file.error());
  if (file->sha256.empty()) return fail(too_large(*file, rules));
  const Result<Sent> sent = send_file(context, *file, rules);
  if (!sent) return fail(sent.error());
  engine::ToolOutput output = json_output({{"file_id", sent->file.id}, {"filename", file->name}});
  output.provider = "glm";
  return output;
}

const Registered<Tool> k_glm_upload_file_tool{Tool{.id = "glm_upload_file",
                                                   .title = "Send a file to GLM",
                                                   .description = "Sends a file to GLM and gives its id.",
                                                   .read_only = false,
                                                   .open_world = true,
                                                   .budget = timeouts::Layer::workflow,
                                                   .provider = "glm",
                                                   .run = &run_glm_upload_file}};

}  // namespace
}  // namespace exai::tools
