// Tokens of context caches that a provider keeps for us: the newest few, for a while.
#pragma once

#include "core/deadline.hpp"
#include "core/lru.hpp"
#include "models/providers/provider.hpp"

#include <mutex>
#include <string>

namespace exai::models {

/// Under what a token is kept: whose it is and how the conversation begins (its first six messages, 2,048
/// characters of each). Empty when the request may use no cache.
std::string context_key(const ChatRequest& request);

/// Thread-safe.
class ContextCache {
 public:
  explicit ContextCache(const Clock& clock) : clock_(clock) {}
  /// The token, or nothing; the least recently used goes first.
  [[nodiscard]] std::string find(const std::string& key);
  void put(const std::string& key, std::string token, std::size_t max, Millis ttl);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Token {
    std::string text;
    Steady until;  // each its own
  };
  const Clock& clock_;
  mutable std::mutex mutex_;
  Lru<Token> tokens_;
};

}  // namespace exai::models
