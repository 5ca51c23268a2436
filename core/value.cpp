// What a single setting's text must look like: types, ranges, placeholders.
#include "core/config.hpp"
#include "core/forms.hpp"
#include "core/text.hpp"

#include <array>
#include <charconv>

#include <fmt/core.h>

namespace exai {
namespace {

std::optional<long long> whole_number(std::string_view text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_boolean(std::string_view text) {
  constexpr std::array<std::string_view, 8> k_words{"true", "false", "1", "0", "yes", "no", "on", "off"};
  const std::string word = to_lower(text);
  return std::find(k_words.begin(), k_words.end(), word) != k_words.end();
}

bool is_true(std::string_view text) {
  const std::string word = to_lower(text);
  return word == "true" || word == "1" || word == "yes" || word == "on";
}

bool is_quote(char c) {
  return c == '"' || c == '\'' || c == '`';
}

// A number in the setting's own measure, so that values and limits compare; an error when it is none.
Result<long long> measure(const Setting& setting, std::string_view text) {
  switch (setting.type) {
    case SettingType::duration:
      return parse_duration(text, setting.unit).map([](Millis value) {
        return static_cast<long long>(value.count());
      });
    case SettingType::bytes:
      return parse_bytes(text).map([](std::uint64_t value) { return static_cast<long long>(value); });
    default: {
      const auto number = whole_number(text);
      if (!number) return fail(ErrorKind::invalid, fmt::format("\"{}\" is not a whole number", text));
      return *number;
    }
  }
}

std::string range_text(const Setting& setting) {
  if (!setting.min.empty() && !setting.max.empty()) return fmt::format("{} to {}", setting.min, setting.max);
  if (!setting.min.empty()) return fmt::format("at least {}", setting.min);
  return fmt::format("at most {}", setting.max);
}

Result<void> check_range(const Setting& setting, std::string_view text) {
  const Result<long long> value = measure(setting, text);
  if (!value) return fail(value.error());
  const bool low = !setting.min.empty() && *value < measure(setting, setting.min).value();
  const bool high = !setting.max.empty() && *value > measure(setting, setting.max).value();
  if (low || high)
    return fail(ErrorKind::invalid, fmt::format("{} is out of range", text),
                fmt::format("allowed: {}", range_text(setting)));
  return {};
}

// For text and lists `min` is the shortest length allowed; secrets are never quoted in the message.
Result<void> check_length(const Setting& setting, std::string_view text) {
  if (setting.min.empty()) return {};
  const auto min_length = static_cast<std::size_t>(whole_number(setting.min).value_or(0));
  if (text.size() < min_length)
    return fail(
        ErrorKind::invalid, fmt::format("has {} characters", text.size()),
        fmt::format("use at least {} characters (openssl rand -hex 24 makes a good one)", min_length));
  return {};
}

/// What no value of ours has: what cannot be seen, and the quotes that docker's --env-file leaves around it.
Result<void> check_characters(const Setting& setting, std::string_view text) {
  if (const auto hidden = invisible_character(text))
    return fail(ErrorKind::invalid, fmt::format("holds {}", *hidden),
                "type the value anew instead of pasting it");
  const bool quoted = text.size() > 1 && is_quote(text.front()) && text.front() == text.back();
  if (quoted)
    return fail(ErrorKind::invalid, "is wrapped in quotes that are part of the value",
                "write the value without quotes (docker --env-file keeps them)");
  if (setting.type != SettingType::path && !is_utf8(text))
    return fail(ErrorKind::invalid, "is not UTF-8", "type the value anew");
  return {};
}

/// Keys travel in headers: characters that can be seen, without blanks and quotes.
Result<void> check_credential(std::string_view text) {
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code == ' ' || code == '\t') return fail(ErrorKind::invalid, "holds a blank", "copy the key alone");
    if (code < 0x21 || code > 0x7E)
      return fail(ErrorKind::invalid, "holds a character that no key has, such as a typographic quote",
                  "copy the key from its source again");
    if (is_quote(c)) return fail(ErrorKind::invalid, "holds a quote", "write the key without quotes");
  }
  return {};
}

/// The items of a list, each judged; a list of separators only names nothing.
Result<std::string> canonical_list(const Setting& setting, std::string_view text) {
  const std::vector<std::string> parts = split(text, ',');
  if (parts.empty())
    return fail(ErrorKind::invalid, "is a list without an item", "name something, or leave the value empty");
  for (const std::string& part : parts) {
    Result<void> fine = check_characters(setting, part);
    if (fine && setting.secret) fine = check_credential(part);
    if (fine) fine = check_length(setting, part);
    if (!fine) return fail(fine.error());
  }
  return join(parts, ",");
}

Result<std::string> canonical_choice(const Setting& setting, std::string_view text) {
  for (std::string& choice : split(setting.choices, '|'))
    if (equals_ignoring_case(choice, text)) return std::move(choice);
  return fail(ErrorKind::invalid, fmt::format("\"{}\" is not allowed", printable(text)),
              "expected one of " + join(split(setting.choices, '|'), ", "));
}

Result<std::string> canonical_number(const Setting& setting, std::string_view text) {
  if (auto fits = check_range(setting, text); !fits) return fail(fits.error());
  const long long value = measure(setting, text).value();
  if (setting.type == SettingType::duration) return format_duration(Millis{value});
  if (setting.type == SettingType::bytes) return format_exact_bytes(static_cast<std::uint64_t>(value));
  return fmt::format("{}", value);
}

Result<std::string> canonical_text(const Setting& setting, std::string_view text) {
  const Result<void> fits = check_length(setting, text);
  const Result<void> fine = setting.secret && fits ? check_credential(text) : fits;
  if (!fine) return fail(fine.error());
  return std::string(text);
}

/// By type alone.
Result<std::string> canonical_of_type(const Setting& setting, std::string_view text) {
  const auto wrong = [&](std::string_view expected) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is not allowed", printable(text)),
                fmt::format("expected {}", expected));
  };
  switch (setting.type) {
    case SettingType::boolean:
      if (!is_boolean(text)) return wrong("true or false");
      return std::string(is_true(text) ? "true" : "false");
    case SettingType::choice:
      return canonical_choice(setting, text);
    case SettingType::port: {
      const auto number = whole_number(text);
      if (!number || *number < 0 || *number > 65535) return wrong("a port from 0 to 65535");
      return fmt::format("{}", *number);
    }
    case SettingType::integer:
    case SettingType::duration:
    case SettingType::bytes:
      return canonical_number(setting, text);
    case SettingType::host:
      return parse_host(text);
    case SettingType::list:
      return canonical_list(setting, text);
    case SettingType::text:
      return canonical_text(setting, text);
    case SettingType::url:
    case SettingType::path:
      return std::string(text);
  }
  return std::string(text);
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::uint64_t factor;
  };
  constexpr std::array<Unit, 15> k_units{{{"", 1},
                                          {"b", 1},
                                          {"bytes", 1},
                                          {"k", 1024},
                                          {"kib", 1024},
                                          {"kb", 1000},
                                          {"m", 1U << 20U},
                                          {"mib", 1U << 20U},
                                          {"mb", 1'000'000},
                                          {"t", std::uint64_t{1} << 40U},
                                          {"g", 1U << 30U},
                                          {"gib", 1U << 30U},
                                          {"gb", 1'000'000'000},
                                          {"tib", std::uint64_t{1} << 40U},
                                          {"tb", 1'000'000'000'000}}};
  const std::string_view clean = trim(text);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(clean.data(), clean.data() + clean.size(), number);
  const std::string unit = to_lower(trim(clean.substr(static_cast<std::size_t>(end - clean.data()))));
  if (error == std::errc{})
    for (const Unit& known : k_units)
      if (unit == known.name && number <= (std::uint64_t{1} << 62U) / known.factor)
        return number * known.factor;
  return fail(ErrorKind::invalid, fmt::format("\"{}\" is not a size", text),
              "write it like 4096, 64KiB or 10MiB");
}

bool is_placeholder(std::string_view text) {
  const std::string lower = to_lower(trim(text));
  if (lower.empty()) return false;
  if (lower.front() == '<' && lower.back() == '>') return true;
  constexpr std::array<std::string_view, 4> k_starts{"your_", "your-", "<your", "replace"};
  constexpr std::array<std::string_view, 9> k_parts{"changeme", "change_me",    "change-me",
                                                    "_here",    "-here",        "placeholder",
                                                    "xxxxxxxx", "your-project", "todo"};
  constexpr std::array<std::string_view, 4> k_whole{"test-token-12345", "example", "secret", "password"};
  const auto any = [&](const auto& words, auto test) {
    return std::any_of(words.begin(), words.end(), test);
  };
  return any(k_starts, [&](std::string_view word) { return lower.starts_with(word); }) ||
         any(k_parts, [&](std::string_view word) { return lower.find(word) != std::string::npos; }) ||
         any(k_whole, [&](std::string_view word) { return lower == word; });
}

bool is_placeholder(const Setting& setting, std::string_view text) {
  if (!setting.secret && setting.type != SettingType::url) return false;
  if (setting.type != SettingType::list) return is_placeholder(text);
  const std::vector<std::string> parts = split(text, ',');
  return std::any_of(parts.begin(), parts.end(),
                     [](const std::string& part) { return is_placeholder(part); });
}

std::string format_exact_bytes(std::uint64_t value) {
  constexpr std::array<std::string_view, 4> k_units{"KiB", "MiB", "GiB", "TiB"};
  std::string_view unit;
  for (const std::string_view next : k_units) {
    if (value == 0 || value % 1024 != 0) break;
    value /= 1024;
    unit = next;
  }
  return fmt::format("{}{}", value, unit);
}

Result<std::string> canonical_value(const Setting& setting, std::string_view text) {
  if (text.empty()) return std::string();
  Result<void> fine = check_characters(setting, text);
  Result<std::string> canonical = fine ? canonical_of_type(setting, text) : fail(fine.error());
  if (!canonical) return canonical;
  fine = check_form(setting.form, *canonical);
  if (!fine) return fail(fine.error());
  return canonical;
}

Result<void> check_value(const Setting& setting, std::string_view text) {
  return canonical_value(setting, text).map([](const std::string&) {});
}

}  // namespace exai
