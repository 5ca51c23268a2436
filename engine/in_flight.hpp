// How many calls run and how many may: written by the engine, read by whoever reports it.
#pragma once

#include <atomic>

namespace exai::engine {

struct InFlight {
  std::atomic<int> calls{0}, limit{0};
};

}  // namespace exai::engine
