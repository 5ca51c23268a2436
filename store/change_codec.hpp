// One change of a conversation as bytes, for the journal that keeps it until it is in the store.
#pragma once

#include "store/conversations.hpp"

#include <string>
#include <string_view>

namespace exai::store {

/// Read again by decode_change() of this or a later version.
std::string encode_change(const ConversationChange& change);
/// `invalid` for anything that encode_change() does not write.
Result<ConversationChange> decode_change(std::string_view record);

}  // namespace exai::store
