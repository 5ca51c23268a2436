// Recording a run so that it is never lost: into the home or, while a shared home cannot be reached, into the
// spool beside it, from where the next one who reaches the home brings it in.
#pragma once

#include "store/home.hpp"
#include "store/spool.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace exai::store {

/// Where a run went. It is on a disk in any case.
struct Recorded {
  std::int64_t id = 0;           ///< of a run of tests in its home; 0 while it waits
  bool anew = true;              ///< false: it was there already, and nothing was changed
  bool waits = false;            ///< it is in the spool
  std::string why{};             ///< it waits: what kept it out of the home
  Spool::Replayed brought_in{};  ///< what had waited before it
};

/// What waits goes first, so that runs come into the home in the order in which they were recorded. An error
/// means that the run is kept nowhere.
Result<Recorded> record(const Home& home, const RecordedTests& tests, const Clock& clock);
Result<Recorded> record(const Home& home, const RunRecord& run, const Clock& clock);
/// Only what waits; nothing is opened when nothing does.
Result<Spool::Replayed> bring_in(const Home& home, const Clock& clock);

}  // namespace exai::store
