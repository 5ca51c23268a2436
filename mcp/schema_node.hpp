// The compiled form of a schema, shared by the compiler (schema.cpp) and the judge (schema_check.cpp).
#pragma once

#include "mcp/schema.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::mcp {

enum SchemaType : std::uint8_t {
  schema_null = 1,
  schema_boolean = 2,
  schema_integer = 4,
  schema_number = 8,
  schema_string = 16,
  schema_array = 32,
  schema_object = 64,
};

/// How many of something are allowed.
struct SchemaCount {
  std::optional<std::uint64_t> min, max;
};

struct Schema::Node {
  std::optional<bool> always;  ///< the schemas `true` and `false`
  const Node* ref = nullptr;
  std::uint8_t types = 0;  ///< 0 = any
  std::map<std::string, Node, std::less<>> properties;
  std::vector<std::string> required;
  std::unique_ptr<Node> additional, items, negated;
  std::unique_ptr<Node> condition, consequence, alternative;  ///< if, then, else
  std::vector<Node> prefix_items, any_of, all_of, one_of;
  std::optional<std::vector<Json>> allowed;  ///< enum, or the one value of const
  std::optional<double> minimum, maximum, above, below, multiple_of;
  SchemaCount length, size, members;
  bool unique = false;
  std::map<std::string, std::unique_ptr<Node>, std::less<>> refs;  ///< root only: targets by pointer
};

/// "string", "integer or null"
std::string type_words(std::uint8_t types);

}  // namespace exai::mcp
