#include "models/route.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <fmt/core.h>

namespace exai::models {
namespace {

struct Condition {
  const char* key;
  std::optional<bool> RouteRule::*wanted;
  bool RouteNeeds::*given;
};
constexpr std::array<Condition, 6> k_conditions{
    {{"web", &models::RouteRule::web, &models::RouteNeeds::web},
     {"files", &models::RouteRule::files, &models::RouteNeeds::files},
     {"images", &models::RouteRule::images, &models::RouteNeeds::images},
     {"thinking", &models::RouteRule::thinking, &models::RouteNeeds::thinking},
     {"fast", &models::RouteRule::fast, &models::RouteNeeds::fast},
     {"cheap", &models::RouteRule::cheap, &models::RouteNeeds::cheap}}};

tl::unexpected<Error> wrong_route(const Node& node, std::string message, std::string hint = {}) {
  return fail(make_error(ErrorKind::config, std::move(message), std::move(hint)).at(node.where));
}

Result<void> known_route_keys(const Node& node, const std::vector<std::string>& keys, std::string_view of) {
  if (!node.is_map()) return wrong_route(node, fmt::format("{} must be a mapping", of));
  for (const auto& [key, value] : node.fields)
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      return wrong_route(value, fmt::format("unknown key '{}' of {}", key, of), did_you_mean(key, keys));
  return {};
}

Result<std::vector<std::string>> route_names(const Node& node) {
  std::vector<std::string> result;
  if (!node.is_list() || node.items.empty())
    return wrong_route(node, "a list with one name at least belongs here");
  for (const Node& item : node.items) {
    if (!item.is_scalar() || trim(item.scalar).empty()) return wrong_route(item, "a name belongs here");
    result.push_back(item.scalar);
  }
  return result;
}

Result<void> read_when(const Node& when, models::RouteRule& rule) {
  if (auto known = known_route_keys(
          when, {"tools", "tokens_over", "web", "files", "images", "thinking", "fast", "cheap"}, "'when'");
      !known)
    return known;
  for (const Condition& condition : k_conditions) {
    const Node* field = when.find(condition.key);
    if (field == nullptr) continue;
    if (field->scalar != "true" && field->scalar != "false")
      return wrong_route(*field, fmt::format("'{}' must be true or false", condition.key));
    rule.*(condition.wanted) = field->scalar == "true";
  }
  if (const Node* tools = when.find("tools")) {
    Result<std::vector<std::string>> read = route_names(*tools);
    if (!read) return fail(read.error());
    rule.tools = std::move(*read);
  }
  if (const Node* over = when.find("tokens_over")) {
    const std::string& text = over->scalar;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), rule.tokens_over);
    if (problem != std::errc{} || end != text.data() + text.size() || rule.tokens_over < 1)
      return wrong_route(*over, fmt::format("'tokens_over' must be a number of tokens, it is '{}'", text));
  }
  return {};
}

Result<models::RouteRule> read_rule(const Node& node) {
  if (auto known = known_route_keys(node, {"id", "when", "use", "why"}, "a rule"); !known)
    return fail(known.error());
  models::RouteRule rule;
  rule.where = node.where;
  rule.id = node.text("id");
  rule.why = node.text("why");
  if (trim(rule.id).empty()) return wrong_route(node, "the rule has no 'id'");
  if (trim(rule.why).empty()) return wrong_route(node, fmt::format("the rule {} does not say why", rule.id));
  const Node* use = node.find("use");
  if (use == nullptr) return wrong_route(node, fmt::format("the rule {} has no 'use'", rule.id));
  Result<std::vector<std::string>> models = route_names(*use);
  if (!models) return fail(models.error());
  rule.use = std::move(*models);
  if (const Node* when = node.find("when"))
    if (auto read = read_when(*when, rule); !read) return fail(read.error());
  return rule;
}

}  // namespace

std::optional<std::string> RouteRule::misfit(const RouteNeeds& needs) const {
  for (const Condition& condition : k_conditions)
    if (const std::optional<bool>& wanted = this->*(condition.wanted);
        wanted && *wanted != needs.*(condition.given))
      return fmt::format("{} is {}", condition.key, needs.*(condition.given));
  if (tokens_over > 0 && needs.tokens <= tokens_over)
    return fmt::format("{} tokens are not over {}", needs.tokens, tokens_over);
  if (!tools.empty() && std::find(tools.begin(), tools.end(), needs.tool) == tools.end())
    return needs.tool.empty() ? std::string("no tool is named")
                              : fmt::format("{} is none of its tools", needs.tool);
  return std::nullopt;
}

bool RouteRule::fits(const RouteNeeds& needs) const {
  return !misfit(needs);
}

Result<RouteTable> RouteTable::from(const Node& document) {
  if (auto known = known_route_keys(document, {"version", "rules"}, "a rule table"); !known)
    return fail(known.error());
  if (document.text("version") != "1") return wrong_route(document, "'version' of the rule table must be 1");
  const Node* list = document.find("rules");
  if (list == nullptr || !list->is_list() || list->items.empty())
    return wrong_route(document, "'rules' must be a list with one rule at least");
  RouteTable table;
  std::set<std::string> ids;
  for (const Node& item : list->items) {
    Result<RouteRule> rule = read_rule(item);
    if (!rule) return fail(rule.error());
    if (!ids.insert(rule->id).second)
      return wrong_route(item, fmt::format("the id '{}' is used twice", rule->id));
    table.rules_.push_back(std::move(*rule));
  }
  return table;
}

}  // namespace exai::models
