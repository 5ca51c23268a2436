// Replaces every known secret in text that leaves the process.
#pragma once

#include "core/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai {

/// Knows secrets in their plain, base64 (all three alignments) and URL-encoded forms. Values shorter than 8
/// bytes are not searched: they would blank ordinary words. Immutable once built, so it may be shared between
/// threads.
class Redactor {
 public:
  Redactor() = default;
  explicit Redactor(const std::vector<Secret>& secrets);
  /// The text with each occurrence replaced by "[secret sha256:ab12cd34]".
  [[nodiscard]] std::string apply(std::string_view text) const;
  /// How many bytes at the end of an unfinished text could belong to a secret: what is before them may be
  /// given to apply() and let go.
  [[nodiscard]] std::size_t undecided(std::string_view text) const;
  /// True when apply() would change nothing.
  [[nodiscard]] bool clean(std::string_view text) const;

 private:
  struct Form {
    Secret text;
    std::string instead;
  };
  std::vector<Form> forms_;
};

/// A text that leaves in pieces. A secret may be cut anywhere between them, so what could be the beginning of
/// one waits for the next piece.
class RedactedStream {
 public:
  explicit RedactedStream(const Redactor& redactor) : redactor_(redactor) {}
  /// What may leave now.
  std::string feed(std::string_view piece);
  /// The rest.
  std::string finish();

 private:
  const Redactor& redactor_;
  std::string held_;
};

}  // namespace exai
