// Files that were sent to model providers.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace exai::store {

struct ProviderFile {
  std::string provider, id;     ///< "kimi" and the provider's name for it
  std::string sha256, purpose;  ///< of the content; what it was sent to the provider for
  std::string name, owner;      ///< without its folder; the principal that sent it
  std::int64_t bytes = 0;
  Wall uploaded{}, used{};  ///< used: asked about or sent again last
};

/// Thread-safe; every call blocks for at most the statement timeout of its home.
class Files {
 public:
  virtual ~Files() = default;
  /// Adds it, or replaces what is known of it; `provider` and `id` name it.
  virtual Result<void> save(const ProviderFile& file) = 0;
  /// All of one provider, oldest first, 10,000 at most.
  virtual Result<std::vector<ProviderFile>> load(const std::string& provider) = 0;
  /// Nothing happens when it is not known.
  virtual Result<void> remove(const std::string& provider, const std::string& id) = 0;
};

}  // namespace exai::store
