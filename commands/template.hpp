// Configuration files generated from the table of settings.
#pragma once

#include <string>

namespace exai::commands {

/// .env.example: every setting with its default, all commented out, so that a copy changes nothing.
std::string env_template();
/// The same as an exai.yaml, without secrets, which do not belong there.
std::string yaml_template();

}  // namespace exai::commands
