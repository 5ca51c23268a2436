#include "models/answer_cache.hpp"

#include "core/digest.hpp"
#include "core/json_access.hpp"

#include <nlohmann/json.hpp>

namespace exai::models {
namespace {

constexpr std::size_t k_max_shared_answer = std::size_t{1} << 20U;

/// An answer as other servers read it. Nothing for one that wants tools called: it is never shared.
std::string write_reply(const Reply& reply) {
  return dump_json(Json{{"content", reply.content},
                        {"reasoning", reply.reasoning},
                        {"provider", reply.provider},
                        {"model", reply.model},
                        {"finish_reason", reply.finish_reason},
                        {"cost", reply.cost},
                        {"prompt", reply.usage.prompt},
                        {"completion", reply.usage.completion},
                        {"cached", reply.usage.cached}});
}

std::optional<Reply> read_reply(std::string_view text) {
  const Result<Json> json = parse_json(text);
  if (!json || !member_of(*json, "content").is_string()) return std::nullopt;
  Reply reply;
  reply.content = text_of(*json, "content");
  reply.reasoning = text_of(*json, "reasoning");
  reply.provider = text_of(*json, "provider");
  reply.model = text_of(*json, "model");
  reply.finish_reason = text_of(*json, "finish_reason");
  reply.cost = number_of(*json, "cost").value_or(0);
  const auto tokens = [&](std::string_view name) {
    return static_cast<long long>(number_of(*json, name).value_or(0));
  };
  reply.usage = {tokens("prompt"), tokens("completion"), tokens("cached")};
  return reply;
}

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
  std::optional<Reply> elsewhere = found_elsewhere(key);
  Result<Reply> reply = elsewhere ? Result<Reply>(std::move(*elsewhere)) : fetch();
  if (!reply) return fail(reply.error());
  lock.lock();
  const Millis ttl = replies_.limits().ttl;
  put(key, *reply);
  if (elsewhere) ++counts_.shared;
  lock.unlock();
  if (!elsewhere) tell_others(key, *reply, ttl);
  if (elsewhere && on_hit_) on_hit_();
  return Found{std::move(*reply), elsewhere.has_value()};
}

std::optional<Reply> AnswerCache::found_elsewhere(const std::string& key) const {
  if (shared_ == nullptr) return std::nullopt;
  // A home that is away costs the answer of others, and nothing else: health tells of it.
  const auto text = shared_->find(key);
  return text && *text ? read_reply(**text) : std::nullopt;
}

void AnswerCache::tell_others(const std::string& key, const Reply& reply, Millis ttl) const {
  if (shared_ == nullptr || !reply.tools.empty()) return;
  const std::string text = write_reply(reply);
  if (text.size() <= k_max_shared_answer) (void)shared_->keep(key, text, ttl);
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

void Caches::share(store::SharedState* shared) {
  expert.share(shared);
  semantic.share(shared);
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
