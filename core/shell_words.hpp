// A command's words out of one line of text.
#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai {

/// The words of a line as a shell splits them (POSIX, 2.2 Quoting): blanks and newlines separate, single
/// quotes keep everything, in double quotes a backslash escapes $ ` " \ and a newline, outside any character.
/// Nothing is expanded and nothing is an operator: no shell runs the words. A quote that is not closed, or a
/// backslash at the end, is `invalid`.
Result<std::vector<std::string>> shell_words(std::string_view line);

}  // namespace exai
