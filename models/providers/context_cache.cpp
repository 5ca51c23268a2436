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
  if (key.empty()) return {};
  const Token* const token = tokens_.use(key);
  if (token == nullptr) return {};
  if (token->until > clock_.steady()) return token->text;
  tokens_.erase(key);
  return {};
}

void ContextCache::put(const std::string& key, std::string token, std::size_t max, Millis ttl) {
  if (key.empty() || token.empty()) return;
  const std::scoped_lock lock(mutex_);
  tokens_.set_limits({.entries = max});
  tokens_.put(key, {std::move(token), clock_.steady() + ttl});
}

std::size_t ContextCache::size() const {
  const std::scoped_lock lock(mutex_);
  return tokens_.size();
}

}  // namespace exai::models
