#include "tools/visibility.hpp"

#include "core/text.hpp"
#include "models/providers/provider.hpp"

#include <array>
#include <set>

#include <fmt/core.h>

namespace exai::tools {
namespace {

constexpr std::array<std::string_view, 4> k_essential{"version", "listmodels", "status", "health"};
constexpr std::array<std::string_view, 4> k_suffixes{"_EXAI-WS", "-EXAI-WS", "_EXAI_WS", "-EXAI_WS"};

using Names = std::set<std::string, std::less<>>;

bool essential(std::string_view name) {
  return std::find(k_essential.begin(), k_essential.end(), name) != k_essential.end();
}

/// The tool that a written name means; empty when there is none.
std::string known_name(const std::string& written, const std::vector<std::string>& known) {
  const auto is_known = [&known](std::string_view name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  std::string name = canonical_tool_name(to_lower(written), is_known);
  if (!is_known(name)) name.clear();
  return name;
}

std::string hint_for(const std::string& written, const std::vector<std::string>& known) {
  if (written.find_first_of(";[]|\" ") != std::string::npos)
    return "separate names by commas alone: chat,debug";
  const std::string near = did_you_mean(to_lower(written), known);
  return near.empty() ? "exai tool list shows all" : near;
}

std::string profile_of(const Config& config) {
  return config.boolean("tools.lean_mode") ? "lean" : config.text("tools.profile");
}

/// Not even the essential tools stay.
bool strictly_lean(const Config& config) {
  return profile_of(config) == "lean" && config.boolean("tools.strict_lean") &&
         config.text("tools.enabled").empty();
}

/// The settings, read once, and the verdict on each tool.
class Chooser {
 public:
  Chooser(const ToolList& all, const Config& config) : config_(config) {
    for (const auto& tool : all) known_.emplace_back(tool->id);
    enabled_ = names(config.list("tools.enabled"));
    disabled_ = names(config.list("tools.disabled"));
    allowed_ = names(config.list("tools.allow"));
    denied_ = names(config.list("tools.deny"));
    lean_ = names(config.list("tools.lean"));
    diagnostics_ = config.boolean("tools.diagnostics");
    profile_ = profile_of(config);
    strict_ = strictly_lean(config);
  }

  /// Why the tool is hidden; empty = it is not.
  [[nodiscard]] std::string reason(const Tool& tool) const {
    if (essential(tool.id) && !strict_) return {};
    if (!enabled_.empty()) {
      if (!enabled_.contains(tool.id)) return fmt::format("not named in {}", setting_name("tools.enabled"));
    } else if (std::string why = against_profile(tool); !why.empty()) {
      return why;
    }
    if (!allowed_.empty() && !allowed_.contains(tool.id))
      return fmt::format("not named in {}", setting_name("tools.allow"));
    if (denied_.contains(tool.id)) return fmt::format("named in {}", setting_name("tools.deny"));
    if (disabled_.contains(tool.id)) return fmt::format("named in {}", setting_name("tools.disabled"));
    if (tool.tier == ToolTier::diagnostic && !diagnostics_)
      return fmt::format("diagnostic, and {} is off", setting_name("tools.diagnostics"));
    return without_provider(tool);
  }

 private:
  [[nodiscard]] Names names(const std::vector<std::string>& listed) const {
    Names result;
    for (const std::string& written : listed)
      if (std::string name = known_name(written, known_); !name.empty()) result.insert(std::move(name));
    return result;
  }

  [[nodiscard]] std::string against_profile(const Tool& tool) const {
    const bool by_mode = config_.boolean("tools.lean_mode");
    const std::string named = fmt::format("not in the profile {} ({})", profile_,
                                          setting_name(by_mode ? "tools.lean_mode" : "tools.profile"));
    if (profile_ == "lean") {
      const bool in = lean_.empty() ? tool.tier == ToolTier::core : lean_.contains(tool.id);
      return in ? "" : named;
    }
    const bool out = profile_ == "standard" && (!tool.provider.empty() || tool.tier == ToolTier::diagnostic);
    return out ? named : "";
  }

  [[nodiscard]] std::string without_provider(const Tool& tool) const {
    if (tool.provider.empty()) return {};
    const models::Provider* provider = models::find_provider(tool.provider);
    if (provider != nullptr && provider->configured(config_)) return {};
    return fmt::format("needs {}", provider == nullptr ? tool.provider : setting_name(provider->key_setting));
  }

  const Config& config_;
  std::vector<std::string> known_;
  Names enabled_, disabled_, allowed_, denied_, lean_;
  std::string profile_;
  bool diagnostics_ = true, strict_ = false;
};

}  // namespace

VisibleTools visible(const ToolList& all, const Config& config) {
  Chooser chooser(all, config);
  VisibleTools result;
  for (const auto& tool : all) {
    if (std::string why = chooser.reason(*tool); !why.empty())
      result.hidden.push_back({std::string(tool->id), std::move(why)});
    else
      result.tools.push_back(tool);
  }
  std::vector<std::string> known;
  for (const auto& tool : all) known.emplace_back(tool->id);
  result.findings = tool_list_findings(known, config);
  return result;
}

std::vector<Finding> tool_list_findings(const std::vector<std::string>& known, const Config& config) {
  std::vector<Finding> findings;
  const bool strict = strictly_lean(config);
  for (const Setting& setting : settings()) {
    if (setting.form != Form::tools || !config.is_set(setting.key)) continue;
    const std::string key(setting.key);
    const bool hides = key == "tools.disabled" || key == "tools.deny";
    for (const std::string& written : config.list(key)) {
      const std::string name = known_name(written, known);
      if (name.empty())
        findings.push_back({Status::fail,
                            "tools.unknown",
                            fmt::format("{}: there is no tool '{}'", setting_name(key), printable(written)),
                            {},
                            hint_for(written, known),
                            key});
      else if (hides && essential(name) && !strict)
        findings.push_back({Status::warn,
                            "tools.essential",
                            fmt::format("{}: {} is always offered", setting_name(key), name),
                            {},
                            "take it from the list",
                            key});
    }
  }
  return findings;
}

std::string canonical_tool_name(std::string_view name, const std::function<bool(std::string_view)>& known) {
  constexpr std::string_view k_think = "thinkdeep";
  constexpr std::size_t k_max_length = 128;
  if (known(name) || name.size() > k_max_length) return std::string(name.substr(0, k_max_length + 1));
  for (const std::string_view suffix : k_suffixes)
    if (name.size() > suffix.size() &&
        equals_ignoring_case(name.substr(name.size() - suffix.size()), suffix)) {
      name.remove_suffix(suffix.size());
      break;
    }
  if (known(name)) return std::string(name);
  if (to_lower(name).find("think") != std::string::npos && known(k_think)) return std::string(k_think);
  return std::string(name);
}

}  // namespace exai::tools
