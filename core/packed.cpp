#include "core/packed.hpp"

#include <charconv>

namespace exai {
namespace {

constexpr std::string_view k_kinds = "nslm";  // in the order of Node::Kind

void put(const Node& node, std::string& out) {
  const std::size_t count = node.is_list()  ? node.items.size()
                            : node.is_map() ? node.fields.size()
                                            : node.scalar.size();
  out += k_kinds[static_cast<std::size_t>(node.kind)];
  out += ' ' + std::to_string(node.where.line) + ' ' + std::to_string(node.where.column) + ' ' +
         std::to_string(count) + ':';
  if (node.is_scalar()) out += node.scalar;
  for (const Node& item : node.items) put(item, out);
  for (const NodeField& field : node.fields) {
    out += std::to_string(field.name.size()) + ':' + field.name;
    put(field.value, out);
  }
}

/// Reads from the front of the text. What it cannot read sets `broken`, and everything after is empty.
struct PackedReader {
  std::string_view rest;
  const std::string& file;
  bool broken = false;

  std::size_t number(char end) {
    std::size_t value = 0;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    const auto digits = static_cast<std::size_t>(stop - rest.data());
    if (error != std::errc() || digits >= rest.size() || *stop != end) broken = true;
    if (broken) return 0;
    rest.remove_prefix(digits + 1);
    return value;
  }

  /// How many follow. More than what is left cannot be true, and must not be reserved.
  std::size_t count() {
    const std::size_t value = number(':');
    if (value > rest.size()) broken = true;
    return broken ? 0 : value;
  }

  std::string text(std::size_t size) {
    std::string out(rest.substr(0, size));
    if (out.size() != size) broken = true;
    rest.remove_prefix(out.size());
    return out;
  }

  void skip(char expected) {
    if (rest.empty() || rest.front() != expected) broken = true;
    if (!broken) rest.remove_prefix(1);
  }

  Node node() {
    Node out;
    const std::size_t kind = rest.empty() ? std::string_view::npos : k_kinds.find(rest.front());
    if (kind == std::string_view::npos) broken = true;
    if (broken) return out;
    out.kind = static_cast<Node::Kind>(kind);
    rest.remove_prefix(1);
    skip(' ');
    const auto line = static_cast<int>(number(' '));
    out.where = {file, line, static_cast<int>(number(' '))};
    const std::size_t size = count();
    if (out.is_scalar()) out.scalar = text(size);
    if (out.is_list()) out.items.reserve(size);
    if (out.is_map()) out.fields.reserve(size);
    for (std::size_t i = 0; i < size && out.is_list() && !broken; ++i) out.items.push_back(node());
    for (std::size_t i = 0; i < size && out.is_map() && !broken; ++i) {
      std::string name = text(count());
      out.fields.push_back({std::move(name), node()});
    }
    return out;
  }
};

}  // namespace

std::string pack(const Node& node) {
  std::string out;
  put(node, out);
  return out;
}

Result<Node> unpack(std::string_view packed, const std::string& file) {
  PackedReader reader{packed, file};
  Node node = reader.node();
  if (reader.broken || !reader.rest.empty())
    return fail(make_error(ErrorKind::internal, "a built-in document is damaged", "install exai again")
                    .at({file, 0, 0}));
  return node;
}

}  // namespace exai
