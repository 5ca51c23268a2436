#include "tests/simulator/script.hpp"

#include "core/text.hpp"
#include "io/yaml.hpp"

#include <array>
#include <charconv>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::simulator {
namespace {

constexpr std::array<std::pair<std::string_view, Fault>, 9> k_faults{{{"none", Fault::none},
                                                                      {"silent", Fault::silent},
                                                                      {"stall", Fault::stall},
                                                                      {"truncate", Fault::truncate},
                                                                      {"no_end", Fault::no_end},
                                                                      {"bad_json", Fault::bad_json},
                                                                      {"reset", Fault::reset},
                                                                      {"wrong_type", Fault::wrong_type},
                                                                      {"huge", Fault::huge}}};

tl::unexpected<Error> wrong(const Node& node, std::string message) {
  return fail(make_error(ErrorKind::config, std::move(message)).at(node.where));
}

Result<void> known_keys(const Node& node, const std::vector<std::string>& keys) {
  if (!node.is_map()) return wrong(node, "a mapping belongs here");
  for (const auto& [key, value] : node.fields)
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      return wrong(value, fmt::format("unknown key '{}'; known are {}", key, join(keys, ", ")));
  return {};
}

Result<int> whole(const Node& node, std::string_view key, int otherwise) {
  const Node* field = node.find(key);
  if (field == nullptr) return otherwise;
  int value = 0;
  const std::string& text = field->scalar;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size())
    return wrong(*field, "a whole number belongs here");
  return value;
}

Result<Millis> duration(const Node& node, std::string_view key) {
  const Node* field = node.find(key);
  if (field == nullptr) return Millis{0};
  Result<Millis> value = parse_duration(field->scalar, "ms");
  if (!value) return fail(std::move(value.error()).at(field->where));
  return value;
}

std::vector<std::string> texts(const Node* list) {
  std::vector<std::string> result;
  if (list != nullptr)
    for (const Node& item : list->items) result.push_back(item.scalar);
  return result;
}

Result<Match> read_match(const Node& node) {
  if (auto known = known_keys(node, {"model", "contains", "path", "nth"}); !known) return fail(known.error());
  const Result<int> nth = whole(node, "nth", 0);
  if (!nth) return fail(nth.error());
  return Match{node.text("model"), node.text("contains"), node.text("path"), *nth};
}

Result<Reply> read_reply(const Node& node) {
  if (auto known =
          known_keys(node, {"text", "chunks", "delay", "first_byte", "status", "message", "retry_after",
                            "reasoning", "finish_reason", "tool_name", "tool_arguments", "fault"});
      !known)
    return fail(known.error());
  Reply reply;
  reply.chunks = texts(node.find("chunks"));
  if (node.find("text") != nullptr) reply.chunks.push_back(node.text("text"));
  const Result<Millis> delay = duration(node, "delay");
  const Result<Millis> first_byte = duration(node, "first_byte");
  const Result<int> status = whole(node, "status", 200);
  if (!delay) return fail(delay.error());
  if (!first_byte) return fail(first_byte.error());
  if (!status) return fail(status.error());
  reply.delay = *delay;
  reply.first_byte = *first_byte;
  reply.status = *status;
  reply.message = node.text("message", "simulated failure");
  reply.retry_after = node.text("retry_after");
  reply.reasoning = node.text("reasoning");
  reply.finish_reason = node.text("finish_reason", "stop");
  reply.tool_name = node.text("tool_name");
  reply.tool_arguments = node.text("tool_arguments", "{}");
  if (const Node* fault = node.find("fault")) {
    const auto found = std::find_if(k_faults.begin(), k_faults.end(),
                                    [&](const auto& known) { return known.first == fault->scalar; });
    if (found == k_faults.end()) return wrong(*fault, fmt::format("unknown fault '{}'", fault->scalar));
    reply.fault = found->second;
  }
  return reply;
}

Result<Rule> read_rule(const Node& node) {
  if (auto known = known_keys(node, {"match", "reply"}); !known) return fail(known.error());
  Rule rule;
  if (const Node* match = node.find("match")) {
    Result<Match> read = read_match(*match);
    if (!read) return fail(read.error());
    rule.match = std::move(*read);
  }
  const Node* reply = node.find("reply");
  if (reply == nullptr) return wrong(node, "the rule has no 'reply'");
  Result<Reply> read = read_reply(*reply);
  if (!read) return fail(read.error());
  rule.reply = std::move(*read);
  return rule;
}

std::string text_of(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  if (content.is_array())
    for (const Json& part : content)
      if (part.value("type", "") == "text") return part.value("text", "");
  return {};
}

}  // namespace

Result<Script> parse_script(std::string_view yaml, const std::string& file) {
  const Result<Node> document = io::parse_yaml(yaml, file);
  if (!document) return fail(document.error());
  Script script;
  if (document->kind == Node::Kind::null) return script;
  if (auto known = known_keys(*document, {"key", "models", "echo_history", "rules"}); !known)
    return fail(known.error());
  script.key = document->text("key");
  script.models = texts(document->find("models"));
  script.echo_history = document->text("echo_history") == "true";
  if (const Node* rules = document->find("rules"))
    for (const Node& item : rules->items) {
      Result<Rule> rule = read_rule(item);
      if (!rule) return fail(rule.error());
      script.rules.push_back(std::move(*rule));
    }
  return script;
}

Asked read_asked(const std::string& body) {
  Asked asked;
  const Result<Json> document = parse_json(body);
  if (!document || !document->is_object()) return asked;
  asked.model = document->value("model", "");
  asked.stream = document->value("stream", false);
  const Json messages = document->value("messages", Json::array());
  asked.messages = messages.size();
  for (const Json& message : messages) {
    if (message.value("role", "") != "user") continue;
    asked.last_user = text_of(message.value("content", Json()));
    if (asked.first_user.empty()) asked.first_user = asked.last_user;
  }
  return asked;
}

Reply default_reply(const Script& script, const Asked& asked) {
  Reply reply;
  if (script.echo_history)
    reply.chunks = {fmt::format("I got {} messages. ", asked.messages),
                    fmt::format("Your first was: {}. ", asked.first_user),
                    fmt::format("Your last was: {}.", asked.last_user)};
  else
    reply.chunks = {"simulated ", "answer ", "to: ", asked.last_user};
  return reply;
}

}  // namespace exai::simulator
