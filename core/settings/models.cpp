// The settings of models.
#include "core/settings/groups.hpp"

namespace exai::setting_groups {
namespace {

using enum SettingType;

constexpr Setting k_models_rows[] = {
    {.key = "models.default",
     .type = text,
     .default_value = "glm-4.5-flash",
     .env = {"DEFAULT_MODEL"},
     .group = "models",
     .help = "model when a call names none; \"auto\" takes the first configured provider's",
     .form = Form::model},
    {.key = "models.file",
     .type = path,
     .env = {"EXAI_MODELS_FILE"},
     .group = "models",
     .help = "a catalogue to use instead of the embedded one",
     .form = Form::file},
    {.key = "models.routes_file",
     .type = path,
     .env = {"EXAI_ROUTES_FILE"},
     .group = "models",
     .help = "a rule table to use instead of the embedded one",
     .form = Form::file},
    {.key = "models.max_output_tokens",
     .type = integer,
     .unit = "tokens",
     .default_value = "8192",
     .min = "0",
     .max = "1000000",
     .env = {"DEFAULT_MAX_OUTPUT_TOKENS"},
     .group = "models",
     .help = "answer length asked for; 0 sends none"},
    {.key = "models.enforce_max_tokens",
     .type = boolean,
     .default_value = "true",
     .env = {"ENFORCE_MAX_TOKENS"},
     .group = "models",
     .help = "always send an answer length; false sends only what a call asks for"},
};

}  // namespace

constinit const std::span<const Setting> k_models{k_models_rows};

}  // namespace exai::setting_groups
