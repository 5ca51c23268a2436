// A string that cannot be printed, logged or serialised by accident.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace exai {

/// Holds a key, token or password. There is no formatter, no stream operator and no conversion: whoever needs
/// the text calls reveal(), which can be searched for. The memory is wiped on destruction.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept { value_.swap(other.value_); }
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  [[nodiscard]] bool empty() const { return value_.empty(); }
  [[nodiscard]] std::size_t size() const { return value_.size(); }
  /// The text itself: only to hand it to the service that it belongs to.
  [[nodiscard]] const std::string& reveal() const { return value_; }
  /// "sha256:ab12cd34, 49 chars": enough to tell two keys apart, useless to guess one.
  [[nodiscard]] std::string fingerprint() const;
  /// Equality in a time that does not depend on where the two differ (digests are compared).
  [[nodiscard]] bool matches(std::string_view candidate) const;

 private:
  void wipe() noexcept;
  std::string value_;
};

}  // namespace exai
