// The settings of files at providers.
#include "core/settings/groups.hpp"

namespace exai::setting_groups {
namespace {

using enum SettingType;

constexpr Setting k_provider_files_rows[] = {
    {.key = "kimi.files_max_mb",
     .type = integer,
     .unit = "MiB",
     .default_value = "20",
     .min = "1",
     .max = "100",
     .env = {"KIMI_FILES_MAX_SIZE_MB"},
     .group = "files",
     .help = "largest file sent to Kimi, in MiB"},
    {.key = "kimi.files_oversize",
     .type = choice,
     .default_value = "skip",
     .choices = "skip|fail",
     .env = {"KIMI_FILES_BEHAVIOR_ON_OVERSIZE"},
     .group = "files",
     .help = "what a larger file does to an upload of several: it alone is left out, or all fail"},
    {.key = "kimi.files_max_count",
     .type = integer,
     .default_value = "0",
     .min = "0",
     .max = "1000",
     .env = {"KIMI_FILES_MAX_COUNT"},
     .group = "files",
     .help = "files of one upload to Kimi; 0 = as many as Kimi keeps (1000)"},
    {.key = "kimi.files_parallel",
     .type = integer,
     .default_value = "3",
     .min = "1",
     .max = "16",
     .env = {"KIMI_FILES_MAX_PARALLEL"},
     .group = "files",
     .help = "files sent to Kimi at a time"},
    {.key = "kimi.files_timeout",
     .type = duration,
     .unit = "s",
     .default_value = "90s",
     .min = "1ms",
     .max = "1h",
     .env = {"KIMI_FILES_UPLOAD_TIMEOUT_SECS"},
     .group = "files",
     .help = "one upload to Kimi"},
    {.key = "glm.files_max_mb",
     .type = integer,
     .unit = "MiB",
     .default_value = "20",
     .min = "1",
     .max = "100",
     .env = {"GLM_FILES_MAX_SIZE_MB"},
     .group = "files",
     .help = "largest file sent to GLM, in MiB"},
    {.key = "glm.files_timeout",
     .type = duration,
     .unit = "s",
     .default_value = "120s",
     .min = "1ms",
     .max = "1h",
     .env = {"GLM_FILE_UPLOAD_TIMEOUT_SECS", "FILE_UPLOAD_TIMEOUT_SECS"},
     .group = "files",
     .help = "one upload to GLM"},
    {.key = "files.record_ttl",
     .type = duration,
     .unit = "s",
     .default_value = "604800s",
     .min = "0s",
     .max = "365d",
     .env = {"FILECACHE_TTL_SECS"},
     .group = "files",
     .help = "how long an uploaded file is used again for the same content"},
};

}  // namespace

constinit const std::span<const Setting> k_provider_files{k_provider_files_rows};

}  // namespace exai::setting_groups
