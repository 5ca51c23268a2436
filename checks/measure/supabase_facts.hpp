// What one visit to the Supabase of a deployment finds out over HTTP: asked once a run, judged by several
// checks.
#pragma once

#include "checks/measure/supabase_key.hpp"
#include "core/check.hpp"
#include "core/result.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace exai::checks {

/// One answer, its words printable and short. The body itself is not kept.
struct SupabaseAnswer {
  int status = 0;
  Millis connect{0}, first_byte{0}, total{0};
  bool json = false;          ///< it is JSON by its header, or has no body
  bool rows = false;          ///< an array that is not empty
  std::string code, message;  ///< of an error: "PGRST106", "Invalid API key"
  std::string version;        ///< of what answered, where it says so
  std::string moved_to;       ///< of a redirect: the origin it names, "https://other.example"
};

/// What a key that everybody has was answered for a table.
struct SupabaseLook {
  std::string table;  ///< with its schema: "exai.turns"
  Result<SupabaseAnswer> answer;
};

inline tl::unexpected<Error> supabase_unasked(const char* why = "Supabase was not asked") {
  return fail(ErrorKind::unreachable, why);
}

struct SupabaseFacts {
  std::string origin;       ///< "https://abc.supabase.co"
  bool server_key = false;  ///< the key for servers was used, else that for everybody
  Result<SupabaseAnswer> rest = supabase_unasked();
  Result<SupabaseAnswer> auth = supabase_unasked();
  Result<SupabaseAnswer> storage = supabase_unasked();
  bool public_key = false;  ///< there is a key for everybody to look with
  /// With the key for everybody: each of our tables, and those of the original server.
  Result<std::vector<SupabaseLook>> looks = supabase_unasked();
  bool whole = false;  ///< nothing was cut short by the deadline or a stop
};

struct SupabaseVisit {
  SupabaseSettings settings;
  Deadline deadline;
  std::stop_token stop{};
};

/// Asks; redirects are not followed, so that a key goes to the origin of the settings only. `config` when the
/// address cannot be one.
Result<SupabaseFacts> visit_supabase(const SupabaseVisit& visit);

/// Of the Supabase that supabase.url names; nothing when it names none. Measured once a run.
std::shared_ptr<const Result<SupabaseFacts>> measure_supabase(const CheckContext& context);

}  // namespace exai::checks
