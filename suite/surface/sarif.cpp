#include "suite/surface/sarif.hpp"

#include "core/text.hpp"

#include <map>

#include <fmt/core.h>

namespace exai::suite {
namespace {

/// A walk through a text that is JSON already: which line begins which pointer.
class LineWalk {
 public:
  LineWalk(std::string_view text, const std::vector<std::string>& wanted) : text_(text) {
    for (const std::string& pointer : wanted) {
      lines_.emplace(pointer, 0);
      // Parents answer for what is not in the text.
      for (auto slash = pointer.rfind('/'); slash != std::string::npos && slash > 0;
           slash = pointer.rfind('/', slash - 1))
        lines_.emplace(pointer.substr(0, slash), 0);
    }
    lines_.emplace("", 1);
  }

  void run() {
    while (at_ < text_.size()) step();
  }

  [[nodiscard]] int line_of(std::string pointer) const {
    for (;;) {
      const auto found = lines_.find(pointer);
      if (found != lines_.end() && found->second > 0) return found->second;
      const auto slash = pointer.rfind('/');
      if (slash == std::string::npos) return 0;
      pointer.resize(slash);
    }
  }

 private:
  struct Level {
    bool object = false;
    std::size_t pointer = 0;  ///< length of the parent's pointer
    std::size_t index = 0;
    bool key_next = false;
  };

  void step() {
    const char c = text_[at_];
    if (c == '"') return string();
    ++at_;
    if (c == '\n')
      ++line_;
    else if (c == '{' || c == '[')
      open(c == '{');
    else if ((c == '}' || c == ']') && !levels_.empty())
      close();
    else if (c == ',' && !levels_.empty())
      next();
    else if (c != ' ' && c != '\t' && c != '\r' && c != ':' && !seen_value_)
      value();
  }

  void open(bool object) {
    value();
    levels_.push_back({object, pointer_.size(), 0, object});
    if (!object) enter("0");
  }

  void close() {
    pointer_.resize(levels_.back().pointer);
    levels_.pop_back();
    seen_value_ = true;
  }

  void next() {
    Level& level = levels_.back();
    pointer_.resize(level.pointer);
    if (level.object)
      level.key_next = true;
    else
      enter(std::to_string(++level.index));
  }

  void enter(std::string_view member) {
    pointer_ = pointer_below(pointer_, member);
    seen_value_ = false;
  }

  void value() {
    seen_value_ = true;
    const auto found = lines_.find(pointer_);
    if (found != lines_.end() && found->second == 0) found->second = line_;
  }

  void string() {
    const std::size_t from = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
    if (levels_.empty() || !levels_.back().key_next) return value();
    levels_.back().key_next = false;
    const auto key = parse_json(text_.substr(from, std::min(at_, text_.size()) - from));
    enter(key && key->is_string() ? key->get<std::string>() : "");
    value();  // a member begins with its name
    seen_value_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool seen_value_ = false;
  std::string pointer_;
  std::vector<Level> levels_;
  std::map<std::string, int> lines_;
};

Json rule_json(const SurfaceRule& rule) {
  return {{"id", rule.id},
          {"shortDescription", {{"text", rule.title}}},
          {"help", {{"text", rule.help}}},
          {"defaultConfiguration", {{"level", to_string(rule.severity)}}}};
}

/// A path as the reference of a URI: what is not plain is percent-encoded.
std::string uri_of_file(std::string_view file) {
  std::string out = file.starts_with('/') ? "file://" : "";
  for (const char c : file) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/._-~").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Json result_json(const ScanFinding& finding, const ScanInput& input, bool from_file, int line) {
  std::string message = finding.message;
  if (!finding.excerpt.empty()) message += ": " + finding.excerpt;
  Json location{{"logicalLocations", {{{"fullyQualifiedName", finding.place}, {"kind", "member"}}}}};
  if (from_file) {
    location["physicalLocation"]["artifactLocation"]["uri"] = uri_of_file(input.label);
    if (line > 0) location["physicalLocation"]["region"]["startLine"] = line;
  }
  return {{"ruleId", finding.rule},
          {"level", to_string(finding.severity)},
          {"message", {{"text", message}}},
          {"locations", Json::array({location})},
          {"partialFingerprints", {{"rulePlace/v1", finding.rule + " " + finding.place}}},
          {"properties", {{"pointer", finding.pointer}, {"surface", input.label}}}};
}

}  // namespace

std::vector<int> lines_of(std::string_view json, const std::vector<std::string>& pointers) {
  if (json.empty()) return std::vector<int>(pointers.size(), 0);
  LineWalk walk(json, pointers);
  walk.run();
  std::vector<int> lines;
  for (const std::string& pointer : pointers) lines.push_back(walk.line_of(pointer));
  return lines;
}

std::string sarif_text(const std::vector<ScanFinding>& findings, const std::vector<ScanInput>& inputs,
                       const std::vector<std::string>& texts, std::string_view version) {
  Json rules = Json::array();
  for (const SurfaceRule* rule : Registered<SurfaceRule>::all()) rules.push_back(rule_json(*rule));
  Json results = Json::array();
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    std::vector<const ScanFinding*> own;
    std::vector<std::string> pointers;
    for (const ScanFinding& finding : findings)
      if (finding.input == input) {
        own.push_back(&finding);
        pointers.push_back(finding.pointer);
      }
    const std::vector<int> lines = lines_of(texts[input], pointers);
    for (std::size_t at = 0; at < own.size(); ++at)
      results.push_back(result_json(*own[at], inputs[input], !texts[input].empty(), lines[at]));
  }
  const Json driver{{"name", "exai"}, {"version", version}, {"rules", rules}};
  return pretty_json({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                      {"version", "2.1.0"},
                      {"runs", Json::array({{{"tool", {{"driver", driver}}}, {"results", results}}})}}) +
         "\n";
}

}  // namespace exai::suite
