#include "suite/results/tap_yaml.hpp"

#include "core/text.hpp"
#include "suite/results/run_builder.hpp"

namespace exai::suite {
namespace {

/// A scalar without its quotes; "|-" and its like say that the text is in the lines below.
std::string_view yaml_scalar(std::string_view value) {
  value = trim(value);
  if (value.size() >= 2 && (value.front() == '\'' || value.front() == '"') && value.back() == value.front())
    return value.substr(1, value.size() - 2);
  return value.starts_with('|') || value.starts_with('>') ? std::string_view{} : value;
}

/// "/srv/a.test.mjs:5:46" and "Test.run (/srv/t.js:1:117)".
void read_place(std::string_view text, TestResult& result) {
  if (const std::size_t open = text.rfind('('); open != std::string_view::npos && text.ends_with(')'))
    text = text.substr(open + 1, text.size() - open - 2);
  std::string_view file = text;
  std::optional<int> last, line;
  for (int part = 0; part < 2; ++part) {
    const std::size_t colon = file.rfind(':');
    const auto number = colon == std::string_view::npos ? std::nullopt : read_count(file.substr(colon + 1));
    if (!number) break;
    last = line;
    line = number;
    file = file.substr(0, colon);
  }
  result.file = file;
  result.line = line;
}

}  // namespace

void TapYaml::begin(std::size_t indent) {
  indent_ = indent;
  open_ = true;
  text_.clear();
  read_ = {};
}

bool TapYaml::take(std::string_view line) {
  const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
  const std::string_view words = line.substr(indent);
  const bool outside = indent < indent_ && !words.empty();
  open_ = !outside && words != "...";
  if (!open_) return !outside;
  text_.add(line.substr(std::min(indent_, line.size())));
  text_.add("\n");
  const std::size_t colon = words.find(':');
  // tape writes its fields two spaces further right.
  if (indent <= indent_ + 2 && colon != std::string_view::npos)
    take_field(words.substr(0, colon), yaml_scalar(words.substr(colon + 1)));
  return true;
}

void TapYaml::take_field(std::string_view name, std::string_view value) {
  if ((name == "message" || name == "error") && read_.message.empty()) read_.message = value;
  if (name == "duration_ms")
    if (const auto millis = read_number(value)) read_.duration = micros_of_seconds(*millis / 1000);
  if (name == "location" || name == "at") read_place(value, read_);
  if (name == "file") read_.file = value;
  if (name == "line") read_.line = read_count(value);
}

void TapYaml::give_to(TestResult& result) {
  open_ = false;
  if (read_.duration) result.duration = read_.duration;
  if (result.message.empty() && result.status != TestStatus::passed) result.message = read_.message;
  result.file = read_.file;
  result.line = read_.line;
  if (result.status != TestStatus::passed) result.detail = text_.text();
  keep_within_bounds(result);
}

}  // namespace exai::suite
