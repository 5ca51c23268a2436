#include "commands/mcp_input.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"

#include <map>
#include <memory>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::commands::mcp_input {
namespace {

using Given = std::map<std::string, Json, std::less<>>;

Result<Given> given_of(const Args& args) {
  Given given;
  for (const std::string& pair : args.all("--input")) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorKind::usage, fmt::format("--input needs NAME=JSON, not \"{}\"", printable(pair)),
                  "--input name='\"Ada\"' --input age=36");
    const std::string name = pair.substr(0, equals);
    auto value = parse_json(std::string_view(pair).substr(equals + 1));
    if (!value)
      return fail(ErrorKind::usage,
                  fmt::format("--input {} is not JSON: {}", printable(name), value.error().message),
                  fmt::format("text needs quotes: --input {}='\"text\"'", printable(name)));
    given[name] = std::move(*value);
  }
  return given;
}

std::string word_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string{};
}

/// Who answers one question after another during a command.
class Answerer {
 public:
  Answerer(Given given, bool quiet, std::function<void(const std::string&)> talk)
      : given_(std::move(given)), quiet_(quiet), talk_(std::move(talk)) {}
  [[nodiscard]] Result<Json> answer(const mcp::client::McpQuestion& question) const {
    if (question.method == "elicitation/create") return elicitation(question);
    const std::string kind = question.method.substr(0, question.method.find('/'));
    for (const std::string& name : {question.key, kind})
      if (const auto found = given_.find(name); !name.empty() && found != given_.end()) return found->second;
    const std::string& name = question.key.empty() ? kind : question.key;
    return fail(ErrorKind::refused, fmt::format("the server asks for {}", printable(question.method)),
                kind == "roots"
                    ? fmt::format(R"(--input {}='{{"roots":[{{"uri":"file:///tmp"}}]}}')", printable(name))
                    : fmt::format(R"(--input {}='{{"role":"assistant","model":"me","content":)"
                                  R"({{"type":"text","text":"..."}}}}')",
                                  printable(name)));
  }

 private:
  [[nodiscard]] Json elicitation(const mcp::client::McpQuestion& question) const {
    const Json& properties = member_of(member_of(question.params, "requestedSchema"), "properties");
    if (const auto named = given_.find(question.key); !question.key.empty() && named != given_.end()) {
      const Json& value = named->second;
      if (value.is_object() && value.contains("action")) return value;
      if (value.is_object() || !properties.is_object() || properties.size() != 1)
        return {{"action", "accept"}, {"content", value}};
      return {{"action", "accept"}, {"content", {{properties.begin().key(), value}}}};
    }
    Json content = Json::object();
    if (properties.is_object())
      for (const auto& [name, schema] : properties.items())
        if (const auto found = given_.find(name); found != given_.end()) content[name] = found->second;
    const Json& required = member_of(member_of(question.params, "requestedSchema"), "required");
    bool whole = !content.empty();
    if (required.is_array())
      for (const Json& name : required) whole = whole && content.contains(word_of(name));
    if (whole) return {{"action", "accept"}, {"content", std::move(content)}};
    if (!quiet_) talk_(asked(question, properties));
    return {{"action", "decline"}};
  }

  [[nodiscard]] static std::string asked(const mcp::client::McpQuestion& question, const Json& properties) {
    std::string fields, flags;
    if (properties.is_object())
      for (const auto& [name, schema] : properties.items()) {
        if (fields.size() > 2000) break;
        const std::string shown = printable(name);
        fields +=
            fmt::format("{}{} {}", fields.empty() ? "" : ", ", shown, printable(text_of(schema, "type")));
        flags += fmt::format(" --input {}=JSON", shown);
      }
    if (flags.empty() && !question.key.empty())
      flags = fmt::format(" --input {}=JSON", printable(question.key));
    const std::string url = text_of(question.params, "url");
    return fmt::format("the server asks: {}{}{}\n  declined; {}\n",
                       printable(text_of(question.params, "message")),
                       fields.empty() ? "" : " (" + fields + ")", url.empty() ? "" : " at " + printable(url),
                       flags.empty() ? "this client cannot answer that" : "answer it with" + flags);
  }

  Given given_;
  bool quiet_;
  std::function<void(const std::string&)> talk_;
};

}  // namespace

Result<mcp::client::McpInput> answers(const Args& args, const Context& context,
                                      std::function<void(const std::string&)> talk) {
  auto given = given_of(args);
  if (!given) return fail(given.error());
  mcp::client::McpInput input;
  input.sampling = input.roots = !given->empty();
  const bool quiet = args.has("--decline") || context.globals.quiet > 0;
  const auto answerer = std::make_shared<Answerer>(std::move(*given), quiet, std::move(talk));
  input.answer = [answerer](const mcp::client::McpQuestion& question) { return answerer->answer(question); };
  return input;
}

}  // namespace exai::commands::mcp_input
