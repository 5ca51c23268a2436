// Answers of models by the content of their questions. Equal questions asked at the same time are asked once;
// errors are never cached.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/lru.hpp"
#include "core/result.hpp"
#include "models/providers/provider.hpp"
#include "store/shared_state.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

namespace exai::models {

/// The same text for the same principal and everything that shapes an answer: model, messages with their
/// history, images, temperature, limits, thinking, search, offered functions.
std::string answer_key(std::string_view principal, const ChatRequest& request);

struct CacheLimits {
  std::size_t entries = 100;
  std::size_t bytes = std::size_t{16}
                      << 20U;  ///< of all answers; an answer of more than a quarter is not kept
  Millis ttl{3'600'000};
};

/// Least recently used goes first. Thread-safe.
class AnswerCache {
 public:
  /// `on_hit` gets each question that needed no model; any thread.
  AnswerCache(CacheLimits limits, const Clock& clock, std::function<void()> on_hit = {})
      : clock_(clock), on_hit_(std::move(on_hit)), replies_(lru_limits(limits)) {}

  struct Found {
    Reply reply;
    bool cached = false;  ///< no model was asked for it now, or by another call
  };
  /// The cached answer, or that of a call that asks the same now, or `fetch`'s own. Waiting for another ends
  /// with `timeout` or `cancelled`; when the other fails, the first waiter fetches itself.
  Result<Found> get(const std::string& key, Deadline deadline, const std::stop_token& stop,
                    const std::function<Result<Reply>()>& fetch);

  /// Where other servers of this deployment find our answers, and we theirs; outlives this. Before any use.
  void share(store::SharedState* shared) { shared_ = shared; }
  /// For what comes from now on; what is too much goes at once.
  void set_limits(CacheLimits limits);
  void clear();

  struct Counts {
    std::size_t entries = 0, limit = 0, bytes = 0;
    std::uint64_t hits = 0, misses = 0, shared = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  static LruLimits lru_limits(const CacheLimits& limits) {
    return {limits.entries, limits.bytes, limits.ttl};
  }
  void put(const std::string& key, const Reply& reply);
  [[nodiscard]] std::optional<Reply> found_elsewhere(const std::string& key) const;
  void tell_others(const std::string& key, const Reply& reply, Millis ttl) const;

  const Clock& clock_;
  store::SharedState* shared_ = nullptr;
  std::function<void()> on_hit_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Lru<Reply> replies_;
  std::set<std::string, std::less<>> in_flight_;  // keys being fetched now
  Counts counts_;
};

/// How a cache does.
struct CacheRow {
  std::string name;
  std::size_t entries = 0, limit = 0;
  std::uint64_t hits = 0, misses = 0, shared = 0;
};

/// The caches that all calls share.
struct Caches {
  Caches(const Config& config, const Clock& clock, const std::function<void()>& on_hit);
  void reload(const Config& config);
  [[nodiscard]] std::vector<CacheRow> rows() const;

  void share(store::SharedState* shared);
  AnswerCache expert;    ///< expert analyses of workflows
  AnswerCache semantic;  ///< chat answers
};

}  // namespace exai::models
