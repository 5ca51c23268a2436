// Reading members of JSON objects that others wrote: what is absent, null or of another type is none.
#pragma once

#include "core/json.hpp"

#include <optional>

namespace exai {

/// A member of an object; null when it is absent, or what is given is not an object. What is returned lives
/// as long as the object.
const Json& member_of(const Json& object, std::string_view key);
/// A member that is a string; "" when there is none.
std::string text_of(const Json& object, std::string_view key);
/// A member that is a number; nothing when there is none.
std::optional<double> number_of(const Json& object, std::string_view key);

}  // namespace exai
