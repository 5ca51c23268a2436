#include "models/providers/complaint.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"

#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::models {
namespace {

constexpr std::size_t k_max_text = 300;

/// Blanks and line breaks as one blank, no control characters, not too long.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, 8 * k_max_text)) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  line = printable(trim(line));
  return line.size() > k_max_text ? std::string(beginning_of(line, k_max_text)) + "..." : line;
}

std::string scalar(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() ? dump_json(value) : std::string();
}

/// The words of an error: a text, the first of a list, or the member of an object that holds them.
std::string words(const Json& value, int levels = 4) {
  constexpr std::array<std::string_view, 18> k_names{
      "message",     "msg",    "error_msg",  "errmsg",      "error_message", "errorMessage",
      "Message",     "error",  "status_msg", "faultstring", "detail",        "error_description",
      "description", "reason", "title",      "text",        "errors",        "raw"};
  if (value.is_string()) return value.get<std::string>();
  if (levels == 0 || value.empty()) return {};
  if (value.is_array()) return words(value.front(), levels - 1);
  if (!value.is_object()) return {};
  for (const std::string_view name : k_names)
    if (std::string text = words(member_of(value, name), levels - 1); !trim(text).empty()) return text;
  return {};
}

std::string code_in(const Json& value) {
  constexpr std::array<std::string_view, 10> k_names{"code",   "error_code", "errcode",     "err_code",
                                                     "Code",   "errorCode",  "status_code", "type",
                                                     "status", "retcode"};
  for (const std::string_view name : k_names)
    if (std::string text = scalar(member_of(value, name)); !text.empty()) return text;
  return {};
}

/// A code that means success.
bool good_code(std::string_view code) {
  constexpr std::array<std::string_view, 9> k_good{"0",       "200", "201",    "ok",       "success",
                                                   "succeed", "0.0", "200000", "completed"};
  return std::find(k_good.begin(), k_good.end(), to_lower(code)) != k_good.end();
}

bool is_false(const Json& value) {
  return value.is_boolean() && !value.get<bool>();
}

bool says_error(std::string_view word) {
  const std::string lower = to_lower(word);
  return lower == "error" || lower == "fail" || lower == "failed" || lower == "failure";
}

Complaint complaint(const Json& where, const Json& around) {
  std::string text = one_line(words(where));
  std::string code = code_in(where);
  if (text.empty()) text = one_line(words(around));
  if (code.empty()) code = code_in(around);
  if (text.empty()) text = one_line(where.is_structured() ? dump_json(where) : dump_json(around));
  return {std::move(text), std::move(code)};
}

/// The member that holds an error, when it is there and not empty.
const Json* holder(const Json& document) {
  constexpr std::array<std::string_view, 4> k_names{"error", "errors", "Error", "fault"};
  for (const std::string_view name : k_names) {
    const Json& value = member_of(document, name);
    const std::string code = code_in(value);
    if (!trim(words(value)).empty() || (!code.empty() && !good_code(code)) ||
        (value.is_boolean() && value.get<bool>()))
      return &value;
  }
  return nullptr;
}

/// Says itself that it is an error, without a member that holds one.
bool marked(const Json& document) {
  if (is_false(member_of(document, "success")) || is_false(member_of(document, "ok"))) return true;
  for (const std::string_view name : {"object", "type", "status"})
    if (says_error(scalar(member_of(document, name)))) return true;
  for (const std::string_view name : {"error_code", "errcode", "err_code"})
    if (const std::string code = scalar(member_of(document, name)); !code.empty() && !good_code(code))
      return true;
  const std::string code = scalar(member_of(document, "code"));
  if (code.empty() || good_code(code)) return false;
  return !words(member_of(document, "message")).empty() || !words(member_of(document, "msg")).empty();
}

std::string decoded_entities(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> k_entities{{{"&lt;", "<"},
                                                                                     {"&gt;", ">"},
                                                                                     {"&quot;", "\""},
                                                                                     {"&#39;", "'"},
                                                                                     {"&nbsp;", " "},
                                                                                     {"&middot;", "-"},
                                                                                     {"&amp;", "&"}}};
  std::string out;
  while (!text.empty()) {
    const auto* const found = std::find_if(k_entities.begin(), k_entities.end(),
                                           [&](const auto& one) { return text.starts_with(one.first); });
    const bool entity = found != k_entities.end();
    out += entity ? found->second : text.substr(0, 1);
    text.remove_prefix(entity ? found->first.size() : 1);
  }
  return out;
}

/// What a reader sees of a page.
std::string without_tags(std::string_view html) {
  std::string out;
  while (!html.empty()) {
    const std::size_t open = html.find('<');
    out += html.substr(0, open);
    if (open == std::string_view::npos) break;
    html.remove_prefix(open);
    std::size_t close = html.find('>');
    for (const std::string_view hidden : {"style", "script", "!--"}) {
      if (!equals_ignoring_case(html.substr(1, hidden.size()), hidden)) continue;
      const std::string end = hidden == "!--" ? "-->" : "</" + std::string(hidden);
      const std::size_t at = to_lower(html).find(end, close == std::string_view::npos ? 0 : close);
      close = at == std::string::npos ? at : html.find('>', at);
    }
    out += ' ';
    if (close == std::string_view::npos) break;
    html.remove_prefix(close + 1);
  }
  return one_line(decoded_entities(out));
}

std::string element(std::string_view html, std::string_view lower, const std::string& name) {
  const std::size_t open = lower.find("<" + name);
  if (open == std::string_view::npos) return {};
  const std::size_t begin = lower.find('>', open);
  const std::size_t end = lower.find("</" + name, open);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
  return without_tags(html.substr(begin + 1, end - begin - 1));
}

}  // namespace

std::optional<Complaint> complaint_of(const Json& document, bool answers) {
  if (document.is_array() && !document.empty() && document.front().is_object())
    return complaint_of(document.front(), answers);
  if (!document.is_object()) return std::nullopt;
  if (const Json* const found = holder(document)) return complaint(*found, document);
  for (const std::string_view name : {"base_resp", "header", "Response", "ResponseMetadata", "response"}) {
    const Json& inner = member_of(document, name);
    if (const Json* const found = holder(inner)) return complaint(*found, inner);
    const std::string code = scalar(member_of(inner, "status_code"));
    if (!code.empty() && !good_code(code)) return complaint(inner, document);
    if (marked(inner)) return complaint(inner, document);
  }
  if (marked(document)) return complaint(document, document);
  if (answers || words(document).empty()) return std::nullopt;
  return complaint(document, document);
}

ErrorKind kind_of(const Complaint& complaint) {
  const std::string code = to_lower(complaint.code);
  const auto is = [&](std::initializer_list<std::string_view> codes) {
    return std::find(codes.begin(), codes.end(), code) != codes.end();
  };
  if (is({"401", "403", "invalid_api_key", "authentication_error", "unauthorized", "permission_error",
          "invalid_authentication_error", "incorrect_api_key_error"}))
    return ErrorKind::config;
  if (is({"429", "rate_limit_exceeded", "rate_limit_error", "too_many_requests", "rate_limit_reached_error",
          "engine_overloaded_error", "resource_exhausted"}))
    return ErrorKind::busy;
  if (is({"404", "model_not_found", "not_found_error", "resource_not_found_error"}))
    return ErrorKind::not_found;
  return ErrorKind::provider;
}

std::string page_text(std::string_view html) {
  constexpr std::size_t k_read = std::size_t{64} << 10U;
  html = html.substr(0, k_read);
  const std::string lower = to_lower(html);
  for (const char* const name : {"title", "h1", "body"})
    if (std::string text = element(html, lower, name); !text.empty()) return text;
  return without_tags(html);
}

std::string error_text(std::string_view body) {
  constexpr std::size_t k_max_document = std::size_t{1} << 20U;
  const std::string_view text = trim(body);
  std::string found;
  if (text.size() <= k_max_document)
    if (const Result<Json> document = parse_foreign_json(text))
      if (const std::optional<Complaint> complaint = complaint_of(*document, false)) found = complaint->text;
  if (found.empty() && text.starts_with('<')) {
    const std::string page = page_text(text);
    found = page.empty() ? "an empty web page" : fmt::format("a web page, \"{}\"", page);
  }
  if (found.empty()) found = one_line(text);
  return found.empty() ? "no reason given" : found;
}

}  // namespace exai::models
