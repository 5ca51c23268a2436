// The interface to nlohmann::json: depth-limited reading, dumping that never throws.
#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace exai {

using Json = nlohmann::json;

/// Nesting allowed in what comes from the network and in what comes from our own files (deeper input would
/// overflow the stack when dumped or destroyed).
inline constexpr int k_network_depth = 64;
inline constexpr int k_file_depth = 256;

/// Parses one JSON text. Errors are `invalid`, with the byte offset in the message.
Result<Json> parse_json(std::string_view text, int max_depth = k_network_depth);

/// The same for what strangers write: a byte order mark is passed over, a lone half of a surrogate pair and
/// bytes that are no UTF-8 become U+FFFD. An answer that was paid for is not thrown away for one character.
Result<Json> parse_foreign_json(std::string_view text, int max_depth = k_network_depth);

/// Compact text; invalid UTF-8 is replaced, never thrown.
std::string dump_json(const Json& value);
/// The same for a tree that nobody needs afterwards: it is freed in less time than it would take to free
/// itself.
std::string dump_json(Json&& value);
/// Two-space indented text.
std::string pretty_json(const Json& value);
/// Text as a JSON string literal with its quotes, without building a Json.
std::string quote_json(std::string_view text);

/// The texts of an array; other items are left out, anything else has none.
std::vector<std::string> texts_of(const Json& array);
/// The same of a field of an object, which may be missing.
std::vector<std::string> texts_of(const Json& object, std::string_view field);

/// The value at a dotted path ("components.storage.status", "tools.0.name") of a JSON text, as text; objects
/// and arrays compact. `not_found` names the part that is missing. For those who need one value and not the
/// whole library.
Result<std::string> json_at(std::string_view text, std::string_view path);

}  // namespace exai
