#include "core/text.hpp"
#include "mcp/schema_node.hpp"

#include <cmath>
#include <limits>
#include <optional>

#include <fmt/core.h>

namespace exai::mcp {
namespace {

using SchemaNode = Schema::Node;

std::uint8_t types_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return schema_null;
    case Json::value_t::boolean:
      return schema_boolean;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return schema_integer | schema_number;
    case Json::value_t::number_float: {
      // 2.0 is an integer in JSON Schema.
      const double number = value.get<double>();
      return std::nearbyint(number) == number ? schema_integer | schema_number : schema_number;
    }
    case Json::value_t::string:
      return schema_string;
    case Json::value_t::array:
      return schema_array;
    case Json::value_t::object:
      return schema_object;
    default:
      return 0;
  }
}

/// A value as a reader can recognise it, short.
std::string shown(const Json& value) {
  std::string text = dump_json(value);
  if (text.size() <= 60) return text;
  return value.is_object()  ? "an object"
         : value.is_array() ? "an array"
                            : "a long " + type_words(types_of(value));
}

std::string escape_pointer(std::string_view name) {
  std::string text;
  for (const char c : name)
    text += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
  return text;
}

/// Where in the value something stands; only what is wrong is ever written out (as a JSON pointer).
struct Place {
  const Place* around = nullptr;  ///< nothing = the whole value
  std::string_view member{};
  std::optional<std::size_t> index{};

  [[nodiscard]] std::string text() const {
    if (around == nullptr) return {};
    return around->text() + "/" + (index ? std::to_string(*index) : escape_pointer(member));
  }
};

class Judge {
 public:
  Judge(std::size_t max, std::size_t& looks) : max_(max), looks_(looks) {}

  void node(const SchemaNode& rule, const Json& value, const Place& at) {
    if (problems_.size() >= max_ || depth_ > 200 || !look(1)) return;
    if (rule.always) {
      if (!*rule.always) add(at, "nothing here");
      return;
    }
    ++depth_;
    if (rule.ref != nullptr) node(*rule.ref, value, at);
    if (rule.types != 0 && (rule.types & types_of(value)) == 0) {
      add(at, type_words(rule.types) + ", got " + shown(value));
    } else {
      values(rule, value, at);
      combined(rule, value, at);
      if (value.is_number()) number(rule, value.get<double>(), at);
      if (value.is_string())
        count(rule.length, characters(value.get_ref<const std::string&>()), "characters", at);
      if (value.is_array()) array(rule, value, at);
      if (value.is_object()) object(rule, value, at);
    }
    --depth_;
  }

  std::vector<SchemaProblem> take() { return std::move(problems_); }

 private:
  void add(const Place& at, std::string expected) {
    if (problems_.size() < max_) problems_.push_back({at.text(), std::move(expected)});
  }

  /// False when no looks are left.
  bool look(std::size_t times) {
    looks_ = looks_ > times ? looks_ - times : 0;
    return looks_ > 0;
  }

  void values(const SchemaNode& rule, const Json& value, const Place& at) {
    if (!rule.allowed || !look(rule.allowed->size()) ||
        std::find(rule.allowed->begin(), rule.allowed->end(), value) != rule.allowed->end())
      return;
    std::vector<std::string> words, texts;
    for (const Json& one : *rule.allowed) {
      words.push_back(dump_json(one));
      if (one.is_string()) texts.push_back(one.get<std::string>());
    }
    std::string expected = (words.size() == 1 ? "" : "one of ") + join(words, ", ") + ", got " + shown(value);
    if (value.is_string()) {
      const std::string meant = did_you_mean(value.get_ref<const std::string&>(), texts);
      if (!meant.empty()) expected += "; " + meant;
    }
    add(at, std::move(expected));
  }

  [[nodiscard]] bool fits(const SchemaNode& rule, const Json& value) {
    Judge judge(1, looks_);
    judge.depth_ = depth_;  // a schema may lead to itself through its branches
    judge.node(rule, value, {});
    return judge.problems_.empty();
  }

  void combined(const SchemaNode& rule, const Json& value, const Place& at) {
    for (const SchemaNode& part : rule.all_of) node(part, value, at);
    const auto matching = [&](const std::vector<SchemaNode>& parts) {
      return std::count_if(parts.begin(), parts.end(),
                           [&](const SchemaNode& part) { return fits(part, value); });
    };
    if (!rule.any_of.empty() && matching(rule.any_of) == 0) alternatives(rule.any_of, value, at);
    if (!rule.one_of.empty()) {
      const auto count = matching(rule.one_of);
      if (count == 0) alternatives(rule.one_of, value, at);
      if (count > 1)
        add(at, fmt::format("exactly one of {} forms to fit, got {} that do", rule.one_of.size(), count));
    }
    if (rule.condition) {
      const std::unique_ptr<SchemaNode>& branch =
          fits(*rule.condition, value) ? rule.consequence : rule.alternative;
      if (branch) node(*branch, value, at);
    }
    if (rule.negated && fits(*rule.negated, value)) add(at, "anything but " + shown(value));
  }

  void alternatives(const std::vector<SchemaNode>& parts, const Json& value, const Place& at) {
    std::uint8_t types = 0;
    bool plain = true;
    for (const SchemaNode& part : parts) {
      types = static_cast<std::uint8_t>(types | part.types);
      plain = plain && part.types != 0;
    }
    if (plain && (types & types_of(value)) == 0)
      add(at, type_words(types) + ", got " + shown(value));
    else
      add(at, fmt::format("one of {} forms, got {}", parts.size(), shown(value)));
  }

  void number(const SchemaNode& rule, double value, const Place& at) {
    if (rule.minimum && value < *rule.minimum)
      add(at, fmt::format("a number of at least {:g}, got {:g}", *rule.minimum, value));
    if (rule.maximum && value > *rule.maximum)
      add(at, fmt::format("a number of at most {:g}, got {:g}", *rule.maximum, value));
    if (rule.above && value <= *rule.above)
      add(at, fmt::format("a number above {:g}, got {:g}", *rule.above, value));
    if (rule.below && value >= *rule.below)
      add(at, fmt::format("a number below {:g}, got {:g}", *rule.below, value));
    if (rule.multiple_of) {
      const double times = value / *rule.multiple_of;
      if (std::abs(times - std::nearbyint(times)) > 1e-9)
        add(at, fmt::format("a multiple of {:g}, got {:g}", *rule.multiple_of, value));
    }
  }

  void count(const SchemaCount& rule, std::size_t value, std::string_view what, const Place& at) {
    if (rule.min && value < *rule.min) add(at, fmt::format("at least {} {}, got {}", *rule.min, what, value));
    if (rule.max && value > *rule.max) add(at, fmt::format("at most {} {}, got {}", *rule.max, what, value));
  }

  void array(const SchemaNode& rule, const Json& value, const Place& at) {
    count(rule.size, value.size(), "items", at);
    for (std::size_t i = 0; i < value.size(); ++i) {
      const Place here{&at, {}, i};
      if (i < rule.prefix_items.size())
        node(rule.prefix_items[i], value[i], here);
      else if (rule.items)
        node(*rule.items, value[i], here);
      if (rule.unique && look(i) &&
          std::find(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(i), value[i]) !=
              value.begin() + static_cast<std::ptrdiff_t>(i))
        add(here, "no value twice, got " + shown(value[i]) + " again");
    }
  }

  void object(const SchemaNode& rule, const Json& value, const Place& at) {
    count(rule.members, value.size(), "members", at);
    for (const std::string& name : rule.required)
      if (!value.contains(name)) add({&at, name, {}}, "this member, which is missing");
    for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
      const Place here{&at, name, {}};
      if (const auto found = rule.properties.find(name); found != rule.properties.end()) {
        node(found->second, member, here);
      } else if (rule.additional) {
        if (rule.additional->always == false)
          unknown(rule, name, here);
        else
          node(*rule.additional, member, here);
      }
    }
  }

  void unknown(const SchemaNode& rule, const std::string& name, const Place& here) {
    std::vector<std::string> names;
    for (const auto& [known, schema] : rule.properties) names.push_back(known);
    const std::string meant = did_you_mean(name, names);
    add(here, meant.empty() ? "no such member" : "no such member; " + meant);
  }

  std::size_t max_;
  std::size_t& looks_;  ///< left, for this judge and all that it asks
  int depth_ = 0;
  std::vector<SchemaProblem> problems_;
};

bool takes_null(const SchemaNode& rule) {
  if (rule.ref != nullptr || rule.always || !rule.any_of.empty() || !rule.one_of.empty()) return true;
  if (rule.allowed)
    return std::any_of(rule.allowed->begin(), rule.allowed->end(),
                       [](const Json& one) { return one.is_null(); });
  return rule.types == 0 || (rule.types & schema_null) != 0;
}

void drop_optional_nulls(const SchemaNode& rule, Json& value, int depth) {
  if (depth > k_network_depth) return;
  if (value.is_array() && rule.items)
    for (Json& item : value) drop_optional_nulls(*rule.items, item, depth + 1);
  if (!value.is_object()) return;
  auto& members = value.get_ref<Json::object_t&>();
  for (auto member = members.begin(); member != members.end();) {
    const auto known = rule.properties.find(member->first);
    const bool optional =
        known != rule.properties.end() &&
        std::find(rule.required.begin(), rule.required.end(), member->first) == rule.required.end();
    if (member->second.is_null() && optional && !takes_null(known->second)) {
      member = members.erase(member);
      continue;
    }
    if (known != rule.properties.end()) drop_optional_nulls(known->second, member->second, depth + 1);
    ++member;
  }
}

}  // namespace

void Schema::drop_nulls(Json& value) const {
  drop_optional_nulls(*root_, value, 0);
}

std::vector<SchemaProblem> Schema::check(const Json& value, std::size_t max) const {
  std::size_t looks = std::numeric_limits<std::size_t>::max();
  Judge judge(max, looks);
  judge.node(*root_, value, {});
  return judge.take();
}

std::optional<std::vector<SchemaProblem>> Schema::check_within(const Json& value, std::size_t looks,
                                                               std::size_t max) const {
  Judge judge(max, looks);
  judge.node(*root_, value, {});
  if (looks == 0) return std::nullopt;
  return judge.take();
}

}  // namespace exai::mcp
