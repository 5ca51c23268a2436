#include "store/recording.hpp"

namespace exai::store {
namespace {

Result<Recorded> save(Store& store, const RecordedTests& tests) {
  const auto saved = store.test_runs().save(tests.run, tests.results);
  if (!saved) return fail(saved.error());
  Recorded recorded;
  recorded.id = saved->id;
  recorded.anew = saved->anew;
  return recorded;
}

Result<Recorded> save(Store& store, const RunRecord& run) {
  if (auto saved = store.runs().save(run); !saved) return fail(saved.error());
  return Recorded{};
}

template <class Run>
Result<Recorded> save_in_order(const Home& home, const Run& run, const Clock& clock) {
  const auto store = open_store(home, clock);
  if (!store) return fail(store.error());
  Spool::Replayed before;
  if (home.shared()) {
    auto replayed = Spool(home.spool).replay((*store)->test_runs(), (*store)->runs());
    if (!replayed) return fail(std::move(replayed.error()).during("bringing in what waited"));
    before = std::move(*replayed);
  }
  auto recorded = save(**store, run);
  if (recorded) recorded->brought_in = std::move(before);
  return recorded;
}

template <class Run>
Result<Recorded> record_somewhere(const Home& home, const Run& run, const Clock& clock) {
  auto recorded = save_in_order(home, run, clock);
  if (recorded || !home.shared() || !may_wait(recorded.error())) return recorded;
  if (auto kept = Spool(home.spool).add(run); !kept)
    return fail(std::move(kept.error()).during("keeping the run until the database is back"));
  Recorded waiting;
  waiting.waits = true;
  waiting.why = recorded.error().message;
  return waiting;
}

}  // namespace

Result<Recorded> record(const Home& home, const RecordedTests& tests, const Clock& clock) {
  return record_somewhere(home, tests, clock);
}

Result<Recorded> record(const Home& home, const RunRecord& run, const Clock& clock) {
  return record_somewhere(home, run, clock);
}

Result<Spool::Replayed> bring_in(const Home& home, const Clock& clock) {
  const Spool spool(home.spool);
  const auto waiting = spool.waiting();
  if (!waiting) return fail(waiting.error());
  if (waiting->empty()) return Spool::Replayed{};
  const auto store = open_store(home, clock);
  if (!store) return fail(store.error());
  return spool.replay((*store)->test_runs(), (*store)->runs());
}

}  // namespace exai::store
