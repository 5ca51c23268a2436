// A pattern as a program whose states are all followed at once: what takes others exponential time takes text
// times pattern here.
#include "core/text.hpp"
#include "suite/derive/pattern.hpp"

#include <algorithm>

namespace exai::suite {

struct Pattern::Step {
  enum class Kind : std::uint8_t { characters, fork, start, end, boundary, done };
  Kind kind = Kind::done;
  PatternPart set{};
  std::size_t next = 0, other = 0;  ///< fork goes on at both
};

namespace {

using PatternStep = Pattern::Step;

constexpr std::size_t k_pattern_steps = 20'000;
constexpr std::size_t k_pattern_work = 20'000'000;  ///< steps times characters
constexpr std::size_t k_sample_characters = 20'000;

/// Writes the steps for a part; false when they become too many.
class StepWriter {
 public:
  explicit StepWriter(std::vector<PatternStep>& steps) : steps_(steps) {}

  bool write(const PatternPart& part) {
    if (steps_.size() > k_pattern_steps) return false;
    switch (part.kind) {
      case PatternPart::Kind::characters:
        return add(PatternStep::Kind::characters, part);
      case PatternPart::Kind::start:
        return add(PatternStep::Kind::start);
      case PatternPart::Kind::end:
        return add(PatternStep::Kind::end);
      case PatternPart::Kind::boundary:
        return add(PatternStep::Kind::boundary);
      case PatternPart::Kind::sequence:
        return std::all_of(part.parts.begin(), part.parts.end(),
                           [&](const PatternPart& each) { return write(each); });
      case PatternPart::Kind::choice:
        return choice(part);
      case PatternPart::Kind::repeat:
        return repeat(part);
    }
    return false;
  }

 private:
  bool add(PatternStep::Kind kind, PatternPart set = {}) {
    PatternStep step;
    step.kind = kind;
    step.set = std::move(set);
    step.next = steps_.size() + 1;
    steps_.push_back(std::move(step));
    return true;
  }

  bool choice(const PatternPart& part) {
    std::vector<std::size_t> ends;
    for (const PatternPart& each : part.parts) {
      const std::size_t fork = steps_.size();
      add(PatternStep::Kind::fork);
      if (!write(each)) return false;
      ends.push_back(steps_.size());
      add(PatternStep::Kind::fork);
      steps_[fork].other = steps_.size();
    }
    // Behind the last alternative nothing is left to try; its fork's second way is the end of all, which is
    // wrong for a choice that did not match: it gets a set that takes nothing.
    add(PatternStep::Kind::characters);
    for (const std::size_t end : ends) steps_[end].next = steps_[end].other = steps_.size();
    return true;
  }

  bool repeat(const PatternPart& part) {
    const PatternPart& inner = part.parts.front();
    for (unsigned i = 0; i < part.min; ++i)
      if (!write(inner)) return false;
    if (part.max == PatternPart::k_unbounded) {
      const std::size_t fork = steps_.size();
      add(PatternStep::Kind::fork);
      if (!write(inner)) return false;
      add(PatternStep::Kind::fork);
      steps_.back().next = steps_.back().other = fork;
      steps_[fork].other = steps_.size();
      return true;
    }
    std::vector<std::size_t> forks;
    for (unsigned i = part.min; i < part.max; ++i) {
      forks.push_back(steps_.size());
      add(PatternStep::Kind::fork);
      if (!write(inner)) return false;
    }
    for (const std::size_t fork : forks) steps_[fork].other = steps_.size();
    return true;
  }

  std::vector<PatternStep>& steps_;
};

bool word_at(const std::u32string& text, std::size_t at) {
  if (at >= text.size()) return false;
  const char32_t code = text[at];
  return (code >= U'a' && code <= U'z') || (code >= U'A' && code <= U'Z') || (code >= U'0' && code <= U'9') ||
         code == U'_';
}

/// All states at one place of the text.
class States {
 public:
  States(const std::vector<PatternStep>& steps, const std::u32string& text)
      : steps_(steps), text_(text), seen_(steps.size(), ~std::size_t{0}) {}

  /// Follows everything from there that takes no character; true when the end of the pattern is reached.
  bool follow(std::size_t from, std::size_t at, std::vector<std::size_t>& waiting) {
    open_.assign(1, from);
    while (!open_.empty()) {
      const std::size_t here = open_.back();
      open_.pop_back();
      if (seen_[here] == at) continue;
      seen_[here] = at;
      const PatternStep& step = steps_[here];
      if (step.kind == PatternStep::Kind::done) return true;
      if (step.kind == PatternStep::Kind::characters)
        waiting.push_back(here);
      else if (passes(step, at))
        open_.push_back(step.next);
      if (step.kind == PatternStep::Kind::fork) open_.push_back(step.other);
    }
    return false;
  }

 private:
  [[nodiscard]] bool passes(const PatternStep& step, std::size_t at) const {
    if (step.kind == PatternStep::Kind::start) return at == 0;
    if (step.kind == PatternStep::Kind::end) return at == text_.size();
    if (step.kind == PatternStep::Kind::boundary)
      return word_at(text_, at) != (at > 0 && word_at(text_, at - 1));
    return true;
  }

  const std::vector<PatternStep>& steps_;
  const std::u32string& text_;
  std::vector<std::size_t> seen_, open_;
};

char32_t liked(const PatternPart& set) {
  for (const char32_t code : std::u32string_view(U"aA1-_./ "))
    if (set.takes(code)) return code;
  for (char32_t code = U'!'; code <= U'~'; ++code)
    if (set.takes(code)) return code;
  if (!set.negated && !set.ranges.empty()) return set.ranges.front().first;
  return set.takes(U'é') ? U'é' : U'\0';
}

/// Repeats each part `extra` times more often than it must; false when that is too long or there is no
/// character that fits.
bool spell(const PatternPart& part, unsigned extra, std::u32string& out) {
  if (out.size() > k_sample_characters) return false;
  const auto each = [&](const PatternPart& inner) { return spell(inner, extra, out); };
  switch (part.kind) {
    case PatternPart::Kind::characters: {
      const char32_t code = liked(part);
      out.push_back(code);
      return part.takes(code) && !(code >= 0xD800 && code <= 0xDFFF);
    }
    case PatternPart::Kind::choice:
      return each(part.parts.front());
    case PatternPart::Kind::repeat: {
      const unsigned times = part.max - part.min < extra ? part.max : part.min + extra;
      for (unsigned i = 0; i < times; ++i)
        if (!each(part.parts.front())) return false;
      return true;
    }
    default:
      return std::all_of(part.parts.begin(), part.parts.end(), each);
  }
}

}  // namespace

bool PatternPart::takes(char32_t code) const {
  const bool listed = std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
    return code >= range.first && code <= range.second;
  });
  return listed != negated;
}

std::optional<Pattern> Pattern::read(std::string_view text) {
  std::optional<PatternPart> root = read_pattern(text);
  if (!root) return std::nullopt;
  auto steps = std::make_shared<std::vector<PatternStep>>();
  if (!StepWriter(*steps).write(*root) || steps->size() > k_pattern_steps) return std::nullopt;
  steps->emplace_back();
  Pattern pattern;
  pattern.root_ = std::move(*root);
  pattern.steps_ = std::move(steps);
  return pattern;
}

std::optional<bool> Pattern::matches(std::string_view text) const {
  const std::u32string codes = code_points(text);
  if ((codes.size() + 1) * steps_->size() > k_pattern_work) return std::nullopt;
  States states(*steps_, codes);
  std::vector<std::size_t> now, next;
  for (std::size_t at = 0; at <= codes.size(); ++at) {
    next.clear();
    for (const std::size_t here : now)
      if ((*steps_)[here].set.takes(codes[at - 1]) && states.follow((*steps_)[here].next, at, next))
        return true;
    if (states.follow(0, at, next)) return true;
    now.swap(next);
  }
  return false;
}

std::optional<std::string> Pattern::sample(std::size_t min, std::size_t max) const {
  std::size_t before = 0, tries = 0;
  for (unsigned extra = 0; extra <= k_sample_characters; ++extra) {
    std::u32string codes;
    if (!spell(root_, extra, codes) || codes.size() > max) return std::nullopt;
    if (extra > 0 && codes.size() == before) return std::nullopt;  // it grows no longer
    before = codes.size();
    if (codes.size() < min) continue;
    std::string text;
    for (const char32_t code : codes) append_utf8(text, code);
    if (matches(text) == true) return text;
    if (++tries > 20) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace exai::suite
