// What the settings say about exai_ws.
#pragma once

#include "core/config.hpp"
#include "core/secret.hpp"
#include "engine/rate_limit.hpp"
#include "serve/exai_ws/result_cache.hpp"

#include <string>
#include <vector>

namespace exai::serve::exai_ws {

struct Settings {
  Secret token;
  Millis hello_timeout{15000}, progress_interval{8000};
  bool compat_text = true, never_empty = false;
  std::uint64_t call_bytes = std::uint64_t{10} << 20U;
  std::size_t connections_per_address = 10, sessions = 100;
  Millis resume_grace{60000};  ///< a resumable session waits this long for its client; zero = resumes nothing
  Millis inflight_ttl{180000};        ///< a call running longer is not joined any more
  std::vector<std::string> unshared;  ///< tools whose every call runs
  std::string default_model;          ///< of calls that name none
  ResultLimits results;
  engine::RateLimits rates;
  Millis health_interval{10000};
};
Settings settings_of(const Config& config);

}  // namespace exai::serve::exai_ws
