// Rules about sentences: what tells a model to work against whoever uses it.
#include "core/packed.hpp"
#include "core/text.hpp"
#include "suite/surface/phrases.hpp"
#include "suite/surface/scan.hpp"
#include "suite/surface/unicode.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::packed {
const std::vector<std::pair<std::string_view, std::string_view>>& scan();
}

namespace exai::suite {
namespace {

using Words = std::vector<std::string>;

/// What phrases.yaml holds: text that the build has read once already.
const Node& phrase_file() {
  static const Node k_file = [] {
    const auto& [file, text] = packed::scan().front();
    return unpack(text, std::string(file)).value();
  }();
  return k_file;
}

Words list_of(std::string_view name) {
  Words words;
  for (const Node& item : phrase_file().find(name)->items) words.push_back(item.scalar);
  return words;
}

using Phrases = std::vector<Phrase>;

const Phrases& order_phrases() {
  static const Phrases k_phrases = [] {
    Phrases all;
    for (const std::string& order : list_of("orders")) all.emplace_back(order);
    for (const std::string& order : list_of("careless_orders"))
      all.emplace_back(order, phrase_file().text("plain_denials"));
    for (const std::string& order : list_of("foreign_orders")) all.emplace_back(order);
    return all;
  }();
  return k_phrases;
}

const Phrases& secret_phrases() {
  static const Phrases k_phrases = [] {
    Phrases all;
    for (const std::string& asking : list_of("asking_for_secrets"))
      all.emplace_back(asking, phrase_file().text("denials"));
    return all;
  }();
  return k_phrases;
}

bool speaks(TextRole role) {
  return role == TextRole::prose || role == TextRole::name;
}

std::string excerpt_of(const TextWords& words, const PhraseMatch& match) {
  const std::size_t from = words.words[match.first].offset;
  const TextWord& last = words.words[match.last];
  return visible_excerpt(words.folded, from, last.offset + last.text.size() - from);
}

/// Where an order stands in a text.
std::optional<std::string> order_in(const TextWords& words) {
  for (const Phrase& order : order_phrases())
    if (const auto match = order.find_in(words)) return excerpt_of(words, *match);
  static const Words k_unspaced = list_of("unspaced_orders"), k_marks = list_of("speaker_marks");
  for (const std::string& order : k_unspaced)
    if (const auto at = words.folded.find(order); at != std::string::npos)
      return visible_excerpt(words.folded, at, order.size());
  for (const std::string& mark : k_marks)
    if (const auto at = words.folded.find(mark); at != std::string::npos)
      return visible_excerpt(words.folded, at, mark.size());
  return std::nullopt;
}

void look_for_orders(const SurfaceRule& rule, const ScanView& view) {
  for (const ScanText& text : view.texts) {
    if (!speaks(text.role)) continue;
    if (const auto excerpt = order_in(TextWords(text.text)))
      view.found(finding_at(
          rule, text, fmt::format("{} tells the model what is not about this tool", text.place), *excerpt));
  }
}

void look_for_orders_in_answers(const SurfaceRule& rule, const ScanView& view) {
  for (const ScanText& text : view.texts) {
    if (speaks(text.role)) continue;
    if (const auto excerpt = order_in(TextWords(text.text)))
      view.found(
          finding_at(rule, text, fmt::format("{} is data and gives the model orders", text.place), *excerpt));
  }
}

/// The word of that offset, or the next one.
std::size_t word_at(const TextWords& words, std::size_t offset) {
  const auto found = std::lower_bound(words.words.begin(), words.words.end(), offset,
                                      [](const TextWord& word, std::size_t at) { return word.offset < at; });
  return std::size_t(found - words.words.begin());
}

/// A place of secrets in a sentence that says to take something, and does not say not to.
std::optional<std::string> secret_place_in(const TextWords& words) {
  static const Words k_places = list_of("secret_places");
  for (const std::string& place : k_places) {
    const auto at = words.folded.find(place);
    if (at == std::string::npos) continue;
    const std::size_t middle = word_at(words, at);
    if (middle >= words.words.size()) continue;
    const std::size_t sentence = words.words[middle].sentence;
    TextWords alone("");
    alone.folded = words.folded;
    for (const TextWord& word : words.words)
      if (word.sentence == sentence) alone.words.push_back(word);
    static const Phrase k_denied(phrase_file().text("plain_denials")), k_taken(phrase_file().text("taking"));
    if (!k_denied.find_in(alone) && k_taken.find_in(alone))
      return visible_excerpt(words.folded, at, place.size());
  }
  return std::nullopt;
}

void look_for_secrets(const SurfaceRule& rule, const ScanView& view) {
  for (const ScanText& text : view.texts) {
    if (text.role == TextRole::name) continue;
    const TextWords words(text.text);
    std::optional<std::string> excerpt = secret_place_in(words);
    for (const Phrase& phrase : secret_phrases()) {
      if (excerpt) break;
      if (const auto match = phrase.find_in(words)) excerpt = excerpt_of(words, *match);
    }
    if (excerpt)
      view.found(finding_at(rule, text, fmt::format("{} asks for what is secret", text.place), *excerpt));
  }
}

const Registered<SurfaceRule> k_instructions{
    SurfaceRule{.id = "surface.instructions-to-model",
                .title = "descriptions describe, and give no orders about anything else",
                .help = "A description that tells the model to ignore its instructions, to hide something "
                        "from the user, to work "
                        "without approval or to speak as somebody else is an attack, whoever wrote it. Do "
                        "not use the server.",
                .look = look_for_orders}};
const Registered<SurfaceRule> k_answers{
    SurfaceRule{.id = "surface.instructions-in-answer",
                .title = "answers and values are data",
                .help = "Defaults, examples, allowed values and answers of tools come to the model as data; "
                        "orders in them are "
                        "prompt injection. Find out where the text comes from before a model reads it.",
                .look = look_for_orders_in_answers}};
const Registered<SurfaceRule> k_secrets{
    SurfaceRule{.id = "surface.asks-for-secrets",
                .title = "no tool asks the model for secrets",
                .help = "Keys, passwords, configuration files, the conversation and the system prompt are "
                        "not arguments of a tool. "
                        "A server gets its own credentials from its own configuration. Do not use the tool.",
                .look = look_for_secrets}};

}  // namespace
}  // namespace exai::suite
