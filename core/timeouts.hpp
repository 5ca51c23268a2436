// The timeout hierarchy: one truth for `serve` at start, for every call's deadline and for `validate
// timeouts`.
#pragma once

#include "core/config.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::timeouts {

/// From the inside out. simple, workflow and expert are what tools may take; provider and http bound one
/// upstream request; daemon, shim and client wrap the workflow layer.
enum class Layer : std::uint8_t { simple, workflow, expert, provider, http, daemon, shim, client };
inline constexpr std::size_t k_layers = 8;

std::string_view to_string(Layer layer);
std::optional<Layer> layer_from(std::string_view name);
/// The setting that holds the layer ("timeouts.daemon").
std::string_view setting_key(Layer layer);

/// An exact fraction, as in 3/2.
struct Ratio {
  long long num = 1;
  long long den = 1;
};

enum class Mode : std::uint8_t { equal, at_least, range };

/// daemon = 3/2 x workflow. In mode `range`, `max` is the upper ratio.
struct Relation {
  Layer layer = Layer::daemon;
  Layer of = Layer::workflow;
  Ratio ratio;
  Mode mode = Mode::equal;
  Ratio max{};
  Millis tolerance{0};
  bool optional = false;  ///< judged only when the layer is set (the deploy guide names no client)
};

enum class Op : std::uint8_t { less, at_most, at_least };

/// left op factor x right, e.g. simple < workflow; right may be a constant.
struct Invariant {
  std::string id;  ///< "simple-below-workflow"
  Layer left = Layer::simple;
  Op op = Op::less;
  std::optional<Layer> right;
  Millis constant{0};
  Ratio factor;  ///< on the left side: expert x 2 <= daemon
  Status severity = Status::fail;
  std::string source;  ///< where the rule comes from
};

struct Profile {
  std::string name;
  std::string title;
  std::string source;
  bool may_override = false;  ///< a derived layer may be set by hand; otherwise setting it is a warning
  std::vector<Relation> relations;
  std::vector<Invariant> invariants;
};

/// runbook (maintenance:152), deploy-guide (deployment:186-194), strict-chain, minimum.
const std::vector<Profile>& built_in_profiles();
/// Built-in and custom ones (exai.yaml `timeout_profiles`); a malformed one is a config error with its line.
Result<std::vector<Profile>> profiles(const Config& config);
Result<Profile> find_profile(const Config& config, std::string_view name);

/// One layer's value and how it came about.
struct Value {
  Millis value{0};
  bool derived = false;  ///< computed from a relation
  std::string source;    ///< origin text or the formula
};
struct Hierarchy {
  std::map<Layer, Value> layers;
  [[nodiscard]] Millis operator[](Layer layer) const;
};

/// Values for a profile: set layers as they are, derived ones computed exactly. An impossible ratio (a result
/// that is not a whole millisecond) is a config error.
Result<Hierarchy> resolve(const Config& config, const Profile& profile);

/// One printed row: layer, value, source, formula, expected, difference, verdict.
struct Row {
  Layer layer = Layer::simple;
  Millis value{0};
  std::string source;
  std::string formula;             ///< "3/2 x workflow", "" for a base value
  std::optional<Millis> expected;  ///< exact, when the formula gives one
  std::optional<Millis> difference;
  Status verdict = Status::pass;
};

struct Verdict {
  Profile profile;
  std::vector<Row> rows;
  std::vector<Finding> findings;  ///< each names the layer, both values and the fix
  [[nodiscard]] Status status() const;
};

/// Judges a configuration by a profile. Pure.
Result<Verdict> judge(const Config& config, const Profile& profile);

/// What each document claims and where they contradict each other, as lines for a person (`--explain`).
std::vector<std::string> explain();

}  // namespace exai::timeouts
