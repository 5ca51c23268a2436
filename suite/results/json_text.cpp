#include "suite/results/json_text.hpp"

#include "core/text.hpp"
#include "suite/results/format.hpp"
#include "suite/results/texts.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::suite {
namespace {

constexpr std::size_t k_look = std::size_t{1} << 20U;
constexpr std::size_t k_max_members = 200;

/// Where a string ends, from the byte after its quote.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at, text.size());
}

/// The first line that an object begins on.
std::string_view from_object(std::string_view bytes) {
  LineReader lines(bytes.substr(0, k_look));
  while (const auto line = lines.next())
    if (trim(*line).starts_with('{'))
      return bytes.substr(static_cast<std::size_t>(line->data() - bytes.data()), k_look);
  return {};
}

/// parse_json() names the byte, for a person it is a line.
Error placed_json_error(Error error, std::string_view bytes) {
  constexpr std::string_view k_at = " at byte ";
  const std::size_t at = error.message.find(k_at);
  if (at == std::string::npos) return error;
  const char* const digits = error.message.data() + at + k_at.size();
  std::size_t byte = 0;
  std::from_chars(digits, error.message.data() + error.message.size(), byte);
  const std::string_view before = bytes.substr(0, byte == 0 ? 0 : byte - 1);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t begin = before.rfind('\n');
  const std::size_t column = before.size() - (begin == std::string_view::npos ? 0 : begin + 1) + 1;
  error.message.resize(at);
  error.message = fmt::format("line {}, column {}: {}", line, column,
                              byte > bytes.size() ? "the document is cut" : error.message);
  error.where = Location{.file = {}, .line = static_cast<int>(line), .column = static_cast<int>(column)};
  error.hint = byte > bytes.size() ? "take the file after the job that writes it has ended"
                                   : "the tool that wrote it must write JSON";
  return error;
}

}  // namespace

std::vector<std::string> first_members(std::string_view bytes) {
  const std::string_view text = from_object(bytes);
  std::vector<std::string> members;
  int depth = 0;
  bool name_next = false;
  for (std::size_t at = 0; at < text.size() && members.size() < k_max_members; ++at) {
    const char c = text[at];
    if (c == '"') {
      const std::size_t end = end_of_string(text, at + 1);
      if (name_next) members.emplace_back(text.substr(at + 1, end - at - 1).substr(0, 64));
      name_next = false;
      at = end;
    } else if (c == '{' || c == '[') {
      name_next = ++depth == 1;
    } else if (c == '}' || c == ']') {
      if (--depth <= 0) break;
    } else if (c == ',') {
      name_next = depth == 1;
    }
  }
  return members;
}

bool has_members(const std::vector<std::string>& members, std::initializer_list<std::string_view> wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](std::string_view name) {
    return std::find(members.begin(), members.end(), name) != members.end();
  });
}

Result<Json> read_json_document(std::string_view bytes) {
  if (bytes.size() > k_max_results_document)
    return fail(ErrorKind::invalid,
                fmt::format("{} bytes of JSON in one document; {} are the limit", bytes.size(),
                            k_max_results_document),
                "write JUnit XML or one JSON object a line, which are read in pieces, or split the run");
  Result<Json> document = parse_foreign_json(bytes, k_file_depth);
  if (!document) return fail(placed_json_error(std::move(document.error()), bytes));
  if (!document->is_object())
    return fail(ErrorKind::invalid, "line 1, column 1: the document is not an object",
                "no known format of results begins otherwise");
  return document;
}

Result<void> each_json_line(std::string_view bytes, const JsonLines& lines) {
  LineReader reader(bytes);
  while (const auto line = reader.next()) {
    const std::string_view text = trim(*line);
    if (text.empty()) continue;
    Result<Json> object = fail(ErrorKind::invalid, "not an object");
    if (text.front() == '{' && text.size() <= k_max_results_document)
      object = parse_foreign_json(text, k_file_depth);
    Result<void> taken = object && object->is_object() ? lines.object(*object, reader.number())
                                                       : lines.other(text, reader.number());
    if (!taken) return taken;
  }
  return {};
}

}  // namespace exai::suite
