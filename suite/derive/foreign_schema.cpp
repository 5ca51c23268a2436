#include "suite/derive/foreign_schema.hpp"

#include "core/json_access.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace exai::suite {
namespace {

constexpr std::size_t k_subschemas = 20'000;
constexpr int k_schema_levels = 60;
constexpr std::size_t k_references = 500;
constexpr std::size_t k_enum_values = 2000;
constexpr std::size_t k_told_places = 100;
/// Looks at parts of one value; some tenths of a second.
constexpr std::size_t k_looks = 2'000'000;

constexpr std::array<std::string_view, 7> k_types{"null",   "boolean", "integer", "number",
                                                  "string", "array",   "object"};
/// Keywords that constrain and that nobody here judges.
constexpr std::array<std::string_view, 15> k_passed_over{
    "$dynamicRef", "$recursiveRef",     "propertyNames",    "contains",     "minContains",
    "maxContains", "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties",
    "extends",     "unevaluatedItems",  "contentMediaType", "disallow",     "divisibleBy"};
constexpr std::array<std::string_view, 6> k_counts{"minLength", "maxLength",     "minItems",
                                                   "maxItems",  "minProperties", "maxProperties"};
constexpr std::array<std::string_view, 2> k_limits{"minimum", "maximum"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string pointer_step(std::string_view name) {
  std::string text;
  for (const char c : name)
    text += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
  return text;
}

/// %41 as A; a reference is part of a URI.
std::string percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) {
      return at < text.size() ? std::string_view("0123456789abcdef").find(static_cast<char>(text[at] | 0x20))
                              : std::string_view::npos;
    };
    const std::size_t high = digit(i + 1), low = digit(i + 2);
    if (text[i] == '%' && high != std::string_view::npos && low != std::string_view::npos) {
      plain.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

/// The schema with that $anchor, not deeper than a schema is read.
const Json* anchored(const Json& value, const std::string& name, int level) {
  if (!value.is_structured() || level > k_schema_levels) return nullptr;
  if (value.is_object() && text_of(value, "$anchor") == name) return &value;
  for (const Json& part : value)
    if (const Json* found = anchored(part, name, level + 1)) return found;
  return nullptr;
}

class Normalizer {
 public:
  explicit Normalizer(const Json& document) : document_(document) {}

  Json whole() {
    names_.emplace("#", "root");
    Json root = schema(document_, "", 0);
    Json definitions = Json::object();
    // Targets may refer to further targets.
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      const Target target = waiting_[i];
      definitions[target.name] = schema(*target.schema, target.pointer, 0);
    }
    if (root_is_target_) definitions["root"] = root;
    if (!definitions.empty() && root.is_object()) root["$defs"] = std::move(definitions);
    return root;
  }

  std::vector<SchemaFlaw> flaws;
  std::vector<std::string> unjudged;

 private:
  struct Target {
    std::string name;
    std::string pointer;
    const Json* schema = nullptr;
  };

  void flaw(const std::string& at, std::string message) {
    if (flaws.size() < k_told_places) flaws.push_back({at, std::move(message)});
    ++left_out_;
  }
  void pass_over(const std::string& at) {
    if (unjudged.size() < k_told_places) unjudged.push_back(at);
    ++left_out_;
  }

  Json schema(const Json& given, const std::string& at, int level) {
    if (given.is_boolean()) return given;
    if (!given.is_object()) {
      flaw(at, "a schema is an object or a boolean: write {} where everything is allowed");
      return true;
    }
    if (level > k_schema_levels || ++subschemas_ > k_subschemas) {
      pass_over(at);
      return true;
    }
    Json out = Json::object();
    if (const Json& ref = member_of(given, "$ref"); !ref.is_null()) {
      reference(ref, out, at + "/$ref");
      if (old_draft()) return out;  // there it stands alone
    }
    for (const auto& [keyword, value] : given.items())
      one(keyword, value, out, at + "/" + pointer_step(keyword), level);
    afterwards(given, out, at);
    return out;
  }

  /// Up to draft 7, keywords beside $ref mean nothing.
  [[nodiscard]] bool old_draft() const {
    const std::string draft = text_of(document_, "$schema");
    return draft.find("draft-0") != std::string::npos;
  }

  void one(const std::string& keyword, const Json& value, Json& out, const std::string& at, int level) {
    if (keyword == "type") return types(value, out, at);
    if (keyword == "enum") return choices(value, out, at);
    if (keyword == "required") return required(value, out, at);
    if (keyword == "properties") return properties(value, out, at, level);
    if (keyword == "pattern" || keyword == "format") return wording(keyword, value, out, at);
    if (keyword == "default" || keyword == "examples") out[keyword] = value;
    if (keyword == "uniqueItems") return unique(value, out, at);
    if (keyword == "patternProperties" && value.is_object() && !value.empty()) return pass_over(at);
    if (is_one_of(k_passed_over, keyword)) return pass_over(at);
    if (is_one_of(k_limits, keyword)) return limit(keyword, value, out, at);
    if (is_one_of(k_counts, keyword)) return count(keyword, value, out, at);
    if (keyword == "multipleOf") return multiple(value, out, at);
    schema_keyword(keyword, value, out, at, level);
  }

  /// Keywords whose values are schemas.
  void schema_keyword(const std::string& keyword, const Json& value, Json& out, const std::string& at,
                      int level) {
    if (keyword == "items" && value.is_array()) {
      out["prefixItems"] = schemas(value, at, level);
      if (out["prefixItems"].empty()) out.erase("prefixItems");
      return;
    }
    if (keyword == "items" || keyword == "additionalProperties" || keyword == "then" || keyword == "else")
      out[keyword] = schema(value, at, level + 1);
    if (keyword == "not" || keyword == "if") return opposite(keyword, value, out, at, level);
    if (keyword == "allOf" || keyword == "anyOf" || keyword == "oneOf" || keyword == "prefixItems")
      return branches(keyword, value, out, at, level);
  }

  /// What depends on several keywords.
  void afterwards(const Json& given, Json& out, const std::string& at) {
    if (const Json& value = member_of(given, "const"); given.contains("const"))
      out["enum"] = Json::array({value});
    exclusive(given, out, "exclusiveMinimum", "minimum", at);
    exclusive(given, out, "exclusiveMaximum", "maximum", at);
    const Json& patterns = member_of(given, "patternProperties");
    if (patterns.is_object() && !patterns.empty()) out.erase("additionalProperties");
    if (!out.contains("if")) {
      out.erase("then");
      out.erase("else");
    }
    if (member_of(given, "nullable") == true && out.contains("type")) out["type"].push_back("null");
    if (const Json& more = member_of(given, "additionalItems"); out.contains("prefixItems")) {
      if (more.is_boolean()) out["items"] = more;
      if (more.is_object()) pass_over(at + "/additionalItems");
    }
  }

  void types(const Json& value, Json& out, const std::string& at) {
    const Json list = value.is_array() ? value : Json::array({value});
    for (const Json& name : list) {
      if (name.is_string() && is_one_of(k_types, name.get_ref<const std::string&>())) continue;
      return flaw(at, dump_json(name).substr(0, 60) +
                          " is no type of JSON: use null, boolean, integer, number, string, array or object");
    }
    if (list.empty()) return flaw(at, "a list of types needs one: leave the keyword out to allow all");
    out["type"] = list;
  }

  void choices(const Json& value, Json& out, const std::string& at) {
    if (!value.is_array() || value.empty())
      return flaw(at, "enum is a list of at least one value: leave the keyword out to allow all");
    if (value.size() > k_enum_values) return pass_over(at);
    out["enum"] = value;
  }

  void required(const Json& value, Json& out, const std::string& at) {
    const bool names = value.is_array() && std::all_of(value.begin(), value.end(),
                                                       [](const Json& name) { return name.is_string(); });
    if (!names) return flaw(at, "required is a list of property names, beside properties");
    if (value.size() > k_enum_values) return pass_over(at);
    out["required"] = value;
  }

  void properties(const Json& value, Json& out, const std::string& at, int level) {
    if (!value.is_object()) return flaw(at, "properties is an object of schemas by name");
    Json all = Json::object();
    for (const auto& [name, property] : value.items())
      all[name] = schema(property, at + "/" + pointer_step(name), level + 1);
    out["properties"] = std::move(all);
  }

  void wording(const std::string& keyword, const Json& value, Json& out, const std::string& at) {
    if (!value.is_string()) return flaw(at, keyword + " is a text");
    out[keyword] = value;
    if (keyword == "pattern") ++left_out_;
  }

  void unique(const Json& value, Json& out, const std::string& at) {
    if (!value.is_boolean()) return flaw(at, "uniqueItems is true or false");
    out["uniqueItems"] = value;
  }

  void limit(const std::string& keyword, const Json& value, Json& out, const std::string& at) {
    if (!value.is_number()) return flaw(at, keyword + " is a number");
    out[keyword] = value;
  }

  void multiple(const Json& value, Json& out, const std::string& at) {
    if (!value.is_number() || !(value.get<double>() > 0)) return flaw(at, "multipleOf is a number above 0");
    out["multipleOf"] = value;
  }

  void count(const std::string& keyword, const Json& value, Json& out, const std::string& at) {
    const double number = value.is_number() ? value.get<double>() : -1;
    if (!(number >= 0) || number > 9e15 || number != std::floor(number))
      return flaw(at, keyword + " is a whole number from 0 on");
    out[keyword] = static_cast<std::uint64_t>(number);
  }

  /// A number of its own since draft 6, a word about the bound beside it before.
  void exclusive(const Json& given, Json& out, const std::string& keyword, const std::string& bound,
                 const std::string& at) {
    if (!given.contains(keyword)) return;
    const Json& value = given[keyword];
    if (value.is_number()) {
      out[keyword] = value;
    } else if (!value.is_boolean()) {
      flaw(at + "/" + keyword, keyword + " is a number");
    } else if (value == true && out.contains(bound)) {
      out[keyword] = out[bound];
      out.erase(bound);
    }
  }

  /// A schema whose refusal is what allows: where something of it is left out, it would refuse too little,
  /// and the whole too much.
  void opposite(const std::string& keyword, const Json& value, Json& out, const std::string& at, int level) {
    const std::size_t before = left_out_;
    Json inner = schema(value, at, level + 1);
    if (left_out_ == before && !refers(inner, 0))
      out[keyword] = std::move(inner);
    else
      pass_over(at);
  }

  Json schemas(const Json& list, const std::string& at, int level) {
    Json all = Json::array();
    for (std::size_t i = 0; i < list.size(); ++i)
      all.push_back(schema(list[i], at + "/" + std::to_string(i), level + 1));
    return all;
  }

  void branches(const std::string& keyword, const Json& value, Json& out, const std::string& at, int level) {
    if (!value.is_array() || value.empty()) return flaw(at, keyword + " is a list of at least one schema");
    const std::size_t before = left_out_;
    Json all = schemas(value, at, level);
    // Branches that allow too much may both fit where one does.
    const bool sharp = left_out_ == before && !refers(all, 0);
    if (keyword == "oneOf" && !sharp && !out.contains("anyOf") && !value.empty())
      out["anyOf"] = std::move(all);
    else if (keyword == "oneOf" && !sharp)
      out["allOf"].push_back({{"anyOf", std::move(all)}});
    else if (keyword == "anyOf" && out.contains("anyOf"))
      out["allOf"].push_back({{"anyOf", std::move(all)}});
    else if (keyword == "allOf" && out.contains("allOf"))
      out["allOf"].insert(out["allOf"].end(), all.begin(), all.end());
    else
      out[keyword] = std::move(all);
  }

  static bool refers(const Json& value, int level) {
    if (!value.is_structured() || level > 4 * k_schema_levels) return false;
    if (value.is_object() && value.contains("$ref")) return true;
    return std::any_of(value.begin(), value.end(), [&](const Json& part) { return refers(part, level + 1); });
  }

  void reference(const Json& value, Json& out, const std::string& at) {
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    if (text.empty()) return flaw(at, "$ref is a text such as \"#/$defs/name\"");
    if (text[0] != '#') return pass_over(at);
    const std::string inside = percent_decoded(text);
    const auto known = names_.find(inside);
    if (known != names_.end()) {
      root_is_target_ = root_is_target_ || inside == "#";
      out["$ref"] = "#/$defs/" + known->second;
      return;
    }
    const Json* target = find(inside);
    if (target == nullptr)
      return flaw(at,
                  "nothing stands at " + text.substr(0, 100) + ": define it below $defs of the same schema");
    if (waiting_.size() >= k_references) return pass_over(at);
    const std::string name = "r" + std::to_string(waiting_.size());
    names_.emplace(inside, name);
    waiting_.push_back({name, inside.substr(1), target});
    out["$ref"] = "#/$defs/" + name;
  }

  [[nodiscard]] const Json* find(const std::string& inside) const {
    if (inside.size() > 1 && inside[1] != '/') return anchored(document_, inside.substr(1), 0);
    try {
      const Json::json_pointer pointer(inside.substr(1));
      return document_.contains(pointer) ? &document_.at(pointer) : nullptr;
    } catch (const Json::exception&) {
      return nullptr;
    }
  }

  const Json& document_;
  std::map<std::string, std::string, std::less<>> names_;  ///< of targets, by reference
  std::vector<Target> waiting_;
  bool root_is_target_ = false;
  std::size_t subschemas_ = 0;
  std::size_t left_out_ = 0;  ///< so far: what makes a schema allow more than it says
};

/// The normal form without what our validator does not judge.
void drop_wording(Json& value, int level) {
  if (value.is_array())
    for (Json& part : value) drop_wording(part, level + 1);
  if (!value.is_object()) return;
  for (const char* keyword : {"pattern", "format", "default", "examples"}) value.erase(keyword);
  for (auto& [keyword, part] : value.items()) {
    if (keyword == "properties" || keyword == "$defs") {
      for (Json& schema : part) drop_wording(schema, level + 1);
    } else if (keyword != "enum" && keyword != "required" && keyword != "type") {
      drop_wording(part, level + 1);
    }
  }
}

}  // namespace

ForeignSchema ForeignSchema::read(const Json& schema) {
  ForeignSchema foreign;
  Normalizer normalizer(schema);
  foreign.normal_ = normalizer.whole();
  foreign.flaws_ = std::move(normalizer.flaws);
  foreign.unjudged_ = std::move(normalizer.unjudged);
  Json judged = foreign.normal_;
  drop_wording(judged, 0);
  Result<mcp::Schema> compiled = mcp::Schema::compile(judged);
  if (compiled)
    foreign.schema_ = std::move(*compiled);
  else
    foreign.unjudged_.push_back("");
  return foreign;
}

ForeignSchema::Verdict ForeignSchema::judge(const Json& value) const {
  if (!schema_) return Verdict::undecided;
  const auto found = schema_->check_within(value, k_looks, 1);
  return !found ? Verdict::undecided : found->empty() ? Verdict::conforms : Verdict::violates;
}

std::vector<mcp::SchemaProblem> ForeignSchema::problems(const Json& value) const {
  if (!schema_) return {};
  return schema_->check_within(value, k_looks).value_or(std::vector<mcp::SchemaProblem>{});
}

}  // namespace exai::suite
