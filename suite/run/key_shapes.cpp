#include "suite/run/rules.hpp"

#include <algorithm>
#include <array>

namespace exai::suite {
namespace {

struct KeyShape {
  std::string_view begins, what;
  std::size_t more;  ///< characters after the beginning, at least
};
constexpr std::array<KeyShape, 15> k_shapes{{{"sk-", "an API key", 20},
                                             {"sk_live_", "a Stripe key", 16},
                                             {"ghp_", "a GitHub token", 30},
                                             {"gho_", "a GitHub token", 30},
                                             {"github_pat_", "a GitHub token", 30},
                                             {"glpat-", "a GitLab token", 20},
                                             {"xoxb-", "a Slack token", 20},
                                             {"xoxp-", "a Slack token", 20},
                                             {"AKIA", "an AWS key", 16},
                                             {"AIza", "a Google key", 30},
                                             {"sbp_", "a Supabase token", 30},
                                             {"sb_secret_", "a Supabase key", 16},
                                             {"hf_", "a Hugging Face token", 30},
                                             {"npm_", "an npm token", 30},
                                             {"tvly-", "a Tavily key", 20}}};

bool in_key(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         byte == '-' || byte == '_' || byte == '.';
}

bool is_digit_byte(char byte) {
  return byte >= '0' && byte <= '9';
}

/// Letters and digits mixed, and not one of them over and over: what a generator gives out.
bool looks_random(std::string_view text) {
  const auto digits = std::count_if(text.begin(), text.end(), is_digit_byte);
  std::string sorted(text);
  std::sort(sorted.begin(), sorted.end());
  const auto kinds = std::unique(sorted.begin(), sorted.end()) - sorted.begin();
  constexpr auto k_kinds = 8;
  return digits > 0 && std::size_t(digits) < text.size() && kinds >= k_kinds;
}

/// eyJ... three parts of base64: a JSON Web Token.
bool is_web_token(std::string_view word) {
  constexpr std::size_t k_least = 60;
  return word.starts_with("eyJ") && word.size() >= k_least && std::count(word.begin(), word.end(), '.') == 2;
}

/// 32 hexadecimal digits, a dot and 16 letters and digits: how GLM's keys look.
bool is_glm_key(std::string_view word) {
  constexpr std::size_t k_id = 32, k_rest = 16;
  if (word.size() != k_id + 1 + k_rest || word[k_id] != '.') return false;
  const auto hex = [](char byte) { return is_digit_byte(byte) || (byte >= 'a' && byte <= 'f'); };
  return std::all_of(word.begin(), word.begin() + k_id, hex) && looks_random(word.substr(0, k_id));
}

std::string_view shape_of(std::string_view word) {
  if (is_web_token(word)) return "a JSON Web Token";
  if (is_glm_key(word)) return "a GLM key";
  for (const KeyShape& shape : k_shapes)
    if (word.starts_with(shape.begins) && word.size() >= shape.begins.size() + shape.more &&
        looks_random(word.substr(shape.begins.size())))
      return shape.what;
  return {};
}

}  // namespace

std::string key_shaped(std::string_view text) {
  if (text.find("PRIVATE KEY-----") != std::string_view::npos) return "a private key";
  for (std::size_t at = 0; at < text.size();) {
    if (!in_key(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && in_key(text[end])) ++end;
    if (const std::string_view shape = shape_of(text.substr(at, end - at)); !shape.empty())
      return std::string(shape);
    at = end;
  }
  return {};
}

}  // namespace exai::suite
