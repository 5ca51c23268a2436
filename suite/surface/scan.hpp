// What a model reads of a server, judged before a model reads it: by rules, from the text alone, without a
// network.
#pragma once

#include "core/registry.hpp"
#include "suite/surface/surface.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::suite {

/// Worst first; the words are those of SARIF.
enum class ScanSeverity : std::uint8_t { error, warning, note };
std::string_view to_string(ScanSeverity severity);
std::optional<ScanSeverity> scan_severity(std::string_view word);

/// What is scanned together: the servers of one client configuration, and answers of tools where there are
/// any.
struct ScanInput {
  std::string label;  ///< the file it came from, or the server's name
  Surface surface;
  Json answers = Json::array();  ///< results of tools/call, as the server gave them
};

struct ScanFinding {
  std::string rule;       ///< "surface.hidden-characters"
  std::size_t input = 0;  ///< which of the inputs
  std::string
      pointer;        ///< RFC 6901, into the surface's file: "/tools/0/description"; "/answers/0" for answers
  std::string place;  ///< the same for people: "tools.chat.description"
  ScanSeverity severity = ScanSeverity::error;
  std::string message;  ///< one sentence, printable
  std::string excerpt;  ///< what was found, made visible; may be empty
};

/// What a text is for.
enum class TextRole : std::uint8_t {
  name,   ///< of an entry or a property, or an address
  prose,  ///< titles, descriptions, instructions: what tells the model what to do
  value,  ///< enum, const, default, examples: comes to the model as data
  answer  ///< of a tool
};

/// One text with its place.
struct ScanText {
  std::size_t input = 0;
  TextRole role = TextRole::prose;
  std::string pointer, place;
  std::string_view text;  ///< lives as long as the inputs
};

/// What a rule sees, and where it says what it found.
struct ScanView {
  const std::vector<ScanInput>& inputs;
  const std::vector<ScanText>& texts;
  const std::function<void(ScanFinding)>& found;
};

/// One rule. All text is literal.
struct SurfaceRule {
  std::string_view id;                          ///< "surface.hidden-characters"
  std::string_view title;                       ///< what holds when it finds nothing
  std::string_view help;                        ///< why it matters and what to do
  ScanSeverity severity = ScanSeverity::error;  ///< of most of its findings
  void (*look)(const SurfaceRule&, const ScanView&) = nullptr;
  [[nodiscard]] std::string_view name() const { return id; }
};

/// All findings of all rules, worst first, then in the order of inputs and pointers. Bounds: 500,000 texts, 1
/// MiB of each, nesting of 256; what is beyond is a finding (surface.beyond-bounds). At most 1000 findings of
/// a rule.
std::vector<ScanFinding> scan_surfaces(const std::vector<ScanInput>& inputs);

/// A finding of that rule at a text.
ScanFinding finding_at(const SurfaceRule& rule, const ScanText& text, std::string message,
                       std::string excerpt = {});
/// RFC 6901: the pointer one level further down.
std::string pointer_below(std::string_view pointer, std::string_view member);

}  // namespace exai::suite
