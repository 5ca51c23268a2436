// The profiles: four built in, any number in exai.yaml; and what the documents say.
#include "core/text.hpp"
#include "core/timeouts.hpp"

#include <charconv>

#include <fmt/core.h>

namespace exai::timeouts {
namespace {

using enum Layer;

Invariant rule(std::string id, Layer left, Op op, Layer right, Status severity, std::string source,
               Ratio factor = {1, 1}) {
  return {std::move(id), left, op, right, Millis{0}, factor, severity, std::move(source)};
}

// `expert` names the severity of expert < workflow, which the deployment guide breaks
// on purpose.
std::vector<Invariant> invariants(std::optional<Status> expert) {
  std::vector<Invariant> rules{
      rule("simple-below-workflow", simple, Op::less, workflow, Status::fail,
           "the original validator, check 1"),
      rule("workflow-below-daemon", workflow, Op::less, daemon, Status::fail,
           "the original validator, check 6"),
      rule("daemon-below-shim", daemon, Op::less, shim, Status::fail, "the original validator, check 6"),
      rule("shim-below-client", shim, Op::less, client, Status::fail, "the original validator, check 6"),
      rule("http-covers-workflow", http, Op::at_least, workflow, Status::fail,
           "hanging SDK calls: http 60 s under a workflow of 300 s"),
      rule("provider-within-workflow", provider, Op::at_most, workflow, Status::warn, "environment template"),
      rule("expert-thinking-within-daemon", Layer::expert, Op::at_most, daemon, Status::warn,
           "thinking mode max doubles the expert's time", {2, 1}),
      rule("slow-model-within-daemon", workflow, Op::at_most, daemon, Status::warn,
           "the slowest model takes 1.5 times as long", {3, 2}),
  };
  if (expert)
    rules.push_back(rule("expert-below-workflow", Layer::expert, Op::less, workflow, *expert,
                         "the original validator, check 2"));
  for (const Layer layer : {simple, workflow, Layer::expert}) {
    Invariant floor = rule(fmt::format("{}-not-below-5s", to_string(layer)), layer, Op::at_least, layer,
                           Status::warn, "the original configuration class");
    floor.right.reset();
    floor.constant = Millis{5000};
    rules.push_back(floor);
  }
  return rules;
}

// The weakest profile lets a daemon wait 5/4 of the workflow, so it cannot ask for the 3/2 of the slowest
// model.
std::vector<Invariant> without(std::vector<Invariant> rules, std::string_view id) {
  std::erase_if(rules, [&](const Invariant& rule) { return rule.id == id; });
  return rules;
}

Relation relation(Layer layer, Ratio ratio, Layer of, Mode mode = Mode::equal, bool optional = false) {
  Relation out;
  out.layer = layer;
  out.of = of;
  out.ratio = ratio;
  out.mode = mode;
  out.optional = optional;
  return out;
}

// Profiles of exai.yaml.

Error wrong(const Node& node, std::string message, std::string hint) {
  return make_error(ErrorKind::config, std::move(message), std::move(hint)).at(node.where);
}

Result<Ratio> ratio_from(const Node& node) {
  const std::string_view text = node.scalar;
  Ratio ratio;
  const auto slash = text.find('/');
  const std::string_view num = trim(text.substr(0, slash));
  const std::string_view den =
      slash == std::string_view::npos ? std::string_view{"1"} : trim(text.substr(slash + 1));
  const auto read = [](std::string_view part, long long& out) {
    return std::from_chars(part.data(), part.data() + part.size(), out).ptr == part.data() + part.size() &&
           out > 0 && out <= 1'000'000;
  };
  if (!node.is_scalar() || !read(num, ratio.num) || !read(den, ratio.den))
    return fail(wrong(node, fmt::format("\"{}\" is not a ratio", text),
                      "write a fraction of whole numbers, such as 3/2"));
  return ratio;
}

Result<Layer> layer_in(const Node& node, std::string_view name) {
  if (const auto layer = layer_from(name)) return *layer;
  return fail(wrong(node, fmt::format("\"{}\" is not a timeout layer", name),
                    "layers: simple, workflow, expert, provider, http, daemon, shim, client"));
}

Result<void> only_keys(const Node& node, const std::vector<std::string>& allowed) {
  if (!node.is_map()) return fail(wrong(node, "expected a mapping", "see exai help timeouts"));
  for (const auto& [key, value] : node.fields)
    if (std::find(allowed.begin(), allowed.end(), key) == allowed.end())
      return fail(wrong(value, fmt::format("unknown key \"{}\"", key),
                        fmt::format("allowed: {}", join(allowed, ", "))));
  return {};
}

Result<Relation> relation_from(const std::string& name, const Node& node) {
  if (const auto fits = only_keys(node, {"of", "ratio", "mode", "max", "tolerance", "optional"}); !fits)
    return fail(fits.error());
  const Result<Layer> layer = layer_in(node, name);
  if (!layer) return fail(layer.error());
  const Result<Layer> of = layer_in(node, node.text("of", "workflow"));
  if (!of) return fail(of.error());
  if (*of >= *layer)
    return fail(wrong(node, fmt::format("{} cannot be derived from {}", name, node.text("of", "workflow")),
                      "derive a layer from one further in"));
  const Node* ratio = node.find("ratio");
  if (ratio == nullptr) return fail(wrong(node, fmt::format("{}: ratio is missing", name), "add ratio: 3/2"));
  const Result<Ratio> factor = ratio_from(*ratio);
  if (!factor) return fail(factor.error());
  Relation out = relation(*layer, *factor, *of);
  const std::string mode = node.text("mode", "equal");
  if (mode != "equal" && mode != "at-least" && mode != "range")
    return fail(wrong(node, fmt::format("\"{}\" is not a mode", mode), "modes: equal, at-least, range"));
  out.mode = mode == "equal" ? Mode::equal : mode == "range" ? Mode::range : Mode::at_least;
  if (out.mode == Mode::range) {
    const Node* max = node.find("max");
    if (max == nullptr)
      return fail(wrong(node, fmt::format("{}: mode range needs max", name), "add max: 5/2"));
    const Result<Ratio> upper = ratio_from(*max);
    if (!upper) return fail(upper.error());
    out.max = *upper;
  }
  const Result<Millis> tolerance = parse_duration(node.text("tolerance", "0ms"));
  if (!tolerance) return fail(wrong(node, tolerance.error().message, tolerance.error().hint));
  out.tolerance = *tolerance;
  out.optional = node.text("optional", "false") == "true";
  return out;
}

Result<Invariant> invariant_from(const Node& node) {
  if (const auto fits = only_keys(node, {"left", "op", "right", "severity", "factor"}); !fits)
    return fail(fits.error());
  const Result<Layer> left = layer_in(node, node.text("left"));
  if (!left) return fail(left.error());
  const std::string op = node.text("op");
  if (op != "<" && op != "<=" && op != ">=")
    return fail(
        wrong(node, fmt::format("\"{}\" is not a comparison", op), "comparisons: \"<\", \"<=\", \">=\""));
  const std::string severity = node.text("severity", "error");
  if (severity != "error" && severity != "warn")
    return fail(wrong(node, fmt::format("\"{}\" is not a severity", severity), "severities: error, warn"));
  Invariant out;
  out.left = *left;
  out.op = op == "<" ? Op::less : op == "<=" ? Op::at_most : Op::at_least;
  out.severity = severity == "warn" ? Status::warn : Status::fail;
  const std::string right = node.text("right");
  out.right = layer_from(right);
  if (!out.right) {
    const Result<Millis> constant = parse_duration(right);
    if (!constant)
      return fail(wrong(node, fmt::format("\"{}\" is neither a layer nor a duration", right),
                        "write workflow or 90s"));
    out.constant = *constant;
  }
  if (const Node* factor = node.find("factor")) {
    const Result<Ratio> ratio = ratio_from(*factor);
    if (!ratio) return fail(ratio.error());
    out.factor = *ratio;
  }
  out.id = fmt::format("{}{}{}", node.text("left"), op, right);
  out.source = to_string(node.where);
  return out;
}

Result<Profile> profile_from(const std::string& name, const Node& node) {
  if (const auto fits = only_keys(node, {"title", "extends", "override", "relations", "invariants"}); !fits)
    return fail(fits.error());
  const std::string parent = node.text("extends", "runbook");
  const auto& known = built_in_profiles();
  const auto base = std::find_if(known.begin(), known.end(),
                                 [&](const Profile& profile) { return profile.name == parent; });
  if (base == known.end())
    return fail(wrong(node, fmt::format("extends: there is no built-in profile \"{}\"", parent),
                      "runbook, deploy-guide, strict-chain or minimum"));
  Profile profile = *base;
  profile.name = name;
  profile.title = node.text("title", profile.title);
  profile.source = to_string(node.where);
  const std::string may_override = node.text("override", profile.may_override ? "true" : "false");
  if (may_override != "true" && may_override != "false")
    return fail(
        wrong(node, fmt::format("override: \"{}\" is not true or false", may_override), "override: true"));
  profile.may_override = may_override == "true";
  if (const Node* relations = node.find("relations")) {
    if (!relations->is_map())
      return fail(wrong(*relations, "relations must be a mapping of layers",
                        "relations: {daemon: {of: workflow, ratio: 3/2}}"));
    for (const auto& [layer, fields] : relations->fields) {
      const Result<Relation> parsed = relation_from(layer, fields);
      if (!parsed) return fail(parsed.error());
      std::erase_if(profile.relations, [&](const Relation& old) { return old.layer == parsed->layer; });
      profile.relations.push_back(*parsed);
    }
  }
  if (const Node* rules = node.find("invariants")) {
    if (!rules->is_list())
      return fail(wrong(*rules, "invariants must be a list", "- {left: simple, op: less, right: workflow}"));
    for (const Node& item : rules->items) {
      const Result<Invariant> parsed = invariant_from(item);
      if (!parsed) return fail(parsed.error());
      // One about the same pair replaces the inherited one: that is how a site lowers or raises a severity.
      std::erase_if(profile.invariants, [&](const Invariant& old) {
        return old.left == parsed->left && old.right == parsed->right && old.op == parsed->op &&
               old.constant == parsed->constant;
      });
      profile.invariants.push_back(*parsed);
    }
  }
  return profile;
}

}  // namespace

const std::vector<Profile>& built_in_profiles() {
  static const std::vector<Profile> k_profiles{
      {"runbook",
       "daemon 1.5, shim 2 and client 2.5 times the workflow",
       "maintenance:152",
       false,
       {relation(daemon, {3, 2}, workflow), relation(shim, {2, 1}, workflow),
        relation(client, {5, 2}, workflow)},
       invariants(Status::warn)},
      {"deploy-guide",
       "daemon 1.5 times the workflow, shim 1.5 times the daemon",
       "deployment:182-194",
       false,
       {relation(daemon, {3, 2}, workflow), relation(shim, {3, 2}, daemon),
        relation(client, {3, 2}, shim, Mode::equal, true)},
       invariants(std::nullopt)},
      {"strict-chain",
       "each layer at least 1.5 times the one inside it",
       "the timeout guide's headline rule",
       true,
       {relation(daemon, {3, 2}, workflow, Mode::at_least), relation(shim, {3, 2}, daemon, Mode::at_least),
        relation(client, {3, 2}, shim, Mode::at_least)},
       invariants(Status::warn)},
      {"minimum",
       "the order only, each layer at least 1.25 times the one inside it",
       "for sites with their own values",
       true,
       {relation(daemon, {5, 4}, workflow, Mode::at_least), relation(shim, {5, 4}, daemon, Mode::at_least),
        relation(client, {5, 4}, shim, Mode::at_least)},
       without(invariants(std::nullopt), "slow-model-within-daemon")}};
  return k_profiles;
}

Result<std::vector<Profile>> profiles(const Config& config) {
  std::vector<Profile> all = built_in_profiles();
  const Node& custom = config.timeout_profiles();
  if (custom.kind == Node::Kind::null) return all;
  if (!custom.is_map())
    return fail(wrong(custom, "timeout_profiles must be a mapping of names", "see exai help timeouts"));
  for (const auto& [name, node] : custom.fields) {
    const bool taken = std::any_of(all.begin(), all.end(), [&, wanted = name](const Profile& profile) {
      return profile.name == wanted;
    });
    if (taken)
      return fail(
          wrong(node, fmt::format("timeout profile \"{}\" exists already", name), "choose another name"));
    Result<Profile> profile = profile_from(name, node);
    if (!profile)
      return fail(std::move(profile.error()).during(fmt::format("reading timeout profile {}", name)));
    all.push_back(std::move(*profile));
  }
  return all;
}

Result<Profile> find_profile(const Config& config, std::string_view name) {
  const Result<std::vector<Profile>> all = profiles(config);
  if (!all) return fail(all.error());
  std::vector<std::string> names;
  for (const Profile& profile : *all) {
    if (profile.name == name) return profile;
    names.push_back(profile.name);
  }
  const std::string near = did_you_mean(name, names);
  return fail(ErrorKind::config, fmt::format("there is no timeout profile \"{}\"", name),
              near.empty() ? fmt::format("known: {}", join(names, ", ")) : near);
}

std::vector<std::string> explain() {
  return {
      "what the documents say (w = workflow):",
      "  deployment guide, lines 182-194  daemon 1.5 w, shim 1.5 daemon = 2.25 w, no client",
      "                                   at w = 45: 67.5 and 101.25",
      "  maintenance runbook, line 152    daemon 1.5 w, shim 2 w, client 2.5 w",
      "                                   at w = 45: 67.5, 90 and 112.5",
      "  timeout guide, headline          each layer 1.5 times the one inside: 1.5, 2.25 and 3.375 w",
      "where they contradict each other:",
      "  shim    2.25 w in the guide, 2 w in the runbook: at w = 45, 101.25 s against 90 s",
      "  client  the guide names none; the runbook says 2.5 w, the headline rule 3.375 w",
      "  expert  the guide's 60 s is longer than its workflow of 45 s, the runbook warns about that",
      "  daemon  the original computed int(1.5 x 45) = 67 and then refused it, as 67/45 is below 1.5",
      "what exai does:",
      "  runbook is the default; deploy-guide, strict-chain and minimum judge by the other readings",
      "  all values are exact milliseconds and all ratios fractions: 45 s gives 67.5 s, nothing is cut",
      "  exai validate timeouts --all-profiles shows which readings your values satisfy",
  };
}

}  // namespace exai::timeouts
