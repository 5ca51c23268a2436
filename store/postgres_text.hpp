// Texts as PostgreSQL can hold them: a text there may have any character but NUL.
#pragma once

#include <string>
#include <string_view>

namespace exai::store {

/// NUL as two private characters (U+E000 U+E002), and U+E000 itself as U+E000 U+E001, so that every text
/// comes back as it was; all others stay as they are.
std::string to_postgres_text(std::string_view text);
/// The text that to_postgres_text() was given.
std::string from_postgres_text(std::string_view stored);

}  // namespace exai::store
