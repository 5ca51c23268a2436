#include "models/providers/joiner.hpp"

#include <algorithm>

namespace exai::models {
namespace {
constexpr std::size_t k_max_repetition = 400;
// Fewer characters in common are chance: a word that both end and begin with.
constexpr std::size_t k_shortest_repetition = 12;
}  // namespace

Joiner::Joiner(std::string_view so_far)
    : tail_(so_far.substr(so_far.size() - std::min(so_far.size(), k_max_repetition))) {}

std::string Joiner::without_repetition() const {
  for (std::size_t length = std::min(tail_.size(), held_.size()); length >= k_shortest_repetition; --length)
    if (std::string_view(tail_).substr(tail_.size() - length) == std::string_view(held_).substr(0, length))
      return held_.substr(length);
  return held_;
}

std::string Joiner::feed(std::string_view piece) {
  if (decided_) return std::string(piece);
  held_ += piece;
  return held_.size() < k_max_repetition ? std::string() : finish();
}

std::string Joiner::finish() {
  if (decided_) return {};
  decided_ = true;
  std::string rest = without_repetition();
  held_.clear();
  return rest;
}

}  // namespace exai::models
