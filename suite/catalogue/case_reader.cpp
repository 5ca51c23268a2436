#include "suite/catalogue/case_reader.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::suite {
namespace {

constexpr int k_most_copies = 16;

constexpr std::array<std::pair<std::string_view, Assertion::Op>, 9> k_operators{
    {{"equals", Assertion::Op::equals},
     {"contains", Assertion::Op::contains},
     {"excludes", Assertion::Op::excludes},
     {"matches", Assertion::Op::matches},
     {"exists", Assertion::Op::exists},
     {"absent", Assertion::Op::absent},
     {"type", Assertion::Op::type},
     {"at_least", Assertion::Op::at_least},
     {"at_most", Assertion::Op::at_most}}};

constexpr std::array<std::pair<std::string_view, Ending>, 4> k_endings{{{"success", Ending::success},
                                                                        {"refused", Ending::refused},
                                                                        {"answered", Ending::answered},
                                                                        {"cancelled", Ending::cancelled}}};

tl::unexpected<Error> no_case(const Node& node, std::string message, std::string hint = {}) {
  return fail(make_error(ErrorKind::config, std::move(message), std::move(hint)).at(node.where));
}

/// The value that a word stands for; an error names the nearest words.
template <class Value, std::size_t Size>
Result<Value> named(const Node& node, std::string_view word,
                    const std::array<std::pair<std::string_view, Value>, Size>& all, std::string_view kind) {
  std::vector<std::string> words;
  for (const auto& [name, value] : all) {
    if (name == word) return value;
    words.emplace_back(name);
  }
  const std::string near = did_you_mean(word, words);
  return no_case(node, fmt::format("\"{}\" is no {}", printable(word), kind),
                 near.empty() ? "one of " + join(words, ", ") : near);
}

Result<void> usable_pattern(const Node& node, const Json& value) {
  constexpr std::size_t k_longest_pattern = 500;
  if (!value.is_string() || value.get_ref<const std::string&>().size() > k_longest_pattern)
    return no_case(node, fmt::format("a pattern is a text of at most {} bytes", k_longest_pattern));
  try {
    const std::regex compiled(value.get<std::string>());
  } catch (const std::regex_error& problem) {
    return no_case(node, fmt::format("\"{}\" is no regular expression: {}",
                                     printable(value.get<std::string>()), problem.what()));
  }
  return {};
}

Result<void> read_operators(const Node& node, const std::string& place, const Values& values,
                            std::vector<Assertion>& assertions) {
  for (const auto& [word, field] : node.fields) {
    const auto op = named(node, word, k_operators, "way to compare");
    if (!op) return fail(op.error());
    auto value = json_of(field, values);
    if (!value) return fail(value.error());
    if ((*op == Assertion::Op::contains || *op == Assertion::Op::excludes) && !value->is_string())
      value = dump_json(*value);
    if (*op == Assertion::Op::matches)
      if (auto usable = usable_pattern(field, *value); !usable) return usable;
    assertions.push_back({place, *op, std::move(*value)});
  }
  return {};
}

/// {"/status": complete, "/files": {type: array, at_least: 1}}
Result<std::vector<Assertion>> read_expected(const Node* node, const Values& values) {
  std::vector<Assertion> assertions;
  if (node == nullptr) return assertions;
  if (!node->is_map()) return no_case(*node, "what is expected is a mapping of places to values");
  for (const auto& [name, field] : node->fields) {
    const std::string place = text_with(name, values);
    if (!place.empty() && place.front() != '/')
      return no_case(field, fmt::format("\"{}\" is no place of an answer", printable(place)),
                     fmt::format("\"/{}\", or \"\" for the whole text", printable(place)));
    if (field.is_map()) {
      if (auto read = read_operators(field, place, values, assertions); !read) return fail(read.error());
      continue;
    }
    auto value = json_of(field, values);
    if (!value) return fail(value.error());
    assertions.push_back({place, Assertion::Op::equals, std::move(*value)});
  }
  return assertions;
}

Result<std::optional<Millis>> time_of(const Node& node, std::string_view field) {
  const Node* value = node.find(field);
  if (value == nullptr) return std::optional<Millis>();
  const auto time = parse_duration(value->scalar);
  if (!time) return no_case(*value, time.error().message, time.error().hint);
  return std::optional(*time);
}

Result<unsigned> count_of(const Node& node, std::string_view field, unsigned otherwise, int most) {
  const Node* value = node.find(field);
  if (value == nullptr) return otherwise;
  const auto count = read_digits(value->scalar);
  if (!count || *count < 1 || *count > most)
    return no_case(*value, fmt::format("{} is a number from 1 to {}", field, most));
  return static_cast<unsigned>(*count);
}

Result<Json> arguments_of(const Node& node, const CaseDefaults& defaults, bool own_tool) {
  const auto bare = truth_of(node, "bare", false);
  if (!bare) return fail(bare.error());
  Json arguments = *bare || !own_tool ? Json::object() : defaults.base;
  if (const Node* given = node.find("arguments")) {
    auto more = json_of(*given, defaults.values);
    if (!more) return more;
    if (!more->is_object()) return no_case(*given, "arguments are a mapping");
    arguments.merge_patch(*more);
  }
  const auto without = texts_of_node(node.find("without"));
  if (!without) return fail(without.error());
  for (const std::string& name : *without)
    if (arguments.erase(name) == 0)
      return no_case(*node.find("without"), fmt::format("there is no argument {} to leave out", name));
  return arguments;
}

Result<void> read_times(const Node& node, const CaseDefaults& defaults, CaseCall& call) {
  const auto limit = time_of(node, "limit");
  if (!limit) return fail(limit.error());
  const auto cancel = time_of(node, "cancel_after");
  if (!cancel) return fail(cancel.error());
  const auto copies = count_of(node, "copies", 1, k_most_copies);
  if (!copies) return fail(copies.error());
  const auto progress = count_of(node, "progress", 0, 1000);
  if (!progress) return fail(progress.error());
  call.limit = limit->value_or(defaults.expected + k_grace);
  if (!*limit) call.expected = defaults.expected;
  call.cancel_after = *cancel;
  call.copies = *copies;
  call.progress = *progress;
  return {};
}

Result<CaseCall> read_call(const Node& node, const CaseDefaults& defaults) {
  CaseCall call;
  call.tool = node.text("tool", defaults.tool);
  auto arguments = arguments_of(node, defaults, call.tool == defaults.tool);
  if (!arguments) return fail(arguments.error());
  call.arguments = std::move(*arguments);
  if (const Node* word = node.find("ending")) {
    const auto ending = named(*word, word->scalar, k_endings, "ending");
    if (!ending) return fail(ending.error());
    call.ending = *ending;
  }
  auto assertions = read_expected(node.find("expect"), defaults.values);
  if (!assertions) return fail(assertions.error());
  call.assertions = std::move(*assertions);
  if (const Node* capture = node.find("capture"))
    for (const auto& [name, place] : capture->fields)
      call.captures[name] = text_with(place.scalar, defaults.values);
  if (auto read = read_times(node, defaults, call); !read) return fail(read.error());
  return call;
}

void names_in(const Json& value, std::set<std::string>& names) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 2))
      if (const std::size_t end = text.find('}', at); end != std::string::npos)
        names.insert(text.substr(at + 2, end - at - 2));
    return;
  }
  if (value.is_structured())
    for (const auto& [key, item] : value.items()) names_in(item, names);
}

/// Every ${NAME} is one that a call before captures, or the folder of files, which the case then needs.
Result<void> names_are_known(const Node& node, TestCase& test) {
  std::set<std::string> known{"FIXTURES"}, used;
  for (const CaseCall& call : test.calls) {
    std::set<std::string> names;
    names_in(call.arguments, names);
    for (const Assertion& assertion : call.assertions) names_in(assertion.value, names);
    for (const std::string& name : names)
      if (known.find(name) == known.end()) {
        const std::string near = did_you_mean(name, {known.begin(), known.end()});
        return no_case(node, fmt::format("nothing before gives ${{{}}}", printable(name)), near);
      }
    used.merge(names);
    for (const auto& [name, place] : call.captures) known.insert(name);
  }
  const bool files = used.find("FIXTURES") != used.end();
  if (files && std::find(test.needs.begin(), test.needs.end(), "files") == test.needs.end())
    test.needs.emplace_back("files");
  return {};
}

const std::vector<std::string> k_call_fields{"tool",   "arguments",    "bare",    "without",
                                             "ending", "expect",       "capture", "limit",
                                             "copies", "cancel_after", "progress"};

Result<void> read_calls(const Node& node, const CaseDefaults& defaults, TestCase& test) {
  const Node* list = node.find("calls");
  if (list == nullptr) {
    auto call = read_call(node, defaults);
    if (!call) return fail(call.error());
    test.calls.push_back(std::move(*call));
    return {};
  }
  if (!list->is_list() || list->items.empty()) return no_case(*list, "calls are a list");
  for (const Node& item : list->items) {
    if (auto fields = only_fields(item, k_call_fields); !fields) return fields;
    auto call = read_call(item, defaults);
    if (!call) return fail(call.error());
    test.calls.push_back(std::move(*call));
  }
  return {};
}

Result<TestCase> read_case(const Node& node, const std::string& variation, const CaseDefaults& defaults) {
  TestCase test;
  test.tool = defaults.tool;
  test.variation = variation;
  if (node.is_scalar()) {
    test.skip = node.scalar;
    if (test.skip.empty()) return no_case(node, "a variation that does not apply needs the reason");
    return test;
  }
  std::vector<std::string> known{"name", "needs", "spends_money", "calls"};
  if (node.find("calls") == nullptr) known.insert(known.end(), k_call_fields.begin(), k_call_fields.end());
  if (auto fields = only_fields(node, known); !fields) return fail(fields.error());
  const auto needs = texts_of_node(node.find("needs"));
  if (!needs) return fail(needs.error());
  const auto spends = truth_of(node, "spends_money", defaults.spends_money);
  if (!spends) return fail(spends.error());
  test.name = node.text("name");
  test.needs = defaults.needs;
  test.needs.insert(test.needs.end(), needs->begin(), needs->end());
  test.spends_money = *spends;
  if (auto read = read_calls(node, defaults, test); !read) return fail(read.error());
  if (auto names = names_are_known(node, test); !names) return fail(names.error());
  return test;
}

}  // namespace

Result<void> only_fields(const Node& node, const std::vector<std::string>& known) {
  if (!node.is_map()) return no_case(node, "a mapping belongs here");
  for (const auto& [name, field] : node.fields)
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::string near = did_you_mean(name, known);
      return no_case(field, fmt::format("\"{}\" is no field here", printable(name)),
                     near.empty() ? "one of " + join(known, ", ") : near);
    }
  return {};
}

Result<std::vector<std::string>> texts_of_node(const Node* node) {
  std::vector<std::string> texts;
  if (node == nullptr) return texts;
  if (node->is_scalar()) return std::vector{node->scalar};
  if (!node->is_list()) return no_case(*node, "a list of texts belongs here");
  for (const Node& item : node->items) {
    if (!item.is_scalar()) return no_case(item, "a text belongs here");
    texts.push_back(item.scalar);
  }
  return texts;
}

Result<bool> truth_of(const Node& node, std::string_view field, bool otherwise) {
  const Node* value = node.find(field);
  if (value == nullptr) return otherwise;
  if (value->scalar == "true") return true;
  if (value->scalar == "false") return false;
  return no_case(*value, fmt::format("{} is true or false", field));
}

Result<std::vector<TestCase>> read_cases(const Node& node, const std::string& variation,
                                         const CaseDefaults& defaults) {
  std::vector<TestCase> cases;
  const auto add = [&](const Node& one) -> Result<void> {
    auto read = read_case(one, variation, defaults);
    if (!read) return fail(std::move(read).error());
    for (const TestCase& before : cases)
      if (before.name == read->name)
        return no_case(one, fmt::format("two cases of {} have the name \"{}\"", variation, read->name));
    cases.push_back(std::move(*read));
    return {};
  };
  if (!node.is_list()) {
    if (auto added = add(node); !added) return fail(added.error());
    return cases;
  }
  if (node.items.empty()) return no_case(node, "a list of cases holds at least one");
  for (const Node& item : node.items)
    if (auto added = add(item); !added) return fail(added.error());
  return cases;
}

}  // namespace exai::suite
