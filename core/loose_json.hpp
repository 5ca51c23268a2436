// JSON as models write it: in fences, with words around it, cut in the middle.
#pragma once

#include "core/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace exai {

/// How the object was found, in the order in which the ways are tried.
enum class LooseForm : std::uint8_t {
  direct,    ///< the whole text
  fenced,    ///< in a ``` block
  braces,    ///< from the first { to the last }
  repaired,  ///< cut; what was open has been closed
  none,      ///< no object at all
};
std::string_view to_string(LooseForm form);

/// The JSON object in a model's answer; null and `none` when there is none. Never fails.
Json loose_json(std::string_view text, LooseForm& form);

/// What stands in the first ``` block, without its language word; empty = there is none.
std::string_view fenced_block(std::string_view text);
/// A text that begins like a JSON object and was cut: strings, arrays and objects closed, a member without
/// its value dropped. Empty when it does not begin an object.
std::string close_json(std::string_view text);

}  // namespace exai
