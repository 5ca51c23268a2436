// What one schema says by itself, without the other one it is compared with.
#pragma once

#include "core/json.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::suite {

/// Types as bits; a number is an integer or has a fraction.
enum JsonTypeBit : std::uint8_t {
  type_null = 1,
  type_boolean = 2,
  type_integer = 4,
  type_fraction = 8,
  type_string = 16,
  type_array = 32,
  type_object = 64,
  type_any = 127,
};

/// The bits that `type`, `enum` and `const` together leave; nothing when `type` names no type of JSON.
std::optional<std::uint8_t> allowed_types(const Json& schema);
/// "string", "integer or null"; "nothing" for no bit.
std::string words_of_types(std::uint8_t types);

/// The values of `enum` and `const`, as far as `type` leaves them; nothing when it has neither, or one that
/// is malformed.
std::optional<std::set<Json>> allowed_values(const Json& schema);

/// True when the schema has a keyword that is neither wording nor a list of definitions, other than
/// `besides`.
bool constrains(const Json& schema, std::string_view besides = {});
/// Keywords that no validator looks at.
bool is_wording(std::string_view keyword);

/// The schema that stands there after following `$ref` and single-branch anyOf/oneOf/allOf; a pointer into
/// the root or the schema itself. nullptr, with the reference that fails, when it points nowhere, outside of
/// the document, or in a circle, or when the reference has neighbours that constrain as well.
const Json* resolved(const Json& schema, const Json& root, std::string& failed);

/// True when no value can satisfy both: types, single values or a required property tell them apart.
bool exclusive(const Json& one, const Json& other, const Json& root);
/// True when each two of the branches are.
bool all_exclusive(const std::vector<const Json*>& branches, const Json& root);

/// A value for a sentence: compact JSON, at most 60 bytes, printable.
std::string shown_value(const Json& value);
/// A subschema where it is one: `true` where the keyword is absent.
const Json& subschema(const Json& schema, std::string_view keyword);
/// True for the schemas that allow everything: absent, `true`, `{}` and what has only wording.
bool allows_all(const Json& schema);

}  // namespace exai::suite
