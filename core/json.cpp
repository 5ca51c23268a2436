#include "core/json.hpp"

#include "core/loose_json.hpp"
#include "core/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace exai {
namespace json_writing {
namespace {

// nlohmann's own dump looks at every byte with a state machine, and answers are texts within texts: it was 17
// % of the samples of a server under load with workflow steps. These write the same bytes
// (tests/core/json_test.cpp holds them against it).

void put_text(std::string_view text, std::string& out) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  const std::size_t before = out.size();
  bool judged = false;
  std::size_t from = 0;  // of what is plain and not yet copied
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x80 && !judged) {
      if (!is_utf8(text)) {
        out.resize(before);
        out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
        return;
      }
      judged = true;
    }
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, from, i - from);
    from = i + 1;
    out += '\\';
    constexpr std::string_view k_named = "\"\\\b\f\n\r\t", k_names = "\"\\bfnrt";
    if (const std::size_t named = k_named.find(text[i]); named != std::string_view::npos)
      out += k_names[named];
    else
      out.append("u00").append({k_digits[byte >> 4U], k_digits[byte & 15U]});
  }
  out.append(text, from).append(1, '"');
}

void put(const Json& value, std::string& out) {
  switch (value.type()) {
    case Json::value_t::string:
      return put_text(value.get_ref<const std::string&>(), out);
    case Json::value_t::object: {
      char before = '{';
      for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
        out += std::exchange(before, ',');
        put_text(name, out);
        out += ':';
        put(member, out);
      }
      out += before == '{' ? "{}" : "}";
      return;
    }
    case Json::value_t::array: {
      char before = '[';
      for (const Json& item : value.get_ref<const Json::array_t&>()) {
        out += std::exchange(before, ',');
        put(item, out);
      }
      out += before == '[' ? "[]" : "]";
      return;
    }
    case Json::value_t::number_integer: {
      const fmt::format_int digits(value.get<std::int64_t>());
      out.append(digits.data(), digits.size());
      return;
    }
    case Json::value_t::number_unsigned: {
      const fmt::format_int digits(value.get<std::uint64_t>());
      out.append(digits.data(), digits.size());
      return;
    }
    default:
      out += value.dump();
  }
}

}  // namespace
}  // namespace json_writing

Result<Json> parse_json(std::string_view text, int max_depth) {
  bool too_deep = false;
  const Json::parser_callback_t watch = [&](int depth, Json::parse_event_t event, Json&) {
    if (depth >= max_depth &&
        (event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start))
      too_deep = true;
    return !too_deep;
  };
  // Nothing shallow text can do is deep, so the callback (which costs half of the parse) is left out for it.
  const auto opened = static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return c == '{' || c == '['; }));
  try {
    Json value = opened <= static_cast<std::size_t>(max_depth) ? Json::parse(text) : Json::parse(text, watch);
    if (too_deep)
      return fail(ErrorKind::invalid, fmt::format("JSON is nested deeper than {} levels", max_depth));
    return value;
  } catch (const Json::parse_error& error) {
    return fail(ErrorKind::invalid, fmt::format("not JSON: syntax error at byte {}", error.byte));
  } catch (const std::exception& error) {
    return fail(ErrorKind::invalid, fmt::format("not JSON: {}", error.what()));
  }
}

std::string dump_json(const Json& value) {
  std::string text;
  json_writing::put(value, text);
  return text;
}

std::string pretty_json(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string quote_json(std::string_view text) {
  std::string quoted;
  json_writing::put_text(text, quoted);
  return quoted;
}

std::vector<std::string> texts_of(const Json& array) {
  std::vector<std::string> texts;
  if (!array.is_array()) return texts;
  for (const Json& item : array)
    if (item.is_string()) texts.push_back(item.get<std::string>());
  return texts;
}

std::vector<std::string> texts_of(const Json& object, std::string_view field) {
  const auto found = object.find(field);
  return found == object.end() ? std::vector<std::string>{} : texts_of(*found);
}

Result<std::string> json_at(std::string_view text, std::string_view path) {
  const Result<Json> document = parse_json(text);
  if (!document) return fail(document.error());
  const Json* at = &*document;
  for (const std::string& part : split(path, '.')) {
    const bool index = at->is_array() && !part.empty() &&
                       std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (index && part.size() < 9 && std::stoul(part) < at->size())
      at = &(*at)[std::stoul(part)];
    else if (at->is_object() && at->contains(part))
      at = &(*at)[part];
    else
      return fail(ErrorKind::not_found, fmt::format("there is no \"{}\" in the answer ({})", part, path));
  }
  return at->is_string() ? at->get<std::string>() : dump_json(*at);
}

Json loose_json(std::string_view text, LooseForm& form) {
  const auto object_in = [](std::string_view part) -> Json {
    Result<Json> value = parse_json(trim(part));
    return value && value->is_object() ? std::move(*value) : Json();
  };
  const auto found = [&form](Json& value, LooseForm how) {
    if (value.is_null()) return false;
    form = how;
    return true;
  };
  Json value = object_in(text);
  if (found(value, LooseForm::direct)) return value;
  if (const std::string_view block = fenced_block(text); !block.empty()) {
    value = object_in(block);
    if (found(value, LooseForm::fenced)) return value;
  }
  const auto first = text.find('{'), last = text.rfind('}');
  if (first != std::string_view::npos && last != std::string_view::npos && last > first) {
    value = object_in(text.substr(first, last - first + 1));
    if (found(value, LooseForm::braces)) return value;
  }
  if (first != std::string_view::npos) {
    value = object_in(close_json(text.substr(first)));
    // An object that lost all its members says nothing.
    if (!value.empty() && found(value, LooseForm::repaired)) return value;
  }
  form = LooseForm::none;
  return nullptr;
}

}  // namespace exai
