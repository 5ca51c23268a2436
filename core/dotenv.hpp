// .env files as docker, systemd and shells read them, where they agree; a finding where they do not.
#pragma once

#include "core/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai {

/// Reads KEY=VALUE lines ("export " allowed, '...' and "..." quotes, # comments on their own line). Findings:
/// byte order mark, CRLF, unquoted inline comment, duplicate key, line without '=', bad name, unclosed quote.
/// The last of two equal keys counts. A UTF-16 file is one failing finding and no entries.
ConfigLayer parse_dotenv(std::string_view text, const std::string& file, std::vector<Finding>& findings);

}  // namespace exai
