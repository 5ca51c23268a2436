#include "mcp/schema.hpp"

#include "core/text.hpp"
#include "mcp/schema_node.hpp"

#include <array>

namespace exai::mcp {
namespace {

using SchemaNode = Schema::Node;

// Keywords that say nothing about validity.
constexpr std::array<std::string_view, 14> k_annotations{
    "$schema",     "$id",     "$anchor",  "$comment",   "$defs",    "definitions", "title",
    "description", "default", "examples", "deprecated", "readOnly", "writeOnly",   "x-mcp-header"};

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 7> k_type_names{{{"null", schema_null},
                                                                                 {"boolean", schema_boolean},
                                                                                 {"integer", schema_integer},
                                                                                 {"number", schema_number},
                                                                                 {"string", schema_string},
                                                                                 {"array", schema_array},
                                                                                 {"object", schema_object}}};

class Compiler {
 public:
  Compiler(const Json& document, SchemaNode& root) : document_(document), root_(root) {}

  Result<void> node(const Json& schema, SchemaNode& out, const std::string& at) {
    if (schema.is_boolean()) {
      out.always = schema.get<bool>();
      return {};
    }
    if (!schema.is_object()) return bad(at, "a schema must be an object or a boolean");
    for (const auto& [keyword, value] : schema.items()) {
      if (Result<void> done = this->keyword(keyword, value, out, at + "/" + keyword); !done) return done;
    }
    return {};
  }

 private:
  static tl::unexpected<Error> bad(const std::string& at, const std::string& what) {
    return fail(ErrorKind::invalid, "schema " + at + ": " + what);
  }

  Result<void> keyword(std::string_view name, const Json& value, SchemaNode& out, const std::string& at) {
    if (std::find(k_annotations.begin(), k_annotations.end(), name) != k_annotations.end()) return {};
    if (name == "type") return types(value, out, at);
    if (name == "$ref") return reference(value, out, at);
    if (name == "properties") return properties(value, out, at);
    if (name == "required") return required(value, out, at);
    if (name == "enum") return choices(value, out, at);
    if (name == "const") return out.allowed = std::vector<Json>{value}, Result<void>{};
    if (name == "uniqueItems")
      return value.is_boolean() ? (out.unique = value.get<bool>(), Result<void>{})
                                : bad(at, "a boolean is needed");
    if (Result<bool> done = nested(name, value, out, at); !done || *done) return done.map([](bool) {});
    if (Result<bool> done = bound(name, value, out, at); !done || *done) return done.map([](bool) {});
    return bad(at, "this keyword is not implemented");
  }

  static Result<void> types(const Json& value, SchemaNode& out, const std::string& at) {
    const Json list = value.is_array() ? value : Json::array({value});
    for (const Json& item : list) {
      const auto row = std::find_if(k_type_names.begin(), k_type_names.end(), [&](const auto& known) {
        return item.is_string() && item.get_ref<const std::string&>() == known.first;
      });
      if (row == k_type_names.end()) return bad(at, "unknown type " + dump_json(item));
      out.types = static_cast<std::uint8_t>(out.types | row->second);
    }
    return {};
  }

  Result<void> reference(const Json& value, SchemaNode& out, const std::string& at) {
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    if (text.empty() || text[0] != '#')
      return bad(at, "only references inside the schema (\"#/...\") are implemented");
    if (text == "#") return out.ref = &root_, Result<void>{};
    auto& target = root_.refs[text];
    if (!target) {
      target = std::make_unique<SchemaNode>();
      SchemaNode* made = target.get();
      try {
        const Json* anchored = text[1] == '/' ? nullptr : anchor(document_, text.substr(1));
        const Json& found =
            anchored != nullptr ? *anchored : document_.at(Json::json_pointer(text.substr(1)));
        if (Result<void> done = node(found, *made, text); !done) return done;
      } catch (const Json::exception&) {
        return bad(at, "nothing stands at " + text);
      }
    }
    out.ref = root_.refs[text].get();
    return {};
  }

  /// The schema below `value` with that $anchor.
  static const Json* anchor(const Json& value, const std::string& name) {
    if (!value.is_structured()) return nullptr;
    if (value.is_object() && value.value("$anchor", Json()) == name) return &value;
    for (const Json& part : value)
      if (const Json* found = anchor(part, name)) return found;
    return nullptr;
  }

  Result<void> properties(const Json& value, SchemaNode& out, const std::string& at) {
    if (!value.is_object()) return bad(at, "an object is needed");
    for (const auto& [name, schema] : value.items()) {
      if (Result<void> done = node(schema, out.properties[name], at + "/" + name); !done) return done;
    }
    return {};
  }

  static Result<void> required(const Json& value, SchemaNode& out, const std::string& at) {
    if (!value.is_array()) return bad(at, "a list of names is needed");
    for (const Json& name : value) {
      if (!name.is_string()) return bad(at, "a list of names is needed");
      out.required.push_back(name.get<std::string>());
    }
    return {};
  }

  static Result<void> choices(const Json& value, SchemaNode& out, const std::string& at) {
    if (!value.is_array() || value.empty()) return bad(at, "a list of values is needed");
    out.allowed = value.get<std::vector<Json>>();
    return {};
  }

  /// Keywords whose value is a schema, or a list of them; false = not one of these.
  Result<bool> nested(std::string_view name, const Json& value, SchemaNode& out, const std::string& at) {
    std::unique_ptr<SchemaNode>* one = name == "additionalProperties" ? &out.additional
                                       : name == "items"              ? &out.items
                                       : name == "not"                ? &out.negated
                                       : name == "if"                 ? &out.condition
                                       : name == "then"               ? &out.consequence
                                       : name == "else"               ? &out.alternative
                                                                      : nullptr;
    if (one != nullptr) {
      *one = std::make_unique<SchemaNode>();
      return node(value, **one, at).map([] { return true; });
    }
    return list_of_schemas(name, value, out, at);
  }

  /// Keywords whose value is a list of schemas; false = not one of these.
  Result<bool> list_of_schemas(std::string_view name, const Json& value, SchemaNode& out,
                               const std::string& at) {
    std::vector<SchemaNode>* many = name == "anyOf"         ? &out.any_of
                                    : name == "allOf"       ? &out.all_of
                                    : name == "oneOf"       ? &out.one_of
                                    : name == "prefixItems" ? &out.prefix_items
                                                            : nullptr;
    if (many == nullptr) return false;
    if (!value.is_array() || value.empty()) return bad(at, "a list of schemas is needed");
    many->resize(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (Result<void> done = node(value[i], (*many)[i], at + "/" + std::to_string(i)); !done)
        return fail(done.error());
    }
    return true;
  }

  /// Keywords whose value is a number; false = not one of these.
  static Result<bool> bound(std::string_view name, const Json& value, SchemaNode& out,
                            const std::string& at) {
    const std::array<std::pair<std::string_view, std::optional<double>*>, 5> numbers{
        {{"minimum", &out.minimum},
         {"maximum", &out.maximum},
         {"exclusiveMinimum", &out.above},
         {"exclusiveMaximum", &out.below},
         {"multipleOf", &out.multiple_of}}};
    for (const auto& [known, slot] : numbers) {
      if (known != name) continue;
      if (!value.is_number()) return bad(at, "a number is needed");
      *slot = value.get<double>();
      return true;
    }
    const std::array<std::pair<std::string_view, std::optional<std::uint64_t>*>, 6> counts{
        {{"minLength", &out.length.min},
         {"maxLength", &out.length.max},
         {"minItems", &out.size.min},
         {"maxItems", &out.size.max},
         {"minProperties", &out.members.min},
         {"maxProperties", &out.members.max}}};
    for (const auto& [known, slot] : counts) {
      if (known != name) continue;
      if (!value.is_number_unsigned()) return bad(at, "a count is needed");
      *slot = value.get<std::uint64_t>();
      return true;
    }
    return false;
  }

  const Json& document_;
  SchemaNode& root_;
};

}  // namespace

Result<Schema> Schema::compile(const Json& schema) {
  const auto root = std::make_shared<SchemaNode>();
  Compiler compiler(schema, *root);
  if (Result<void> done = compiler.node(schema, *root, "#"); !done) return fail(done.error());
  return Schema(root);
}

std::string type_words(std::uint8_t types) {
  std::vector<std::string> words;
  for (const auto& [name, bit] : k_type_names)
    if ((types & bit) != 0) words.emplace_back(name);
  return join(words, " or ");
}

std::string to_line(const std::vector<SchemaProblem>& problems) {
  std::string text;
  for (const SchemaProblem& problem : problems) {
    if (!text.empty()) text += "; ";
    text += problem.pointer.empty() ? "arguments" : problem.pointer;
    text += ": expected " + problem.expected;
  }
  return text;
}

}  // namespace exai::mcp
