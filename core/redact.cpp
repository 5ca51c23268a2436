#include "core/redact.hpp"

#include "core/json.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai {
namespace {

constexpr std::string_view k_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The base64 characters of `text` that do not depend on what stands around it, when it starts `shift` bytes
// into a group.
std::string base64_core(std::string_view text, std::size_t shift) {
  std::string padded(shift, '\0');
  padded += text;
  std::string out;
  for (std::size_t bit = 0; bit + 6 <= padded.size() * 8; bit += 6) {
    const std::size_t byte = bit / 8, offset = bit % 8;
    unsigned pair = static_cast<unsigned>(static_cast<unsigned char>(padded[byte])) << 8U;
    if (byte + 1 < padded.size()) pair |= static_cast<unsigned char>(padded[byte + 1]);
    out += k_alphabet[(pair >> (10U - offset)) & 63U];
  }
  const std::size_t skip = shift == 0 ? 0 : shift == 1 ? 2 : 3;  // characters that carry bits of the prefix
  return out.size() > skip ? out.substr(skip) : std::string{};
}

std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.' ||
                       byte == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

}  // namespace

Redactor::Redactor(const std::vector<Secret>& secrets) {
  constexpr std::size_t k_shortest = 8;
  for (const Secret& secret : secrets) {
    if (secret.size() < k_shortest) continue;
    const std::string instead = fmt::format("[secret {}]", secret.fingerprint().substr(0, 15));
    const std::string& plain = secret.reveal();
    forms_.push_back({secret, instead});
    for (std::size_t shift = 0; shift < 3; ++shift) {
      std::string form = base64_core(plain, shift);
      std::string url_safe = form;
      for (char& c : url_safe) c = c == '+' ? '-' : c == '/' ? '_' : c;
      if (url_safe != form) forms_.push_back({Secret(std::move(url_safe)), instead});
      forms_.push_back({Secret(std::move(form)), instead});
    }
    const std::string quoted = quote_json(plain);
    if (quoted.size() != plain.size() + 2)
      forms_.push_back({Secret(quoted.substr(1, quoted.size() - 2)), instead});
    std::string encoded = url_encoded(plain);
    if (encoded != plain) forms_.push_back({Secret(std::move(encoded)), instead});
  }
  // Longest first, so that a secret that contains another is replaced whole.
  std::stable_sort(forms_.begin(), forms_.end(),
                   [](const Form& a, const Form& b) { return a.text.size() > b.text.size(); });
}

std::string Redactor::apply(std::string_view text) const {
  std::string out(text);
  for (const Form& form : forms_) {
    for (std::size_t at = out.find(form.text.reveal()); at != std::string::npos;
         at = out.find(form.text.reveal(), at)) {
      out.replace(at, form.text.size(), form.instead);
      at += form.instead.size();
    }
  }
  return out;
}

std::size_t Redactor::undecided(std::string_view text) const {
  std::size_t from = text.size();
  for (const Form& form : forms_) {
    const std::string_view secret = form.text.reveal();
    for (std::size_t at = text.size() - std::min(secret.size() - 1, text.size()); at < from; ++at)
      if (text[at] == secret.front() && secret.starts_with(text.substr(at))) from = at;
  }
  // A whole secret that reaches into what waits must not be cut either.
  for (bool moved = true; moved;) {
    moved = false;
    for (const Form& form : forms_) {
      const std::string_view secret = form.text.reveal();
      const std::size_t at = text.find(secret, from - std::min(from, secret.size() - 1));
      if (at >= from) continue;
      from = at;
      moved = true;
    }
  }
  return text.size() - from;
}

std::string RedactedStream::feed(std::string_view piece) {
  held_ += piece;
  const std::size_t ready = held_.size() - redactor_.undecided(held_);
  std::string out = redactor_.apply(std::string_view(held_).substr(0, ready));
  held_.erase(0, ready);
  return out;
}

std::string RedactedStream::finish() {
  std::string out = redactor_.apply(held_);
  held_.clear();
  return out;
}

bool Redactor::clean(std::string_view text) const {
  return std::none_of(forms_.begin(), forms_.end(), [&](const Form& form) {
    return text.find(form.text.reveal()) != std::string_view::npos;
  });
}

}  // namespace exai
