#include "suite/results/format.hpp"

#include "core/text.hpp"
#include "io/xml.hpp"

#include <fmt/core.h>

namespace exai::suite {
namespace {

std::vector<std::string> format_ids() {
  std::vector<std::string> ids;
  for (const ResultFormat* format : Registered<ResultFormat>::all()) ids.emplace_back(format->id);
  return ids;
}

std::string known_formats() {
  return "known formats: " + join(format_ids(), ", ");
}

bool is_blank(std::string_view bytes) {
  return bytes.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// What a format cannot be asked about: nothing, and texts in a coat.
Result<void> judge_bytes(std::string_view bytes) {
  if (bytes.size() > k_max_results_file)
    return fail(ErrorKind::invalid,
                fmt::format("{} bytes; a file of results may have {}", bytes.size(), k_max_results_file),
                "hand in the file of each suite or package by itself");
  if (is_blank(bytes))
    return fail(ErrorKind::invalid, "the file is empty",
                "the job stopped before it wrote its results, or wrote them elsewhere");
  if (bytes.starts_with("\x1f\x8b") || bytes.starts_with("PK\x03\x04") ||
      bytes.starts_with("\x28\xb5\x2f\xfd"))
    return fail(ErrorKind::invalid, "the file is compressed", "unpack it first: gunzip, unzip or zstd -d");
  return {};
}

/// PowerShell writes so what a tool prints.
bool is_utf16(std::string_view bytes) {
  return bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff");
}

Error unknown_format(std::string_view bytes) {
  const Result<std::string> root = io::xml_root(bytes);
  if (root)
    return make_error(ErrorKind::invalid,
                      fmt::format("line 1: XML whose outermost element, <{}>, belongs to no known format",
                                  printable(std::string_view(*root).substr(0, 64))),
                      "let the tool write JUnit XML; " + known_formats());
  if (trim(bytes.substr(0, 256)).starts_with('<')) return root.error();
  if (is_utf16(bytes))
    return make_error(ErrorKind::invalid, "line 1: the text is in UTF-16",
                      "write it in UTF-8: iconv -f UTF-16 -t UTF-8");
  const std::string start = printable(beginning_of(bytes.substr(0, bytes.find_first_of("\r\n")), 60));
  return make_error(ErrorKind::invalid, fmt::format("line 1: \"{}\" begins no known format", start),
                    known_formats());
}

Result<const ResultFormat*> recognise(std::string_view bytes) {
  const ResultFormat* found = nullptr;
  for (const ResultFormat* format : Registered<ResultFormat>::all()) {
    if (!format->looks_like(bytes)) continue;
    if (found != nullptr)
      return fail(ErrorKind::invalid, fmt::format("it may be {} or {}", found->id, format->id),
                  "name the one that it is");
    found = format;
  }
  if (found == nullptr) return fail(unknown_format(bytes));
  return found;
}

}  // namespace

Result<TestRun> read_results(std::string_view bytes, std::optional<std::string_view> format) {
  if (Result<void> judged = judge_bytes(bytes); !judged) return fail(std::move(judged.error()));
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (is_blank(bytes)) return judge_bytes({}).map([] { return TestRun{}; });
  if (!format) {
    const Result<const ResultFormat*> found = recognise(bytes);
    return found ? (*found)->read(bytes) : Result<TestRun>(fail(found.error()));
  }
  if (const ResultFormat* named = Registered<ResultFormat>::find(*format)) return named->read(bytes);
  const std::string near = did_you_mean(*format, format_ids());
  return fail(ErrorKind::usage,
              fmt::format("unknown format of results \"{}\"", printable(format->substr(0, 64))),
              near.empty() ? known_formats() : near);
}

}  // namespace exai::suite
