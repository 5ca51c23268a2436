// Where a program keeps what is nobody's project: the XDG state folder of its user.
#pragma once

#include "core/result.hpp"

#include <filesystem>

namespace exai::io {

/// $XDG_STATE_HOME/exai, else ~/.local/state/exai; empty when neither names an absolute folder.
std::filesystem::path state_home();
/// Makes the folder when it is missing and says whether files can be made in it.
Result<void> make_writable(const std::filesystem::path& folder);

}  // namespace exai::io
