#include "serve/exai_ws/result_cache.hpp"

namespace exai::serve::exai_ws {

void ResultCache::put(const std::string& name, CachedResult result, Steady now) {
  // The body is counted for each of its names: the bound must hold when only one of them is left.
  const std::size_t weight = name.size() * 2 + result.call.size() + result.body->size() +
                             sizeof(std::string) + sizeof(CachedResult) + sizeof(Steady);
  results_.put(name, std::move(result), now, weight);
}

}  // namespace exai::serve::exai_ws
