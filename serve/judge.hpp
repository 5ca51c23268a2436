// The one judge of a configuration. Everything that needs to know whether settings are good asks here:
// serve at its start, serve --check, a reload, exai validate, the check config.valid and through it doctor
// and the runbooks.
#pragma once

#include "core/config.hpp"
#include "core/report.hpp"
#include "engine/runtime.hpp"
#include "serve/auth/access.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace exai::serve {

/// What the configuration is for. What a purpose does not need is a note at most.
enum class Purpose : std::uint8_t {
  serve,  ///< a server that listens
  stdio,  ///< a server on standard input: no listeners, no keys, one trusted caller
  shim,   ///< the bridge from standard input to a running server: how to reach it, no more
};

struct Judgement {
  std::vector<Finding> findings;  ///< of loading the sources and of judging what came of it
  /// What a server runs on, built while judging; null when the configuration is refused, and for a shim.
  std::shared_ptr<const engine::Runtime> runtime;
  std::optional<auth::AccessPolicy> access;

  [[nodiscard]] bool good() const;
  /// The first of what failed as an error that says how many more there are; nothing when all is good.
  [[nodiscard]] std::optional<Error> refusal() const;
};

struct JudgeRequest {
  std::filesystem::path root;
  Purpose purpose = Purpose::serve;
  bool strict = false;  ///< a keys file that others can read is an error
  const auth::AccessPolicy* before =
      nullptr;  ///< at a reload: keys of an issuer that are fetched already stay in use
};

/// Judges everything: the findings of loading, rules between settings, the timeout hierarchy, files and
/// folders that must be there, names of models, tools and workflows, keys, exposure. Reads the files that the
/// settings name, asks no network, binds nothing.
Judgement judge_configuration(Config config, std::vector<Finding> loaded, const JudgeRequest& request);

/// Settings in force, or about to be.
struct AccessInForce {
  const Config& config;
  const auth::AccessPolicy& access;
};
/// No reload leaves the server less guarded than it was, unless auth.allow_open_reload says so by name: a
/// slip in a file must not open it. `config` otherwise.
Result<void> still_guarded(const AccessInForce& now, const AccessInForce& next);

}  // namespace exai::serve
