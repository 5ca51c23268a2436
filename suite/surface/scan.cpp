#include "suite/surface/scan.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/surface/unicode.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::size_t k_scan_texts = 500'000;
constexpr std::size_t k_scan_bytes = std::size_t{1} << 20U;  // of one text
constexpr std::size_t k_scan_depth = 256;
constexpr std::size_t k_findings_of_rule = 1000;

/// A place in the tree that is walked through, and what its texts are for.
struct ScanNode {
  const Json* value;
  std::string pointer, place;
  TextRole role;
  std::size_t depth;
};

bool is_value_keyword(std::string_view key) {
  constexpr std::array k_keywords = {"enum", "const", "default", "examples", "example"};
  return std::find(k_keywords.begin(), k_keywords.end(), key) != k_keywords.end();
}

bool is_name_member(std::string_view key) {
  constexpr std::array k_members = {"name",     "uri",  "uriTemplate", "mimeType",
                                    "required", "$ref", "type",        "format"};
  return std::find(k_members.begin(), k_members.end(), key) != k_members.end();
}

/// Collects the texts of all inputs with their places; what is too much is told and left out.
class TextCollector {
 public:
  explicit TextCollector(const std::vector<ScanInput>& inputs) {
    for (std::size_t at = 0; at < inputs.size(); ++at) collect(inputs[at], at);
  }
  std::vector<ScanText> texts;
  std::vector<ScanFinding> beyond;

 private:
  void collect(const ScanInput& input, std::size_t number) {
    input_ = number;
    add(input.surface.name, TextRole::name, "/server/name", "server.name");
    add(input.surface.instructions, TextRole::prose, "/server/instructions", "server.instructions");
    for (const SurfaceList& list : k_surface_lists) {
      std::size_t index = 0;
      for (const Json& entry : input.surface.*list.entries) {
        const std::string name = text_of(entry, list.key);
        walk({&entry, fmt::format("/{}/{}", list.name, index),
              joined_place(list.name, name.empty() ? std::to_string(index) : name), TextRole::prose, 0});
        ++index;
      }
    }
    std::size_t index = 0;
    for (const Json& answer : input.answers) {
      walk({&answer, fmt::format("/answers/{}", index), fmt::format("answers.{}", index), TextRole::answer,
            0});
      ++index;
    }
  }

  void walk(ScanNode from) {
    std::vector<ScanNode> open;
    open.push_back(std::move(from));
    while (!open.empty()) {
      const ScanNode here = std::move(open.back());
      open.pop_back();
      if (here.value->is_string())
        add(here.value->get_ref<const std::string&>(), here.role, here.pointer, here.place);
      else if (here.value->is_structured() && here.depth >= k_scan_depth)
        say_beyond(here.pointer, here.place, fmt::format("is nested deeper than {} levels", k_scan_depth));
      else if (here.value->is_structured())
        open_members(here, open);
    }
  }

  void open_members(const ScanNode& here, std::vector<ScanNode>& open) {
    const std::size_t first = open.size();
    if (here.value->is_array()) {
      std::size_t index = 0;
      for (const Json& item : *here.value) {
        const std::string number = std::to_string(index++);
        open.push_back(
            {&item, here.pointer + "/" + number, here.place + "." + number, here.role, here.depth + 1});
      }
    } else {
      for (const auto& [key, value] : here.value->items()) {
        if (key == "icons") continue;  // pictures, which no model reads
        const std::string pointer = pointer_below(here.pointer, key), place = joined_place(here.place, key);
        if (here.role != TextRole::answer) add(key, TextRole::name, pointer, place);
        open.push_back({&value, pointer, place, role_below(here.role, key), here.depth + 1});
      }
    }
    std::reverse(open.begin() + std::ptrdiff_t(first), open.end());
  }

  static TextRole role_below(TextRole role, std::string_view key) {
    if (role == TextRole::answer || role == TextRole::value) return role;
    if (is_value_keyword(key)) return TextRole::value;
    return is_name_member(key) ? TextRole::name : TextRole::prose;
  }

  void add(std::string_view text, TextRole role, const std::string& pointer, const std::string& place) {
    if (text.empty()) return;
    if (texts.size() >= k_scan_texts) {
      if (!full_) say_beyond(pointer, place, fmt::format("comes after {} texts", k_scan_texts));
      full_ = true;
      return;
    }
    if (text.size() > k_scan_bytes)
      say_beyond(pointer, place,
                 fmt::format("has {} bytes, of which {} are looked at", text.size(), k_scan_bytes));
    texts.push_back({input_, role, pointer, place, text.substr(0, k_scan_bytes)});
  }

  void say_beyond(const std::string& pointer, const std::string& place, std::string_view why) {
    ScanFinding finding;
    finding.rule = "surface.beyond-bounds";
    finding.input = input_;
    finding.pointer = pointer;
    finding.place = place;
    finding.message = fmt::format("{} {}: what was not read is not known to be harmless", place, why);
    if (beyond.size() < k_findings_of_rule) beyond.push_back(std::move(finding));
  }

  std::size_t input_ = 0;
  bool full_ = false;
};

void look_nowhere(const SurfaceRule&, const ScanView&) {}

const Registered<SurfaceRule> k_beyond_bounds{SurfaceRule{
    .id = "surface.beyond-bounds",
    .title = "all that the server says was looked at",
    .help =
        "A text, a nesting or a number of texts beyond the bounds of the scan was left out. No client needs "
        "that much; ask whoever wrote the server why.",
    .severity = ScanSeverity::error,
    .look = look_nowhere}};

}  // namespace

std::string_view to_string(ScanSeverity severity) {
  switch (severity) {
    case ScanSeverity::error:
      return "error";
    case ScanSeverity::warning:
      return "warning";
    case ScanSeverity::note:
      return "note";
  }
  return "error";
}

std::optional<ScanSeverity> scan_severity(std::string_view word) {
  for (const ScanSeverity severity : {ScanSeverity::error, ScanSeverity::warning, ScanSeverity::note})
    if (to_string(severity) == word) return severity;
  return std::nullopt;
}

std::vector<ScanFinding> scan_surfaces(const std::vector<ScanInput>& inputs) {
  TextCollector collected(inputs);
  std::vector<ScanFinding> findings = std::move(collected.beyond);
  std::map<std::string, std::size_t> count;
  const std::function<void(ScanFinding)> found = [&](ScanFinding finding) {
    if (++count[finding.rule] <= k_findings_of_rule) findings.push_back(std::move(finding));
  };
  const ScanView view{inputs, collected.texts, found};
  for (const SurfaceRule* rule : Registered<SurfaceRule>::all()) rule->look(*rule, view);
  std::stable_sort(findings.begin(), findings.end(), [](const ScanFinding& a, const ScanFinding& b) {
    if (a.severity != b.severity) return a.severity < b.severity;
    return a.input < b.input;
  });
  return findings;
}

ScanFinding finding_at(const SurfaceRule& rule, const ScanText& text, std::string message,
                       std::string excerpt) {
  ScanFinding finding;
  finding.rule = std::string(rule.id);
  finding.input = text.input;
  finding.pointer = text.pointer;
  finding.place = text.place;
  finding.severity = rule.severity;
  finding.message = std::move(message);
  finding.excerpt = std::move(excerpt);
  return finding;
}

std::string pointer_below(std::string_view pointer, std::string_view member) {
  std::string out(pointer);
  out += '/';
  for (const char c : member) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

}  // namespace exai::suite
