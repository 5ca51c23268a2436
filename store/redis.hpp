// The home of what servers share for a while: a Redis.
#pragma once

#include "core/redis_url.hpp"
#include "store/shared_state.hpp"

#include <memory>

namespace exai::store {

/// Connects with the first call, and anew after one that failed. `prefix` begins all keys: several
/// deployments may have one Redis. `ca_file` as for io::RedisConnection.
/// `patience` is how long a call waits, its connection included.
std::unique_ptr<SharedState> make_redis_state(RedisAddress address, std::string ca_file, std::string prefix,
                                              const Clock& clock = system_clock(),
                                              Millis patience = Millis{250});

}  // namespace exai::store
