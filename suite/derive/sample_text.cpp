#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/derive/pattern.hpp"
#include "suite/derive/sample.hpp"

#include <algorithm>
#include <cmath>

namespace exai::suite {
namespace {

constexpr std::size_t k_sample_text_bytes = std::size_t{64} << 10U;

struct FormatRow {
  std::string_view format, text;
};

constexpr FormatRow k_formats[] = {
    {"date-time", "2026-01-02T03:04:05Z"},
    {"date", "2026-01-02"},
    {"time", "03:04:05Z"},
    {"duration", "PT1H"},
    {"uri", "https://example.com/"},
    {"url", "https://example.com/"},
    {"iri", "https://example.com/"},
    {"uri-reference", "/example"},
    {"uri-template", "https://example.com/{id}"},
    {"email", "someone@example.com"},
    {"idn-email", "someone@example.com"},
    {"hostname", "example.com"},
    {"ipv4", "192.0.2.1"},
    {"ipv6", "2001:db8::1"},
    {"uuid", "123e4567-e89b-42d3-a456-426614174000"},
    {"json-pointer", "/example"},
    {"regex", "^example$"},
    {"byte", "ZXhhbXBsZQ=="},
    {"base64", "ZXhhbXBsZQ=="},
    {"json", "{}"},
};

/// What a text of that name mostly is, where its schema does not say.
std::string_view by_name(std::string_view name) {
  const std::string lower = to_lower(name);
  if (lower == "url" || lower == "uri" || lower == "href" || lower.ends_with("url"))
    return "https://example.com/";
  return "example";
}

std::string plain_text(const Json& schema, std::string_view name) {
  const std::string format = text_of(schema, "format");
  for (const FormatRow& row : k_formats)
    if (row.format == format) return std::string(row.text);
  return std::string(by_name(name));
}

bool in_range(const Json& schema, double value) {
  const auto low = number_of(schema, "minimum"), above = number_of(schema, "exclusiveMinimum");
  const auto high = number_of(schema, "maximum"), below = number_of(schema, "exclusiveMaximum");
  if ((low && value < *low) || (above && value <= *above)) return false;
  if ((high && value > *high) || (below && value >= *below)) return false;
  const auto unit = number_of(schema, "multipleOf");
  return !unit || std::abs(value / *unit - std::nearbyint(value / *unit)) < 1e-9;
}

bool sized(const Json& schema, const char* min, const char* max, std::size_t size) {
  const auto low = number_of(schema, min), high = number_of(schema, max);
  return (!low || static_cast<double>(size) >= *low) && (!high || static_cast<double>(size) <= *high);
}

bool of_type(const Json& types, const Json& value) {
  if (!types.is_array()) return true;
  return std::any_of(types.begin(), types.end(), [&](const Json& type) {
    if (type == "integer") return value.is_number() && std::floor(value.get<double>()) == value.get<double>();
    if (type == "number") return value.is_number();
    return type == std::string_view(value.type_name());
  });
}

bool text_fits(const Json& schema, const std::string& text) {
  if (!sized(schema, "minLength", "maxLength", characters(text))) return false;
  if (!schema.contains("pattern")) return true;
  const std::optional<Pattern> pattern = Pattern::read(text_of(schema, "pattern"));
  return pattern && pattern->matches(text) == true;
}

}  // namespace

bool fits_here(const Json& schema, const Json& value) {
  if (!of_type(member_of(schema, "type"), value)) return false;
  const Json& values = member_of(schema, "enum");
  if (values.is_array() && std::find(values.begin(), values.end(), value) == values.end()) return false;
  if (value.is_number()) return in_range(schema, value.get<double>());
  if (value.is_string()) return text_fits(schema, value.get_ref<const std::string&>());
  if (value.is_array()) return sized(schema, "minItems", "maxItems", value.size());
  return !value.is_object() || sized(schema, "minProperties", "maxProperties", value.size());
}

std::optional<std::string> sample_text(const Json& schema, std::string_view name, std::size_t min,
                                       std::size_t max) {
  if (min > max || min > k_sample_text_bytes) return std::nullopt;
  std::string text = plain_text(schema, name);
  const std::string written = text_of(schema, "pattern");
  if (!written.empty() && (!text_fits(schema, text) || text.size() < min || text.size() > max)) {
    const std::optional<Pattern> pattern = Pattern::read(written);
    return pattern ? pattern->sample(min, max) : std::nullopt;
  }
  const bool free = text == "example";
  if (text.size() >= min && text.size() <= max) return text;
  if (!free && text_of(schema, "format") != "") return std::nullopt;  // of another length it is none any more
  text.resize(std::min(max, std::max(min, std::min(text.size(), max))), 'x');
  return text;
}

}  // namespace exai::suite
