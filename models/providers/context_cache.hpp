// Tokens of context caches that a provider keeps for us: the newest few, for a while.
#pragma once

#include "core/deadline.hpp"
#include "models/providers/provider.hpp"

#include <list>
#include <map>
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
  /// The token, or nothing; what was used last is forgotten last.
  [[nodiscard]] std::string find(const std::string& key);
  void keep(const std::string& key, std::string token, std::size_t most, Millis ttl);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Entry {
    std::string key, token;
    Steady until;
  };
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // used last first
  std::map<std::string, std::list<Entry>::iterator, std::less<>> index_;
};

}  // namespace exai::models
