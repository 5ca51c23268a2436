// The settings of conversations.
#include "core/settings/groups.hpp"

namespace exai::setting_groups {
namespace {

using enum SettingType;

constexpr Setting k_conversations_rows[] = {
    {.key = "workspace.roots",
     .type = list,
     .default_value = ".",
     .env = {"EXAI_WORKSPACE_ROOTS", "EX_ALLOWED_EXTERNAL_PREFIXES"},
     .group = "workspace",
     .help = "folders whose files callers may send to a model; relative ones lie below the server's root",
     .form = Form::folder},
    {.key = "workspace.drive_mappings",
     .type = list,
     .env = {"EX_DRIVE_MAPPINGS"},
     .group = "workspace",
     .help = "folders that drive letters of Windows clients stand for: C:/app,D:/data",
     .form = Form::drive_mappings},
    {.key = "workspace.strict_size",
     .type = boolean,
     .default_value = "true",
     .env = {"STRICT_FILE_SIZE_REJECTION"},
     .group = "workspace",
     .help = "chat refuses files that its model has no room for (code_too_large); false names them only"},
    {.key = "workspace.allow_relative",
     .type = boolean,
     .default_value = "false",
     .env = {"EX_ALLOW_RELATIVE_PATHS"},
     .group = "workspace",
     .help = "relative paths count from the first of workspace.roots; otherwise they are refused"},
};

}  // namespace

constinit const std::span<const Setting> k_conversations{k_conversations_rows};

}  // namespace exai::setting_groups
