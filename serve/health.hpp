// What /health reports: facts of storage, disk, memory and permits, gathered beside the calls and kept for a
// second.
#pragma once

#include "engine/background.hpp"
#include "engine/context.hpp"
#include "store/shared_state.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace exai::serve {

struct HealthFacts {
  Result<void> storage;
  std::string_view storage_type = "sqlite";
  bool has_shared = false;        ///< a Redis is set
  std::optional<Error> shared{};  ///< why it is away
  bool goes_on_alone = false;  ///< without its storage this server keeps what it answers, and brings it later
  double disk_total = 0, disk_available = 0;  ///< bytes; total 0 = unknown
  double process_bytes = 0, memory_total = 0, memory_available = 0;
  std::vector<engine::ServerView::PermitRow> permits;
  std::vector<engine::ServerView::BreakerRow> breakers;
  Wall at{};
};

struct HealthReport {
  std::string body;  ///< JSON, of the shape that monitors of the EX-AI daemon read
  bool healthy = true;
};

/// Pure. Being busy is not being unhealthy; a disk at 95 % or a storage that does not
/// answer is.
HealthReport judge_health(const HealthFacts& facts);

class Health {
 public:
  /// What keeps what this server remembers.
  struct Kept {
    std::string_view type;                      ///< of the store
    bool shared = false;                        ///< with other servers
    bool journal = false;                       ///< this one has a journal beside it
    const store::SharedState* state = nullptr;  ///< what servers tell each other; null = nothing
  };
  Health(const engine::Services& services, engine::Background& background, std::filesystem::path folder,
         Kept kept)
      : services_(services), background_(background), folder_(std::move(folder)), kept_(kept) {}
  /// Calls back on the loop, at once when the last report is younger than a second.
  void report(std::function<void(const HealthReport&)> done);

 private:
  const engine::Services& services_;
  engine::Background& background_;
  std::filesystem::path folder_;
  Kept kept_;
  HealthReport last_;
  std::optional<Steady> taken_;
  bool gathering_ = false;
  std::vector<std::function<void(const HealthReport&)>> waiting_;
};

}  // namespace exai::serve
