// Which home keeps what this deployment remembers.
#pragma once

#include "core/config.hpp"
#include "core/secret.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

namespace exai::store {

/// A PostgreSQL database when there is an address, else a SQLite file.
struct Home {
  std::filesystem::path file;  ///< ":memory:" keeps nothing
  Secret url{};
  std::filesystem::path spool{};  ///< folder of what waits for a shared home (store/spool)

  /// Other servers may have the same one.
  [[nodiscard]] bool shared() const { return !url.empty(); }
  [[nodiscard]] std::string_view type() const { return shared() ? "postgresql" : "sqlite"; }
};

/// As the settings store.url and server.state_dir say it; relative paths are below `root`.
Home home_of(const Config& config, const std::filesystem::path& root);

/// Opens the home and brings its tables up to date.
Result<std::unique_ptr<Store>> open_store(const Home& home, const Clock& clock = system_clock());

/// The same by the first call that needs it, on that call's thread: until then nothing is touched. `opened`
/// prepares it before anybody else can use it. When one of the two fails the call fails, and the next one
/// tries again.
std::unique_ptr<Store> lazy_store(Home home, const Clock& clock, std::function<Result<void>(Store&)> opened);

}  // namespace exai::store
