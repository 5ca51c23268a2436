// Observes what happens while models are asked: the server's metrics, or nobody.
#pragma once

#include "core/error.hpp"

#include <string_view>

namespace exai::models {

/// Any thread calls; must not block.
class ModelObserver {
 public:
  virtual ~ModelObserver() = default;
  virtual void provider_error(std::string_view provider, ErrorKind kind) = 0;
  virtual void provider_retry(std::string_view provider, std::string_view reason) = 0;
  virtual void failover(std::string_view from, std::string_view to) = 0;
  /// 0 closed, 1 open, 2 half-open.
  virtual void circuit(std::string_view provider, std::string_view model, int state) = 0;
  /// Estimated tokens of a prompt.
  virtual void prompt_size(double tokens) = 0;
  /// One answer of a model: its tokens and what it cost in US dollars. Models that the catalogue does not
  /// know are called "other".
  virtual void model_answer(std::string_view provider, std::string_view model, long long prompt,
                            long long completion, long long cached, double dollars) = 0;
};

}  // namespace exai::models
