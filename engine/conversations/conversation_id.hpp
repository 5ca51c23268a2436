// The ids of conversations, as callers give them back.
#pragma once

#include <string_view>

namespace exai::engine {

/// A UUID in lower case, which is all that we ever gave out.
bool is_conversation_id(std::string_view text);

}  // namespace exai::engine
