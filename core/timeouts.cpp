#include "core/timeouts.hpp"

#include <array>

#include <fmt/core.h>

namespace exai::timeouts {
namespace {

struct LayerRow {
  Layer layer;
  std::string_view name;
  std::string_view key;
};

constexpr std::array<LayerRow, k_layers> k_rows{{{Layer::simple, "simple", "timeouts.simple"},
                                                 {Layer::workflow, "workflow", "timeouts.workflow"},
                                                 {Layer::expert, "expert", "timeouts.expert"},
                                                 {Layer::provider, "provider", ""},
                                                 {Layer::http, "http", "timeouts.http"},
                                                 {Layer::daemon, "daemon", "timeouts.daemon"},
                                                 {Layer::shim, "shim", "timeouts.shim"},
                                                 {Layer::client, "client", "timeouts.client"}}};

std::string ratio_text(Ratio ratio) {
  return ratio.den == 1 ? fmt::format("{}", ratio.num) : fmt::format("{}/{}", ratio.num, ratio.den);
}

std::string formula(const Relation& relation) {
  std::string base = fmt::format("{} x {}", ratio_text(relation.ratio), to_string(relation.of));
  if (relation.mode == Mode::at_least) return ">= " + base;
  if (relation.mode == Mode::range)
    return fmt::format("{} to {} x {}", ratio_text(relation.ratio), ratio_text(relation.max),
                       to_string(relation.of));
  return base;
}

// value x num / den in whole milliseconds; nothing when it is none.
std::optional<Millis> scaled(Millis value, Ratio ratio) {
  const long long product = value.count() * ratio.num;
  if (product % ratio.den != 0) return std::nullopt;
  return Millis{product / ratio.den};
}

// The slowest provider in use decides: a call must survive the longest one.
Value provider_value(const Config& config) {
  Value value;
  constexpr std::string_view k_suffix = ".timeout";
  for (const Setting& setting : settings()) {
    const std::string_view key = setting.key;
    if (!key.ends_with(k_suffix)) continue;
    // Whoever has an address is a provider; one of the user's own has none before somebody sets it.
    const std::string address = std::string(key.substr(0, key.size() - k_suffix.size())) + ".url";
    if (find_setting(address) == nullptr || config.text(address).empty()) continue;
    if (config.duration(key) <= value.value) continue;
    value.value = config.duration(key);
    value.source = fmt::format("{} ({})", key, to_string(config.value(key).origin));
  }
  return value;
}

bool is_set(const Config& config, Layer layer) {
  const std::string_view key = setting_key(layer);
  return !key.empty() && !config.text(key).empty();
}

const Relation* relation_of(const Profile& profile, Layer layer) {
  for (const Relation& relation : profile.relations)
    if (relation.layer == layer) return &relation;
  return nullptr;
}

// How to make the layer fit, in the name that the operator types.
std::string fix_text(Layer layer, Millis wanted, std::string_view comparison = "") {
  const std::string_view key = setting_key(layer);
  const Setting* setting = find_setting(layer == Layer::provider ? "glm.timeout" : key);
  const std::string name(layer == Layer::provider ? "GLM_TIMEOUT_SECS and KIMI_TIMEOUT_SECS"
                                                  : setting->canonical_env());
  return fmt::format("set {} to {}{}", name, comparison, format_seconds(wanted));
}

}  // namespace

std::string_view to_string(Layer layer) {
  return k_rows[static_cast<std::size_t>(layer)].name;
}

std::optional<Layer> layer_from(std::string_view name) {
  for (const LayerRow& row : k_rows)
    if (row.name == name) return row.layer;
  return std::nullopt;
}

std::string_view setting_key(Layer layer) {
  return k_rows[static_cast<std::size_t>(layer)].key;
}

Millis Hierarchy::operator[](Layer layer) const {
  const auto found = layers.find(layer);
  return found == layers.end() ? Millis{0} : found->second.value;
}

Result<Hierarchy> resolve(const Config& config, const Profile& profile) {
  Hierarchy hierarchy;
  for (const LayerRow& row : k_rows) {
    if (row.layer == Layer::provider) {
      hierarchy.layers[row.layer] = provider_value(config);
      continue;
    }
    const Relation* relation = relation_of(profile, row.layer);
    const bool by_hand = is_set(config, row.layer) && (relation == nullptr || profile.may_override);
    if (by_hand) {
      hierarchy.layers[row.layer] = {config.duration(row.key), false,
                                     to_string(config.value(row.key).origin)};
      continue;
    }
    if (relation == nullptr)
      return fail(ErrorKind::config,
                  fmt::format("timeout layer {} has no value: profile {} has no relation for it", row.name,
                              profile.name),
                  fmt::format("set {}, or give the profile a relation for {}",
                              find_setting(row.key)->canonical_env(), row.name));
    const Millis base = hierarchy[relation->of];
    auto value = scaled(base, relation->ratio);
    // "At least" is met by the next whole millisecond; an equality is not.
    if (!value && relation->mode != Mode::equal)
      value = Millis{base.count() * relation->ratio.num / relation->ratio.den + 1};
    if (!value)
      return fail(
          ErrorKind::config,
          fmt::format("timeout layer {}: {} of {} ms is not a whole number of milliseconds", row.name,
                      ratio_text(relation->ratio), base.count()),
          fmt::format("change {} to a value that {} divides", to_string(relation->of), relation->ratio.den));
    hierarchy.layers[row.layer] = {*value, true, formula(*relation)};
  }
  return hierarchy;
}

namespace {

struct Judge {
  const Config& config;
  const Profile& profile;
  const Hierarchy& values;
  Verdict verdict;

  void find(Status severity, std::string rule, std::string message, std::string hint, Layer at) {
    std::optional<Location> where;
    if (is_set(config, at)) {
      const Origin& origin = config.value(setting_key(at)).origin;
      if (!origin.source.empty()) where = Location{origin.source, origin.line, 0};
    }
    verdict.findings.push_back(
        {severity, "timeouts." + std::move(rule), std::move(message), std::move(where), std::move(hint)});
    for (Row& row : verdict.rows)
      if (row.layer == at) row.verdict = worse(row.verdict, severity);
  }

  void rows() {
    for (const LayerRow& row : k_rows) {
      const Value& value = values.layers.at(row.layer);
      Row out;
      out.layer = row.layer;
      out.value = value.value;
      out.source = value.derived ? "derived" : value.source;
      if (const Relation* relation = relation_of(profile, row.layer)) {
        out.formula = formula(*relation);
        out.expected = scaled(values[relation->of], relation->ratio);
        if (out.expected) out.difference = out.value - *out.expected;
      }
      verdict.rows.push_back(out);
    }
  }

  void relation(const Relation& rule) {
    if (is_set(config, rule.layer) && !profile.may_override) {
      const std::string_view key = setting_key(rule.layer);
      find(Status::warn, "ignored",
           fmt::format("{} is ignored: profile {} derives {} as {}", config.value(key).origin.name,
                       profile.name, to_string(rule.layer), formula(rule)),
           "remove it, or choose a profile that allows it (timeouts.profile)", rule.layer);
      return;
    }
    const Value& value = values.layers.at(rule.layer);
    if (value.derived || (rule.optional && !is_set(config, rule.layer))) return;
    const Millis base = values[rule.of];
    // Compared without dividing: value x den against base x num, so that nothing is rounded.
    const long long have = value.value.count() * rule.ratio.den;
    const long long want = base.count() * rule.ratio.num;
    const long long slack = rule.tolerance.count() * rule.ratio.den;
    const bool low = have < want - slack;
    const bool high = rule.mode == Mode::equal ? have > want + slack
                      : rule.mode == Mode::range
                          ? value.value.count() * rule.max.den >
                                base.count() * rule.max.num + rule.tolerance.count() * rule.max.den
                          : false;
    if (!low && !high) return;
    find(Status::fail, fmt::format("{}-relation", to_string(rule.layer)),
         fmt::format("{} is {} but must be {} ({} {})", to_string(rule.layer), format_duration(value.value),
                     formula(rule), to_string(rule.of), format_duration(base)),
         fix_text(rule.layer,
                  scaled(base, high && rule.mode == Mode::range ? rule.max : rule.ratio).value_or(base)),
         rule.layer);
  }

  void invariant(const Invariant& rule) {
    const Millis right = rule.right ? values[*rule.right] : rule.constant;
    const long long left = values[rule.left].count() * rule.factor.num;
    const long long bound = right.count() * rule.factor.den;
    const bool holds = rule.op == Op::less      ? left < bound
                       : rule.op == Op::at_most ? left <= bound
                                                : left >= bound;
    if (holds) return;
    const std::string factor = rule.factor.num == rule.factor.den ? "" : ratio_text(rule.factor) + " x ";
    const std::string_view op = rule.op == Op::less      ? "shorter than"
                                : rule.op == Op::at_most ? "at most"
                                                         : "at least";
    const std::string other = rule.right
                                  ? fmt::format("{} ({})", to_string(*rule.right), format_duration(right))
                                  : format_duration(right);
    const Millis wanted = scaled(right, {rule.factor.den, rule.factor.num}).value_or(right);
    find(rule.severity, rule.id,
         fmt::format("{}{} ({}) must be {} {}", factor, to_string(rule.left),
                     format_duration(values[rule.left]), op, other),
         fix_text(rule.left, wanted,
                  rule.op == Op::less      ? "less than "
                  : rule.op == Op::at_most ? "at most "
                                           : "at least "),
         rule.left);
  }
};

}  // namespace

Status Verdict::status() const {
  return worst(findings);
}

Result<Verdict> judge(const Config& config, const Profile& profile) {
  const Result<Hierarchy> values = resolve(config, profile);
  if (!values) return fail(values.error());
  Judge judge{config, profile, *values, {profile, {}, {}}};
  judge.rows();
  for (const Relation& relation : profile.relations) judge.relation(relation);
  for (const Invariant& invariant : profile.invariants) judge.invariant(invariant);
  return judge.verdict;
}

}  // namespace exai::timeouts
