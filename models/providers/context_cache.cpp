#include "models/providers/context_cache.hpp"

#include "core/digest.hpp"

#include <algorithm>

namespace exai::models {

std::string context_key(const ChatRequest& request) {
  constexpr std::size_t k_messages = 6, k_characters = 2048;
  if (request.cache_scope.empty()) return {};
  std::string prefix;
  for (std::size_t i = 0; i < std::min(k_messages, request.messages.size()); ++i) {
    const ChatMessage& message = request.messages[i];
    const std::string text = message.raw.is_null() ? message.content : dump_json(message.raw);
    prefix += message.role + '\n' + text.substr(0, k_characters) + '\0';
  }
  return request.cache_scope + '\n' + sha256_hex(prefix);
}

std::string ContextCache::find(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  const auto found = index_.find(key);
  if (key.empty() || found == index_.end()) return {};
  if (found->second->until <= clock_.steady()) {
    entries_.erase(found->second);
    index_.erase(found);
    return {};
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return entries_.front().token;
}

void ContextCache::keep(const std::string& key, std::string token, std::size_t most, Millis ttl) {
  if (key.empty() || token.empty()) return;
  const std::scoped_lock lock(mutex_);
  if (const auto known = index_.find(key); known != index_.end()) {
    entries_.erase(known->second);
    index_.erase(known);
  }
  entries_.push_front({key, std::move(token), clock_.steady() + ttl});
  index_[key] = entries_.begin();
  while (entries_.size() > most) {
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

std::size_t ContextCache::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

}  // namespace exai::models
