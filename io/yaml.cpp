#include "io/yaml.hpp"

#include <set>

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

namespace exai::io {
namespace {

constexpr int k_deepest = 64;
constexpr std::size_t k_max_nodes = 100'000;

struct Walker {
  const std::string& file;
  std::size_t visited = 0;
  std::optional<Error> error;

  Location place(const YAML::Mark& mark) const {
    return mark.is_null() ? Location{file, 0, 0} : Location{file, mark.line + 1, mark.column + 1};
  }

  void refuse(const YAML::Node& at, std::string message, std::string hint) {
    if (!error)
      error = make_error(ErrorKind::config, std::move(message), std::move(hint)).at(place(at.Mark()));
  }

  // yaml-cpp shares the nodes behind an alias, so a few lines can stand for billions: the count is of visits.
  Node walk(const YAML::Node& in, int depth) {
    Node out;
    out.where = place(in.Mark());
    if (error) return out;
    if (++visited > k_max_nodes)
      refuse(in, "the document expands to more than 100,000 nodes", "remove nested anchors");
    if (depth > k_deepest) refuse(in, "the document is nested deeper than 64 levels", "flatten it");
    if (error) return out;
    if (in.IsScalar()) {
      out.kind = Node::Kind::scalar;
      out.scalar = in.Scalar();
    } else if (in.IsSequence()) {
      out.kind = Node::Kind::list;
      for (const YAML::Node& item : in) out.items.push_back(walk(item, depth + 1));
    } else if (in.IsMap()) {
      map(in, out, depth);
    }
    return out;
  }

  void map(const YAML::Node& in, Node& out, int depth) {
    out.kind = Node::Kind::map;
    std::set<std::string, std::less<>> seen;
    for (const auto& field : in) {
      if (!field.first.IsScalar())
        return refuse(field.first, "a key must be plain text", "write name: value");
      const std::string& key = field.first.Scalar();
      // yaml-cpp keeps both of two equal keys and finds the first: a value silently lost.
      if (!seen.insert(key).second)
        return refuse(field.first, fmt::format("the key \"{}\" stands twice", key), "keep one");
      Node value = walk(field.second, depth + 1);
      value.where = place(field.first.Mark());
      out.fields.push_back({key, std::move(value)});
    }
  }
};

/// A line that is this marker, whatever follows it.
bool is_marker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) && (line.size() == marker.size() || line[marker.size()] == ' ' ||
                                      line[marker.size()] == '\t' || line[marker.size()] == '\r');
}

/// The line at which a second document begins, 0 for none. A marker at the first column ends a document
/// wherever it stands (YAML 1.2, 9.1.2), so that the lines tell. The library reads all documents too, but for
/// ever where some are broken.
int second_document(std::string_view text) {
  bool begun = false, ended = false;
  int line = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view whole = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line;
    const std::size_t first = whole.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || whole[first] == '#' || (!begun && whole[0] == '%')) continue;
    if (is_marker(whole, "...")) {
      ended = true;
      continue;
    }
    if (ended || (begun && is_marker(whole, "---"))) return line;
    begun = true;
  }
  return 0;
}

}  // namespace

Result<Node> parse_yaml(std::string_view text, const std::string& file) {
  try {
    Walker walker{file, 0, std::nullopt};
    Node node = walker.walk(YAML::Load(std::string(text)), 0);
    // What stands behind "---" would be lost in silence.
    if (const int line = second_document(text); line > 0 && !walker.error)
      walker.error = make_error(ErrorKind::config, "a second document begins here, which nobody reads",
                                "keep one document in the file, without another \"---\"")
                         .at(Location{file, line, 1});
    if (walker.error) return fail(std::move(*walker.error));
    return node;
  } catch (const YAML::Exception& error) {
    Location where{file, error.mark.is_null() ? 0 : error.mark.line + 1,
                   error.mark.is_null() ? 0 : error.mark.column + 1};
    return fail(make_error(ErrorKind::config, fmt::format("not YAML: {}", error.msg),
                           "check indentation and quotes there")
                    .at(std::move(where)));
  } catch (const std::exception& error) {
    return fail(
        make_error(ErrorKind::config, fmt::format("not YAML: {}", error.what())).at(Location{file, 0, 0}));
  }
}

}  // namespace exai::io
