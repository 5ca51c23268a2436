// What a single setting's text must look like: types, ranges, placeholders.
#include "core/config.hpp"
#include "core/text.hpp"

#include <array>
#include <charconv>

#include <fmt/core.h>

namespace exai {
namespace value_rules {

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

bool is_url(std::string_view text) {
  constexpr std::array<std::string_view, 8> k_schemes{
      "http://", "https://", "ws://", "wss://", "redis://", "rediss://", "postgres://", "postgresql://"};
  return std::any_of(k_schemes.begin(), k_schemes.end(), [&](std::string_view scheme) {
    return text.size() > scheme.size() && text.starts_with(scheme) && text[scheme.size()] != '/';
  });
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
      if (!number) return fail(ErrorKind::invalid, fmt::format("\"{}\" is no whole number", text));
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
  if (setting.min.empty() || text.empty()) return {};
  const auto least = static_cast<std::size_t>(whole_number(setting.min).value_or(0));
  const std::vector<std::string> parts =
      setting.type == SettingType::list ? split(text, ',') : std::vector<std::string>{std::string(text)};
  for (const std::string& part : parts)
    if (part.size() < least)
      return fail(ErrorKind::invalid, fmt::format("has {} characters", part.size()),
                  fmt::format("use at least {} characters (openssl rand -hex 24 makes a good one)", least));
  return {};
}

}  // namespace value_rules

Result<std::uint64_t> parse_bytes(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::uint64_t factor;
  };
  constexpr std::array<Unit, 14> k_units{{{"", 1},
                                          {"b", 1},
                                          {"bytes", 1},
                                          {"k", 1024},
                                          {"kib", 1024},
                                          {"kb", 1000},
                                          {"m", 1U << 20U},
                                          {"mib", 1U << 20U},
                                          {"mb", 1'000'000},
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
  return fail(ErrorKind::invalid, fmt::format("\"{}\" is no size", text),
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

Result<void> check_value(const Setting& setting, std::string_view text) {
  using namespace value_rules;
  const auto wrong = [&](std::string_view expected) {
    return fail(ErrorKind::invalid,
                setting.secret ? "has the wrong form" : fmt::format("\"{}\" is not allowed", text),
                fmt::format("expected {}", expected));
  };
  if (text.empty()) return {};
  switch (setting.type) {
    case SettingType::boolean:
      return is_boolean(text) ? Result<void>{} : wrong("true or false");
    case SettingType::choice: {
      const std::vector<std::string> choices = split(setting.choices, '|');
      const bool known = std::any_of(choices.begin(), choices.end(), [&](const std::string& choice) {
        return equals_ignoring_case(choice, text);
      });
      return known ? Result<void>{} : wrong(join(choices, ", "));
    }
    case SettingType::port: {
      const auto number = whole_number(text);
      return number && *number >= 0 && *number <= 65535 ? Result<void>{} : wrong("a port from 0 to 65535");
    }
    case SettingType::integer:
    case SettingType::duration:
    case SettingType::bytes:
      return check_range(setting, text);
    case SettingType::url:
      return is_url(text) ? Result<void>{} : wrong("a URL such as https://host/path");
    case SettingType::host:
      return text.find_first_of(" /\t") == std::string_view::npos ? Result<void>{}
                                                                  : wrong("an address or a host name");
    case SettingType::text:
    case SettingType::list:
      return check_length(setting, text);
    case SettingType::path:
      return {};
  }
  return {};
}

}  // namespace exai
