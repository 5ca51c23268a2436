#include "models/answer_cache.hpp"

#include "core/digest.hpp"

namespace exai::models {
namespace {

std::size_t reply_weight(const std::string& key, const Reply& reply) {
  return sizeof(Reply) + key.size() + reply.content.size() + reply.reasoning.size();
}

CacheLimits expert_limits(const Config& config) {
  return {static_cast<std::size_t>(config.integer("cache.expert_entries")), std::size_t{16} << 20U,
          config.duration("cache.expert_ttl")};
}

CacheLimits semantic_limits(const Config& config) {
  return {static_cast<std::size_t>(config.integer("cache.semantic_entries")), std::size_t{32} << 20U,
          config.duration("cache.semantic_ttl")};
}

}  // namespace

std::string answer_key(std::string_view principal, const ChatRequest& request) {
  Json messages = Json::array();
  for (const ChatMessage& message : request.messages)
    messages.push_back({message.role, message.content, message.raw});
  const Json all{principal,
                 request.model,
                 std::move(messages),
                 request.images,
                 request.temperature ? Json(*request.temperature) : Json(),
                 request.max_tokens ? Json(*request.max_tokens) : Json(),
                 request.thinking_mode,
                 request.web_search,
                 request.json,
                 request.tools,
                 request.tool_choice};
  return sha256_hex(dump_json(all));
}

void AnswerCache::put(const std::string& key, const Reply& reply) {
  const std::size_t bytes = reply_weight(key, reply);
  if (replies_.limits().entries == 0 || bytes > replies_.limits().weight / 4) return;
  const Steady now = clock_.steady();
  replies_.put(key, reply, now, bytes);
  replies_.erase_expired(now);
}

Result<AnswerCache::Found> AnswerCache::get(const std::string& key, Deadline deadline,
                                            const std::stop_token& stop,
                                            const std::function<Result<Reply>()>& fetch) {
  std::unique_lock lock(mutex_);
  if (replies_.limits().entries == 0) {  // switched off
    lock.unlock();
    Result<Reply> reply = fetch();
    if (!reply) return fail(reply.error());
    return Found{std::move(*reply), false};
  }
  bool waited = false;
  for (;;) {
    if (const Reply* cached = replies_.use(key, clock_.steady())) {
      ++(waited ? counts_.shared : counts_.hits);
      Found found{*cached, true};
      lock.unlock();
      if (on_hit_) on_hit_();
      return found;
    }
    if (in_flight_.find(key) == in_flight_.end()) break;
    waited = true;
    const bool woken = changed_.wait_until(lock, stop, deadline.at(),
                                           [&] { return in_flight_.find(key) == in_flight_.end(); });
    if (woken) continue;
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "cancelled by the caller");
    return fail(ErrorKind::timeout, "the same question is being asked, and its answer did not come in time",
                "try again");
  }
  ++counts_.misses;
  in_flight_.insert(key);
  lock.unlock();
  struct Done {
    AnswerCache& cache;
    const std::string& key;
    ~Done() {
      const std::scoped_lock guard(cache.mutex_);
      cache.in_flight_.erase(key);
      cache.changed_.notify_all();
    }
  } const done{*this, key};
  Result<Reply> reply = fetch();
  if (!reply) return fail(reply.error());
  lock.lock();
  put(key, *reply);
  lock.unlock();
  return Found{std::move(*reply), false};
}

void AnswerCache::set_limits(CacheLimits limits) {
  const std::scoped_lock lock(mutex_);
  const Steady now = clock_.steady();
  replies_.set_limits(lru_limits(limits), now);
  replies_.erase_expired(now);
}

void AnswerCache::clear() {
  const std::scoped_lock lock(mutex_);
  replies_.clear();
}

AnswerCache::Counts AnswerCache::counts() const {
  const std::scoped_lock lock(mutex_);
  Counts counts = counts_;
  counts.entries = replies_.size();
  counts.limit = replies_.limits().entries;
  counts.bytes = replies_.weight();
  return counts;
}

Caches::Caches(const Config& config, const Clock& clock, const std::function<void()>& on_hit)
    : expert(expert_limits(config), clock, on_hit), semantic(semantic_limits(config), clock, on_hit) {}

void Caches::reload(const Config& config) {
  expert.set_limits(expert_limits(config));
  semantic.set_limits(semantic_limits(config));
}

std::vector<CacheRow> Caches::rows() const {
  std::vector<CacheRow> rows;
  for (const auto& [name, cache] : {std::pair{"expert", &expert}, {"semantic", &semantic}}) {
    const AnswerCache::Counts counts = cache->counts();
    rows.push_back({name, counts.entries, counts.limit, counts.hits, counts.misses, counts.shared});
  }
  return rows;
}

}  // namespace exai::models
