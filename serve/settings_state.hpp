// Which settings the server runs on, whether the files still say the same, and what became of the last
// reload.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"

#include <cstdint>
#include <functional>
#include <string>

#include <nlohmann/json.hpp>

namespace exai::serve {

/// Loop thread.
class SettingsState {
 public:
  /// `sources` reads the files anew; null where nothing can be read again.
  SettingsState(const Config& running, std::function<Result<ConfigSources>()> sources, const Clock& clock);

  /// A reload is in force, or was refused and why.
  void applied(const Config& running);
  void refused(const Error& why);

  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  /// True while the files equal what runs; looked up once a second at most.
  [[nodiscard]] bool in_step();
  [[nodiscard]] bool last_reload_good() const { return error_.empty(); }
  /// For /status: generation, hash, hash_on_disk, reloads, last_reload, last_error.
  [[nodiscard]] nlohmann::json json();
  /// The same without what would have to be read: for the instance file, which `exai reload` reads.
  [[nodiscard]] nlohmann::json instance_json() const;

 private:
  const std::string& on_disk();

  std::function<Result<ConfigSources>()> sources_;
  const Clock& clock_;
  std::uint64_t generation_ = 1;  ///< of the settings in force
  std::uint64_t reloads_ = 0;     ///< asked for, good or not
  std::string hash_, error_, hint_, last_;
  std::string on_disk_;
  Steady looked_{};
};

}  // namespace exai::serve
