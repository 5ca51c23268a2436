// A parsed YAML document as plain data, with the line of every node, so that rules over files stay pure.
#pragma once

#include "core/error.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai {

struct NodeField;

/// One node. Scalars stay text: the Setting or rule that reads them decides the type (YAML's own guesses turn
/// `yes` into true and `010` into 8).
struct Node {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string scalar;
  std::vector<Node> items;        ///< list
  std::vector<NodeField> fields;  ///< map, in file order, names unique
  Location where;

  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
  [[nodiscard]] bool is_list() const { return kind == Kind::list; }
  [[nodiscard]] bool is_map() const { return kind == Kind::map; }
  /// The field of that name, or nullptr.
  [[nodiscard]] const Node* find(std::string_view name) const;
  /// The scalar text of that field, or `otherwise`.
  [[nodiscard]] std::string text(std::string_view name, std::string otherwise = {}) const;
};

struct NodeField {
  std::string name;
  Node value;
};

inline const Node* Node::find(std::string_view name) const {
  for (const NodeField& field : fields)
    if (field.name == name) return &field.value;
  return nullptr;
}

inline std::string Node::text(std::string_view name, std::string otherwise) const {
  const Node* field = find(name);
  if (field != nullptr && field->is_scalar()) return field->scalar;
  return otherwise;
}

}  // namespace exai
