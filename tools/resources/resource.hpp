// Something a client may read, as a const record; the id is its URI or a template for many.
#pragma once

#include "core/registry.hpp"
#include "core/result.hpp"
#include "engine/context.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace exai::tools {

/// The parts of a URI that a template left open, by name.
using UriVariables = std::map<std::string, std::string, std::less<>>;

struct Resource {
  std::string_view id{};  ///< "exai://models", or "exai://log/{name}": {x} stands for one segment
  std::string_view label{};
  std::string_view title{};
  std::string_view description{};
  std::string_view mime{};
  engine::Work work = engine::Work::blocking;
  Scope scope = Scope::viewer;
  bool shared = false;   ///< the same for all callers
  long long ttl_ms = 0;  ///< how long a client may keep it
  /// A ResourceOutput, or InputRequired. `not_found` when nothing stands at that URI.
  Result<engine::CallAnswer> (*read)(const UriVariables& variables, engine::CallContext& context) = nullptr;
  /// What a variable may be, best first; templates only.
  std::vector<std::string> (*complete)(std::string_view variable, std::string_view begun,
                                       engine::CallContext& context) = nullptr;

  [[nodiscard]] std::string_view name() const { return id; }
};

/// A text known when the server starts, handed in by whoever starts it (runbooks).
struct Document {
  std::string uri, label, title, description, mime, text;
};

}  // namespace exai::tools
