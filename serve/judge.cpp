#include "serve/judge.hpp"

#include "core/file_names.hpp"
#include "core/forms.hpp"
#include "core/rules.hpp"
#include "core/text.hpp"
#include "io/files.hpp"
#include "io/postgres.hpp"
#include "models/providers/provider.hpp"
#include "tools/visibility.hpp"
#include "tools/workflows/workflow.hpp"

#include <fmt/core.h>

#include <unistd.h>

namespace exai::serve {
namespace {

bool needed(const Setting& setting, Purpose purpose) {
  switch (setting.need) {
    case Need::always:
      return true;
    case Need::listeners:
      return purpose != Purpose::stdio;
    case Need::deployment:
      return purpose == Purpose::serve;
  }
  return true;
}

/// A finding about what the purpose does not need is a note and no more.
void weigh(Finding& finding, Purpose purpose) {
  if (purpose == Purpose::serve) return;
  const Setting* setting = finding.setting.empty() ? nullptr : find_setting(finding.setting);
  const bool foreign_line = finding.setting.empty() && finding.rule.starts_with("env.");
  const bool foreign_name = finding.rule == "settings.unknown" && finding.severity == Status::warn;
  if (foreign_line || foreign_name || (setting != nullptr && !needed(*setting, purpose)))
    finding.severity = Status::skip;
}

class Judge {
 public:
  Judge(Config config, const JudgeRequest& request) : config_(std::move(config)), request_(request) {}

  void take(std::vector<Finding> findings) {
    for (Finding& finding : findings) {
      weigh(finding, request_.purpose);
      judgement_.findings.push_back(std::move(finding));
    }
  }

  Judgement judge() {
    // What could not be used and is needed stops here; the rest may count as if it were not set.
    if (judgement_.good()) config_.settle();
    take(contradictions(config_));
    if (request_.purpose == Purpose::serve) take(port_collisions(config_));
    judge_part([this] { hierarchy(); });
    if (request_.purpose == Purpose::shim) return std::move(judgement_);
    for (const Setting& setting : settings())
      if (needed(setting, request_.purpose)) judge_part([&] { place(setting); });
    judge_part([this] { models(); });
    judge_part([this] { tools(); });
    judge_part([this] { access(); });
    if (judgement_.good()) build();
    return std::move(judgement_);
  }

 private:
  template <class Part>
  void judge_part(Part part) {
    try {
      part();
    } catch (const UnusableSetting&) {  // has a finding of its own
    }
  }

  [[nodiscard]] std::optional<Location> place_of(std::string_view key) const {
    const Origin& origin = config_.peek(key).origin;
    if (origin.source.empty()) return std::nullopt;
    return Location{origin.source, origin.line, 0};
  }

  void add(Status severity, std::string_view rule, std::string_view key, std::string message,
           std::string hint) {
    take({{severity, std::string(rule), std::move(message), place_of(key), std::move(hint),
           std::string(key)}});
  }
  void add(std::string_view rule, std::string_view key, const Error& error) {
    std::string message = error.message;
    for (const std::string& doing : error.context) message += fmt::format(", while {}", doing);
    take({{Status::fail, std::string(rule), std::move(message), error.where ? error.where : place_of(key),
           error.hint, std::string(key)}});
  }

  void hierarchy() {
    const auto profile = timeouts::find_profile(config_, config_.text("timeouts.profile"));
    if (!profile) return add("timeouts.profile", "timeouts.profile", profile.error());
    const Result<timeouts::Verdict> verdict = timeouts::judge(config_, *profile);
    if (!verdict) return add("timeouts.hierarchy", "timeouts.profile", verdict.error());
    for (Finding finding : verdict->findings) {
      // What the hierarchy could not decide keeps a server from starting as well.
      if (finding.severity == Status::unknown) finding.severity = Status::fail;
      if (finding.severity == Status::fail)
        finding.message = "the timeout hierarchy is broken: " + finding.message;
      if (finding.hint.empty()) finding.hint = "exai validate timeouts --explain";
      take({std::move(finding)});
    }
    if (const auto budgets = timeouts::resolve(config_, *profile); !budgets)
      add("timeouts.hierarchy", "timeouts.profile", budgets.error());
  }

  /// Files and folders that a setting names.
  void place(const Setting& setting) {
    const std::string& text = config_.text(setting.key);
    if (text.empty()) return;
    switch (setting.form) {
      case Form::folder:
        for (const std::string& part : split(text, ',')) folder(setting.key, part);
        return;
      case Form::file:
        if (std::error_code gone; !std::filesystem::is_regular_file(below(request_.root, text), gone))
          add(Status::fail, "config.file", setting.key,
              fmt::format("{} names {}, which is not a file", setting_name(setting.key), printable(text)),
              "correct the path; relative ones count from the root (exai config path)");
        return;
      case Form::new_folder:
        return new_folder(setting.key, text);
      case Form::postgres_url:
        return store_url(setting.key);
      case Form::drive_mappings:
        for (const std::string& part : config_.list(setting.key))
          if (const auto drive = parse_drive_mapping(part)) folder(setting.key, drive->folder);
        return;
      default:
        return;
    }
  }

  /// Who would open it says what it takes; nothing is connected.
  void store_url(std::string_view key) {
    const auto fine = io::PgConnection::target(config_.secret(key));
    if (fine) return;
    add(Status::fail, "config.store", key, fmt::format("{}: {}", setting_name(key), fine.error().message),
        fine.error().hint);
  }

  void folder(std::string_view key, const std::string& text) {
    std::error_code gone;
    if (std::filesystem::is_directory(below(request_.root, text), gone)) return;
    add(Status::fail, "config.folder", key,
        fmt::format("{} names {}, which is not a folder", setting_name(key), printable(text)),
        "make the folder, or correct the path; relative ones count from the root (exai config path)");
  }

  /// A folder that is made when it is missing: nothing but folders may stand in the way.
  void new_folder(std::string_view key, const std::string& text) {
    // On standard input nothing has to be written; such a server says itself what it cannot keep.
    if (request_.purpose != Purpose::serve) return;
    std::filesystem::path nearest = below(request_.root, text).lexically_normal();
    for (std::filesystem::path above = folder_of(nearest); !io::is_there(nearest) && above != nearest;
         above = folder_of(nearest))
      nearest = above;
    std::error_code gone;
    const bool is_folder = std::filesystem::is_directory(nearest, gone);
    if (is_folder && !io::is_kernel_view(nearest) && ::access(nearest.c_str(), W_OK | X_OK) == 0) return;
    add(Status::fail, "config.folder", key,
        is_folder ? fmt::format("{} cannot be made or written: {} is not writable", setting_name(key),
                                nearest.string())
                  : fmt::format("{} cannot be made: {} is not a folder", setting_name(key), nearest.string()),
        fmt::format("ls -ld {} shows who may write there; {} names another place", nearest.string(),
                    setting_name(key)));
  }

  void models() {
    Result<models::ModelCatalogue> catalogue = engine::load_models(config_, request_.root);
    if (!catalogue) return add("models.file", "models.file", catalogue.error());
    catalogue_ = std::move(*catalogue);
    for (const Setting& setting : settings()) {
      if (setting.form == Form::model && config_.is_set(setting.key))
        model(setting.key, config_.text(setting.key));
      if (setting.form != Form::models) continue;
      for (const std::string& name : config_.list(setting.key)) model(setting.key, name);
    }
  }

  void model(std::string_view key, const std::string& name) {
    const bool may_be_any = key == "models.default";
    if (may_be_any && (equals_ignoring_case(name, "auto") || models::is_open_model(config_, name))) return;
    const models::Model* known = catalogue_->find(name);
    const std::string_view provider = may_be_any ? std::string_view() : key.substr(0, key.find('.'));
    if (known != nullptr && (provider.empty() || known->provider == provider)) return;
    std::vector<std::string> names;
    for (const models::Model& each : catalogue_->models())
      if (provider.empty() || each.provider == provider) names.push_back(each.name);
    const std::string near = did_you_mean(name, names);
    add(Status::fail, "models.unknown", key,
        known == nullptr
            ? fmt::format("{}: there is no model \"{}\" in the catalogue", setting_name(key), printable(name))
            : fmt::format("{}: {} is a model of {}", setting_name(key), printable(name), known->provider),
        near.empty() ? "exai model list shows all" : near);
  }

  void tools() {
    const bool listed = std::any_of(settings().begin(), settings().end(), [this](const Setting& setting) {
      return setting.form == Form::tools && config_.is_set(setting.key);
    });
    const std::string& folder = config_.text("workflows.dir");
    if (!listed && folder.empty()) return;  // reading all workflows is most of what a start costs
    const Result<tools::ToolList> workflows =
        tools::load_workflow_tools(folder.empty() ? std::filesystem::path() : below(request_.root, folder));
    if (!workflows) return add("workflows.file", "workflows.dir", workflows.error());
    std::vector<std::string> known;
    for (const tools::Tool* tool : Registered<tools::Tool>::all()) known.emplace_back(tool->id);
    for (const auto& tool : *workflows) {
      if (tools::find_tool(tool->id) != nullptr)
        add(Status::fail, "workflows.name", "workflows.dir",
            fmt::format("the workflow '{}' has the name of a built-in tool", tool->id),
            "give it another name");
      known.emplace_back(tool->id);
    }
    for (Finding& finding : tools::tool_list_findings(known, config_)) {
      finding.where = place_of(finding.setting);
      take({std::move(finding)});
    }
  }

  void access() {
    // Standard input has one caller, so no key is looked for there.
    const Config none = Config::defaults();
    const bool listens = request_.purpose == Purpose::serve;
    Result<auth::AccessPolicy> policy =
        auth::AccessPolicy::load(listens ? config_ : none, request_.root, request_.strict, request_.before);
    if (!policy) return add("access.keys", "auth.keys_file", policy.error());
    for (const std::string& warning : policy->warnings())
      add(Status::warn, "access.keys", "auth.keys_file", warning, "exai key list shows all keys");
    if (const Result<void> exposed = listens ? auth::check_exposure(config_, *policy) : Result<void>{};
        !exposed)
      add("access.exposed", "http.host", exposed.error());
    judgement_.access = std::move(*policy);
  }

  void build() {
    Result<std::shared_ptr<const engine::Runtime>> runtime =
        engine::make_runtime(config_, request_.root, std::move(*catalogue_));
    if (runtime)
      judgement_.runtime = std::move(*runtime);
    else
      add("config.runtime", "timeouts.profile", runtime.error());
  }

  Config config_;
  const JudgeRequest& request_;
  Judgement judgement_;
  std::optional<models::ModelCatalogue> catalogue_;
};

}  // namespace

bool Judgement::good() const {
  return std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.severity == Status::fail || finding.severity == Status::unknown;
  });
}

std::optional<Error> Judgement::refusal() const {
  std::optional<Error> error;
  std::size_t others = 0;
  for (const Finding& finding : findings) {
    if (finding.severity != Status::fail && finding.severity != Status::unknown) continue;
    if (error) {
      ++others;
      continue;
    }
    error = make_error(ErrorKind::config, finding.message,
                       finding.hint.empty() ? "exai validate config" : finding.hint);
    error->where = finding.where;
  }
  if (others > 0) error->hint += fmt::format(" ({} more: exai validate config)", others);
  return error;
}

Judgement judge_configuration(Config config, std::vector<Finding> loaded, const JudgeRequest& request) {
  Judge judge(std::move(config), request);
  judge.take(std::move(loaded));
  return judge.judge();
}

Result<void> still_guarded(const AccessInForce& now, const AccessInForce& next) {
  const auto frames_guarded = [](const AccessInForce& guard) {
    return guard.access.has_keys() || !guard.config.secret("ws.token").empty();
  };
  const bool http = now.access.guarded() && !next.access.guarded();
  const bool frames = frames_guarded(now) && !frames_guarded(next);
  if ((!http && !frames) || next.config.boolean("auth.allow_open_reload")) return {};
  return fail(
      ErrorKind::config,
      fmt::format("the new settings have no {} any more, so everybody who reaches the server could use it",
                  http ? "key and no issuer" : "daemon token"),
      "put the keys back, restart the server, or set EXAI_ALLOW_OPEN_RELOAD=true");
}

}  // namespace exai::serve
