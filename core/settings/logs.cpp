// The settings of logs.
#include "core/settings/groups.hpp"

namespace exai::setting_groups {
namespace {

using enum SettingType;

constexpr Setting k_logs_rows[] = {
    {.key = "log.dir",
     .type = path,
     .default_value = "logs",
     .env = {"EXAI_LOG_DIR"},
     .group = "logs",
     .help = "folder of mcp_server.log and mcp_activity.log, relative to the root",
     .form = Form::new_folder},
    {.key = "log.level",
     .type = choice,
     .default_value = "INFO",
     .choices = "DEBUG|INFO|WARNING|ERROR",
     .env = {"LOG_LEVEL"},
     .group = "logs",
     .help = "least severity written"},
    {.key = "log.max_bytes",
     .type = bytes,
     .unit = "bytes",
     .default_value = "10MiB",
     .min = "64KiB",
     .max = "1GiB",
     .env = {"EXAI_LOG_MAX_BYTES"},
     .group = "logs",
     .help = "a log is rotated at this size"},
    {.key = "log.keep",
     .type = integer,
     .default_value = "5",
     .min = "0",
     .max = "100",
     .env = {"EXAI_LOG_KEEP"},
     .group = "logs",
     .help = "rotated files kept of each log"},
    {.key = "log.dir_max_bytes",
     .type = bytes,
     .unit = "bytes",
     .default_value = "1GiB",
     .min = "1MiB",
     .max = "1TiB",
     .env = {"EXAI_LOG_DIR_MAX_BYTES"},
     .group = "logs",
     .help = "the log folder's limit; 80 % of it warns (maintenance:387)"},
};

}  // namespace

constinit const std::span<const Setting> k_logs{k_logs_rows};

}  // namespace exai::setting_groups
