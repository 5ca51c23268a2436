// What a key of Supabase says of itself, and what is wrong with the keys of a deployment; nobody is asked.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/report.hpp"
#include "core/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::checks {

enum class SupabaseKeyKind : std::uint8_t {
  anon,          ///< a token of the role anon: for everybody
  service_role,  ///< a token of the role service_role: past row level security
  other_role,    ///< a token of another role, as a user's
  publishable,   ///< sb_publishable_: what anon was
  secret,        ///< sb_secret_: what service_role was
  management,    ///< sbp_: a person's, for the management API; no project takes it
  unknown,
};
/// "anon token", "sb_secret_ key": for messages.
std::string_view to_string(SupabaseKeyKind kind);

struct SupabaseKey {
  SupabaseKeyKind kind = SupabaseKeyKind::unknown;
  std::string role{}, ref{};  ///< of a token; printable, "" where it has none
  std::optional<Wall> expires{};

  /// Everybody may have it.
  [[nodiscard]] bool is_public() const {
    return kind == SupabaseKeyKind::anon || kind == SupabaseKeyKind::publishable;
  }
  /// For servers only.
  [[nodiscard]] bool is_server() const {
    return kind == SupabaseKeyKind::service_role || kind == SupabaseKeyKind::secret;
  }
  [[nodiscard]] bool is_token() const {
    return kind == SupabaseKeyKind::anon || kind == SupabaseKeyKind::service_role ||
           kind == SupabaseKeyKind::other_role;
  }
};

/// Reads the beginning of the key and, of a token, its claims; the signature is the server's to judge.
SupabaseKey read_supabase_key(const Secret& key);

/// The settings of Supabase.
struct SupabaseSettings {
  std::string url;
  Secret anon, service, access;

  [[nodiscard]] bool any() const {
    return !url.empty() || !anon.empty() || !service.empty() || !access.empty();
  }
  /// The service key, or what stands in its place: the access token where that is a project's server key.
  [[nodiscard]] const Secret& server_key() const;
};
SupabaseSettings supabase_settings(const Config& config);

/// Of "https://<ref>.supabase.co" the ref; "" for any other address.
std::string supabase_ref(std::string_view url);

/// What is wrong with the address: the dashboard's, the database's, one without TLS.
std::vector<Finding> supabase_url_findings(std::string_view url);
/// What is wrong with address and keys together at that time: kinds in the wrong place, one key twice,
/// expired ones, those of another project. No text repeats a key.
std::vector<Finding> supabase_key_findings(const SupabaseSettings& settings, Wall now);

}  // namespace exai::checks
