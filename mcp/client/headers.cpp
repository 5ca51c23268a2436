// The headers that repeat a request over HTTP (SEP-2243).
#include "core/base64.hpp"
#include "core/text.hpp"
#include "mcp/client/parts.hpp"

#include <set>

#include <fmt/core.h>

namespace exai::mcp::client {
namespace {

constexpr std::string_view k_opening = "=?base64?";
constexpr std::string_view k_closing = "?=";
constexpr int k_depth = 32;

bool is_plain(std::string_view text) {
  if (text.empty() || trim(text).size() != text.size()) return false;
  if (text.starts_with(k_opening) && text.ends_with(k_closing)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

bool is_token(std::string_view text) {
  constexpr std::string_view k_marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           k_marks.find(c) != std::string_view::npos;
  });
}

std::string header_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

class Collector {
 public:
  Result<void> collect(const Json& schema, const Json& value, int depth) {
    const Json& properties = member_of(schema, "properties");
    if (!properties.is_object() || depth > k_depth) return {};
    for (const auto& [name, property] : properties.items()) {
      const Json& given = member_of(value, name);
      if (property.is_object() && property.contains("x-mcp-header")) {
        if (auto fine = add(name, property, given); !fine) return fine;
      } else if (auto fine = collect(property, given, depth + 1); !fine) {
        return fine;
      }
    }
    return {};
  }
  Headers headers;

 private:
  Result<void> add(const std::string& property_name, const Json& property, const Json& value) {
    const std::string name = text_of(property, "x-mcp-header");
    const std::string type = text_of(property, "type");
    const auto wrong = [&](std::string_view why) {
      return fail(ErrorKind::invalid, fmt::format("the tool's argument {} has a bad x-mcp-header: {}",
                                                  printable(property_name), why));
    };
    if (!is_token(name)) return wrong("its name is not a token");
    if (type != "string" && type != "integer" && type != "boolean")
      return wrong("only texts, integers and booleans can stand in a header");
    if (!seen_.insert(to_lower(name)).second) return wrong("its name stands twice");
    if (value.is_structured()) return wrong("the value is not a single value");
    if (!value.is_null()) headers.emplace_back("Mcp-Param-" + name, header_value(header_text(value)));
    return {};
  }
  std::set<std::string> seen_;
};

}  // namespace

std::string header_value(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  return std::string(k_opening) + base64(text) + std::string(k_closing);
}

Result<Headers> param_headers(const Json& input_schema, const Json& arguments) {
  Collector collector;
  if (auto fine = collector.collect(input_schema, arguments, 0); !fine) return fail(fine.error());
  return std::move(collector.headers);
}

}  // namespace exai::mcp::client
