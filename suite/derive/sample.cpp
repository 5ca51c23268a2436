#include "suite/derive/sample.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/derive/merge.hpp"
#include "suite/derive/pattern.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::size_t k_sample_values = 2000;
constexpr int k_sample_levels = 8;
constexpr int k_optional_levels = 5;  ///< deeper, only what is required
constexpr std::size_t k_sample_items = 1000;
constexpr unsigned k_attempts = 6;

/// One way to fill in a schema.
struct Recipe {
  SampleExtent extent = SampleExtent::required;
  bool suggestions = true;  ///< examples and defaults are taken
  unsigned choice = 0;      ///< which branch
};

std::string first_type(const Json& schema) {
  if (const Json& types = member_of(schema, "type"); types.is_array() && !types.empty()) {
    for (const Json& type : types)
      if (type != "null") return type.get<std::string>();
    return "null";
  }
  const auto has = [&](std::initializer_list<const char*> keywords) {
    return std::any_of(keywords.begin(), keywords.end(),
                       [&](const char* word) { return schema.contains(word); });
  };
  if (has({"properties", "required", "minProperties"})) return "object";
  if (has({"items", "prefixItems", "minItems", "maxItems"})) return "array";
  if (has({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})) return "number";
  return "string";
}

/// The n-th of several values that must differ.
Json varied(const Json& schema, const Json& value, std::size_t n) {
  if (n == 0) return value;
  if (const Json& values = member_of(schema, "enum"); values.is_array())
    return n < values.size() ? values[n] : value;
  if (value.is_number() && std::abs(value.get<double>()) > 1e15) return value;
  if (value.is_number_integer()) return value.get<std::int64_t>() + static_cast<std::int64_t>(n);
  if (value.is_number()) return value.get<double>() + static_cast<double>(n);
  if (value.is_string()) return value.get<std::string>() + std::to_string(n);
  return value;
}

class Sampler {
 public:
  Sampler(const Json& root, Recipe recipe) : root_(root), recipe_(recipe) {}

  std::optional<Json> whole() { return value(root_, Json::json_pointer(), "", true, 0); }

  std::vector<SamplePlace> places;
  std::string why;  ///< the first reason that nothing fits

 private:
  std::optional<Json> nothing(std::string reason) {
    if (why.empty()) why = std::move(reason);
    return std::nullopt;
  }

  std::optional<Json> value(const Json& given, const Json::json_pointer& at, std::string_view name,
                            bool required, int level) {
    const std::string where = at.empty() ? "the arguments" : at.to_string();
    if (level > k_sample_levels || ++values_ > k_sample_values)
      return nothing(where + " goes deeper or wider than a sample does");
    std::optional<Json> schema = SchemaMerger(root_, recipe_.choice).merged(given);
    if (!schema) return nothing(where + " allows no value, or is defined by itself");
    const std::size_t before = places.size();
    if (!at.empty()) places.push_back({at, *schema, required});
    std::optional<Json> made = suggested(*schema);
    if (!made) made = built(*schema, at, name, required, level);
    if (!made) places.resize(before);
    return made;
  }

  [[nodiscard]] std::optional<Json> suggested(const Json& schema) const {
    std::vector<const Json*> candidates;
    if (recipe_.suggestions) {
      const Json& examples = member_of(schema, "examples");
      if (examples.is_array())
        for (const Json& each : examples) candidates.push_back(&each);
      if (schema.contains("default")) candidates.push_back(&schema["default"]);
    }
    const Json& values = member_of(schema, "enum");
    if (values.is_array())
      for (const Json& each : values) candidates.push_back(&each);
    if (candidates.size() > 20) candidates.resize(20);
    for (const Json* each : candidates) {
      // An object is built, so that what is in it has its places.
      if (each->is_object() && !values.is_array()) continue;
      if (fits_here(schema, *each)) return *each;
    }
    return std::nullopt;
  }

  std::optional<Json> built(const Json& schema, const Json::json_pointer& at, std::string_view name,
                            bool required, int level) {
    const std::string where = at.empty() ? "the arguments" : at.to_string();
    if (schema.contains("enum")) return nothing(where + " has an enum without a value of its type");
    // Arguments are an object, also where their schema does not say so.
    const std::string type = at.empty() && !schema.contains("type") ? "object" : first_type(schema);
    if (type == "object") return object(schema, at, required, level);
    if (type == "array") return array(schema, at, name, level);
    if (type == "null") return Json();
    if (type == "boolean") return Json(false);
    std::optional<Json> made;
    if (type == "string") {
      if (auto text = sample_text(schema, name, size_of(schema, "minLength", 0),
                                  size_of(schema, "maxLength", k_text)))
        made = std::move(*text);
    } else {
      made = number(schema, type == "integer");
    }
    if (!made || !fits_here(schema, *made))
      return nothing(where + (schema.contains("pattern")
                                  ? " has a pattern for which no simple text is found: " +
                                        schema["pattern"].get<std::string>().substr(0, 100)
                                  : " has bounds that no value is within"));
    return made;
  }

  static std::size_t size_of(const Json& schema, const char* keyword, std::size_t otherwise) {
    const Json& value = member_of(schema, keyword);
    return value.is_number_unsigned() ? value.get<std::size_t>() : otherwise;
  }

  /// The bounds as whole units where there are any; just inside of an exclusive one.
  static std::optional<Json> number(const Json& schema, bool integer) {
    const std::optional<double> multiple = number_of(schema, "multipleOf");
    const double unit = integer ? std::max(1.0, std::ceil(multiple.value_or(1))) : multiple.value_or(0);
    const double step = unit > 0 ? unit : 0.5;
    const auto whole = [&](double value, bool up) {
      if (unit == 0) return value;
      return (up ? std::ceil(value / unit - 1e-9) : std::floor(value / unit + 1e-9)) * unit;
    };
    const std::optional<double> above = number_of(schema, "exclusiveMinimum");
    const std::optional<double> below = number_of(schema, "exclusiveMaximum");
    double low = whole(number_of(schema, "minimum").value_or(-1e300), true);
    if (above) low = std::max(low, whole(*above, false) + step);
    double high = whole(number_of(schema, "maximum").value_or(1e300), false);
    if (below) high = std::min(high, whole(*below, true) - step);
    if (low > high && unit == 0 && above && below) low = high = (*above + *below) / 2;
    const double value = std::min(std::max(whole(1, true), low), high);
    if (value == std::floor(value) && std::abs(value) < 9e18) return Json(static_cast<std::int64_t>(value));
    return Json(value);
  }

  std::optional<Json> object(const Json& schema, const Json::json_pointer& at, bool required, int level) {
    Json made = Json::object();
    const Json &properties = member_of(schema, "properties"), &needed = member_of(schema, "required");
    std::vector<std::string> names = texts_of(needed);
    const std::size_t must = names.size();
    const std::size_t least = size_of(schema, "minProperties", 0),
                      most = size_of(schema, "maxProperties", 1000);
    for (const auto& [name, property] : properties.items())
      if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(must), name) ==
          names.begin() + static_cast<std::ptrdiff_t>(must))
        names.push_back(name);
    const bool all = recipe_.extent == SampleExtent::all && level < k_optional_levels;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string& name = names[i];
      const bool need = i < must;
      if (made.contains(name) || (!need && !all && made.size() >= least) || (!need && made.size() >= most))
        continue;
      std::optional<Json> inner =
          value(member_schema(schema, name), at / name, name, need && required, level + 1);
      if (!inner && need) return std::nullopt;
      if (inner) made[name] = std::move(*inner);
    }
    for (std::size_t n = 1; made.size() < least && n <= k_sample_items; ++n) {
      const std::string name = fmt::format("extra{}", n);
      std::optional<Json> inner = value(member_schema(schema, name), at / name, name, false, level + 1);
      if (!inner) return std::nullopt;
      made[name] = std::move(*inner);
    }
    return made;
  }

  static const Json& member_schema(const Json& schema, const std::string& name) {
    static const Json anything = true;
    const Json& properties = member_of(schema, "properties");
    if (properties.contains(name)) return properties[name];
    const Json& more = member_of(schema, "additionalProperties");
    return more.is_null() ? anything : more;
  }

  std::optional<Json> array(const Json& schema, const Json::json_pointer& at, std::string_view name,
                            int level) {
    const std::size_t least = size_of(schema, "minItems", 0),
                      most = size_of(schema, "maxItems", k_sample_items);
    const Json& first = member_of(schema, "prefixItems");
    const bool wanted = recipe_.extent == SampleExtent::all && level < k_optional_levels;
    const std::size_t usual = std::max<std::size_t>(wanted ? 1 : 0, first.size());
    const std::size_t size = std::max(least, std::min(most, usual));
    if (size > k_sample_items || size > most)
      return nothing(at.to_string() + fmt::format(" needs {} items: a sample has 1000 at most", size));
    Json made = Json::array();
    for (std::size_t i = 0; i < size; ++i) {
      std::optional<Json> item = item_at(schema, at, name, level, i, made);
      if (!item && made.size() >= least) break;
      if (!item) return std::nullopt;
      made.push_back(std::move(*item));
    }
    return made;
  }

  std::optional<Json> item_at(const Json& schema, const Json::json_pointer& at, std::string_view name,
                              int level, std::size_t i, const Json& made) {
    const Json& first = member_of(schema, "prefixItems");
    const Json& rest = member_of(schema, "items");
    const Json given = i < first.size() ? first[i] : rest.is_null() ? Json(true) : rest;
    if (i > first.size()) {  // like the one before, or different where it must be
      if (!schema.value("uniqueItems", false)) return made[i - 1];
      const std::optional<Json> flat = SchemaMerger(root_, recipe_.choice).merged(given);
      return varied(flat.value_or(Json::object()), made[first.size()], i - first.size());
    }
    return value(given, at / i, name, false, level + 1);
  }

  static constexpr std::size_t k_text = std::size_t{64} << 10U;

  const Json& root_;
  Recipe recipe_;
  std::size_t values_ = 0;
};

}  // namespace

Result<Sample> make_sample(const ForeignSchema& schema, SampleExtent extent, bool suggestions) {
  std::string why;
  for (unsigned attempt = 0; attempt < k_attempts; ++attempt) {
    Sampler sampler(schema.normal(), {extent, suggestions && attempt % 2 == 0, attempt / 2});
    std::optional<Json> made = sampler.whole();
    if (made && !made->is_object()) {
      why = "the arguments of a call are an object, and this schema wants " + std::string(made->type_name());
      continue;
    }
    if (made && schema.judge(*made) == ForeignSchema::Verdict::conforms)
      return Sample{std::move(*made), std::move(sampler.places)};
    if (why.empty())
      why = made ? "no value was found that satisfies all of it: " +
                       mcp::to_line(schema.problems(*made)).substr(0, 300)
                 : sampler.why;
  }
  return fail(ErrorKind::invalid, printable(why));
}

}  // namespace exai::suite
