#include "runbooks/read.hpp"

#include "core/shell_words.hpp"
#include "core/text.hpp"

#include <set>

#include <fmt/core.h>

namespace exai::runbooks {
namespace {

struct RunbookReader {
  const StepJudge& judge;
  std::vector<Finding>& findings;
  std::set<std::string, std::less<>> ids{};

  void find(const Node& at, std::string_view rule, std::string message, std::string hint) {
    findings.push_back(
        {Status::fail, fmt::format("runbook.{}", rule), std::move(message), at.where, std::move(hint)});
  }

  void only(const Node& node, const std::vector<std::string>& allowed) {
    for (const auto& [key, value] : node.fields) {
      if (std::find(allowed.begin(), allowed.end(), key) != allowed.end()) continue;
      const std::string near = did_you_mean(key, allowed);
      find(value, "key", fmt::format("unknown key \"{}\"", key),
           near.empty() ? "allowed: " + join(allowed, ", ") : near);
    }
  }

  // What the step does stands under exactly one of three keys.
  void action(const Node& node, Step& step) {
    const Node* check = node.find("check");
    const Node* command = node.find("command");
    const Node* human = node.find("human");
    if ((check != nullptr) + (command != nullptr) + (human != nullptr) != 1)
      return find(node, "action",
                  fmt::format("step {} needs exactly one of check, command and human", step.id),
                  "write check: logs.errors");
    if (check != nullptr) {
      step.check = check->scalar;
      const Result<void> judged = judge.check ? judge.check(step.check) : Result<void>{};
      if (!judged) find(*check, "check", judged.error().message, judged.error().hint);
    } else if (command != nullptr) {
      step.kind = StepKind::command;
      command_words(*command, step);
    } else {
      step.kind = StepKind::human;
      step.text = human->scalar;
    }
  }

  void command_words(const Node& at, Step& step) {
    auto words = shell_words(at.scalar);
    if (words && words->empty())
      words = fail(ErrorKind::invalid, "it has no words", "write command: validate timeouts");
    if (words) step.command = std::move(*words);
    const Result<void> judged = !words          ? Result<void>(fail(words.error()))
                                : judge.command ? judge.command(step.command)
                                                : Result<void>{};
    if (!judged)
      find(at, "command", fmt::format("the command of step {}: {}", step.id, judged.error().message),
           judged.error().hint);
  }

  Step step(const Node& node) {
    Step out;
    out.where = node.where;
    only(node, {"id", "title", "source", "check", "command", "human", "timeout"});
    out.id = node.text("id");
    out.title = node.text("title");
    out.source = node.text("source");
    if (out.id.empty())
      find(node, "id", "a step without an id", "add id: short-name");
    else if (!ids.insert(out.id).second)
      find(node, "id", fmt::format("the id \"{}\" stands twice", out.id), "choose another");
    if (out.source.empty())
      find(node, "source", fmt::format("step {} does not say what it stands for", out.id),
           "add source: \"maintenance:26\"");
    action(node, out);
    if (const Node* timeout = node.find("timeout")) {
      const Result<Millis> value = parse_duration(timeout->scalar);
      if (value)
        out.timeout = *value;
      else
        find(*timeout, "timeout", value.error().message, value.error().hint);
    }
    return out;
  }
};

}  // namespace

Result<Runbook> read_runbook(const Node& document, const std::string& file, const StepJudge& judge,
                             std::vector<Finding>& findings) {
  if (!document.is_map())
    return fail(
        make_error(ErrorKind::config, "a runbook must be a mapping", "exai runbook show daily prints one")
            .at(Location{file, 0, 0}));
  RunbookReader reader{judge, findings};
  Runbook book;
  book.file = file;
  reader.only(document, {"id", "title", "cadence", "version", "date", "groups"});
  book.id = document.text("id");
  book.title = document.text("title");
  book.cadence = document.text("cadence");
  book.version = document.text("version");
  book.date = document.text("date");
  if (book.id.empty()) reader.find(document, "id", "the runbook has no id", "add id: daily");
  const Node* groups = document.find("groups");
  if (groups == nullptr || groups->items.empty())
    reader.find(document, "groups", "the runbook has no groups", "add groups: with at least one step");
  if (groups != nullptr) {
    for (const Node& node : groups->items) {
      reader.only(node, {"name", "steps"});
      Group group{node.text("name"), {}};
      if (group.name.empty()) reader.find(node, "group", "a group without a name", "add name: health");
      if (const Node* steps = node.find("steps"))
        for (const Node& step : steps->items) group.steps.push_back(reader.step(step));
      if (group.steps.empty())
        reader.find(node, "group", fmt::format("group {} has no steps", group.name),
                    "remove it or add a step");
      book.groups.push_back(std::move(group));
    }
  }
  return book;
}

}  // namespace exai::runbooks
