#include "checks/measure/supabase_judge.hpp"

#include "checks/measure/judging.hpp"
#include "core/text.hpp"
#include "core/utc.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::checks {
namespace {

void add_phases(CheckResult& result, const SupabaseAnswer& answer, std::optional<Millis> warn = {},
                std::optional<Millis> crit = {}) {
  const auto as_number = [](const std::optional<Millis>& value) {
    return value ? std::optional<double>(static_cast<double>(value->count())) : std::nullopt;
  };
  add_text(result, "status", fmt::format("{}", answer.status));
  add_time(result, "connect", answer.connect);
  add_time(result, "first_byte", answer.first_byte);
  result.facts.push_back(
      {"total", millis_text(answer.total), to_millis(answer.total), "ms", as_number(warn), as_number(crit)});
  if (!answer.version.empty()) add_text(result, "version", answer.version);
}

/// What it said itself, where it said something.
std::string in_its_words(const SupabaseAnswer& answer) {
  return answer.message.empty() ? "" : fmt::format(": {}", answer.message);
}

/// Of an answer that says nothing about the part that was asked: who stands before it, and in what state it
/// is. Nothing for one that does.
std::optional<CheckResult> judge_gate(const SupabaseAnswer& answer, const std::string& origin) {
  constexpr const char* k_restore = "restore it: supabase.com/dashboard, Restore project";
  if (answer.status >= 300 && answer.status < 400)
    return answer.moved_to.empty() || answer.moved_to == origin
               ? check_fail(fmt::format("{} redirects to another path", origin),
                            "SUPABASE_URL=https://REF.supabase.co, without a path", Cause::config)
               : check_fail(fmt::format("{} redirects to {}, which was sent no key", origin, answer.moved_to),
                            fmt::format("SUPABASE_URL={}, if that is the project", answer.moved_to),
                            Cause::config);
  if (answer.status == 540) return check_fail("the project is paused", k_restore, Cause::config);
  if (answer.status == 401 || answer.status == 403) return {};
  if (!answer.json)
    return check_unknown(make_error(
        ErrorKind::invalid, fmt::format("what answers at {} ({}) is not Supabase", origin, answer.status),
        "is there a proxy between, or a project that is paused or deleted? curl -i shows it"));
  if (answer.status >= 500)
    return check_fail(fmt::format("answered {}{}", answer.status, in_its_words(answer)),
                      "status.supabase.com; a project that starts answers so for some minutes");
  if (answer.status == 404)
    return check_fail(
        fmt::format("nothing of that name at {}{}", origin, in_its_words(answer)),
        fmt::format("is the project paused or deleted, or SUPABASE_URL wrong? If paused, {}", k_restore),
        Cause::config);
  return {};
}

CheckResult refused_key(const SupabaseFacts& facts, const SupabaseAnswer& answer) {
  const char* const name = facts.server_key ? "SUPABASE_SERVICE_ROLE_KEY" : "SUPABASE_ANON_KEY";
  return check_fail(fmt::format("the key was refused ({}){}", answer.status, in_its_words(answer)),
                    fmt::format("is {} of this project, and not revoked? Project Settings, API Keys", name),
                    Cause::config);
}

CheckResult judge_part(const SupabaseFacts& facts, const Result<SupabaseAnswer>& answer,
                       std::string_view what) {
  if (!answer) return check_unknown(answer.error());
  CheckResult result = check_pass(fmt::format("{} is well, {}", what, millis_text(answer->total)));
  if (auto gate = judge_gate(*answer, facts.origin))
    result = std::move(*gate);
  else if (answer->status == 401 || answer->status == 403)
    result = refused_key(facts, *answer);
  else if (answer->status < 200 || answer->status > 299)
    result = check_fail(fmt::format("{} answered {}{}", what, answer->status, in_its_words(*answer)),
                        "status.supabase.com, or the logs of the project");
  add_phases(result, *answer);
  return result;
}

/// What the answer for one table says.
struct LookFinding {
  Status severity = Status::pass;
  std::string message;
};

LookFinding judge_look(const SupabaseLook& look, const std::string& origin) {
  if (!look.answer) return {Status::unknown, fmt::format("{}: {}", look.table, look.answer.error().message)};
  const SupabaseAnswer& answer = *look.answer;
  const bool listed = answer.status >= 200 && answer.status < 300 && answer.json;
  if (listed && answer.rows)
    return {Status::fail, fmt::format("everybody reads rows of {} with the public key", look.table)};
  if (listed) return {};
  // No such schema, no such table, or the right to it is missing.
  const bool closed = answer.code == "PGRST106" || answer.code == "PGRST205" || answer.code == "PGRST204" ||
                      answer.code == "42P01" || answer.code == "42501";
  if (closed) return {};
  if (const auto gate = judge_gate(answer, origin))
    return {Status::unknown, fmt::format("{}: {}", look.table, gate->summary)};
  return {Status::unknown, fmt::format("{}: answered {}{}", look.table, answer.status, in_its_words(answer))};
}

}  // namespace

CheckResult judge_supabase_keys(const SupabaseSettings& settings, Wall now) {
  const std::string ref = supabase_ref(settings.url);
  CheckResult result = of_findings(
      supabase_key_findings(settings, now),
      ref.empty()
          ? "each key is of the kind that its setting wants"
          : fmt::format("each key is of the kind that its setting wants, none of another project than {}",
                        ref));
  const auto add_key = [&](const char* name, const Secret& secret) {
    if (secret.empty()) return;
    const SupabaseKey key = read_supabase_key(secret);
    add_text(result, name,
             key.expires ? fmt::format("{}, expires {}", to_string(key.kind), utc_seconds(*key.expires))
                         : std::string(to_string(key.kind)));
  };
  add_key("anon_key", settings.anon);
  add_key("service_role_key", settings.service);
  add_key("access_token", settings.access);
  return result;
}

CheckResult judge_supabase_rest(const SupabaseFacts& facts, std::optional<Millis> warn,
                                std::optional<Millis> crit) {
  constexpr Millis k_slow{500};
  if (!facts.rest) return check_unknown(facts.rest.error());
  const SupabaseAnswer& answer = *facts.rest;
  const Millis high = warn.value_or(k_slow);
  CheckResult result =
      check_pass(fmt::format("PostgREST at {} takes the {} key, {}", facts.origin,
                             facts.server_key ? "server" : "public", millis_text(answer.total)));
  const bool refused = answer.status == 401 || answer.status == 403;
  if (auto gate = judge_gate(answer, facts.origin))
    result = std::move(*gate);
  else if (refused && !facts.server_key && (answer.code.starts_with("PGRST") || answer.code == "42501"))
    result = check_pass("PostgREST answers, and lists what it serves to server keys only");
  else if (refused)
    result = refused_key(facts, answer);
  else if (answer.status < 200 || answer.status > 299)
    result = check_fail(fmt::format("PostgREST answered {}{}", answer.status, in_its_words(answer)),
                        "status.supabase.com, or the logs of the project");
  else if (crit && answer.total > *crit)
    result = check_fail(fmt::format("{}: above {}", result.summary, format_duration(*crit)),
                        "is the project in another region, or overloaded?");
  else if (answer.total > high)
    result = check_warn(fmt::format("{}: above {}", result.summary, format_duration(high)),
                        "is the project in another region, or overloaded?");
  add_phases(result, answer, high, crit);
  return result;
}

CheckResult judge_supabase_auth(const SupabaseFacts& facts) {
  return judge_part(facts, facts.auth, "the service for logins");
}

CheckResult judge_supabase_storage(const SupabaseFacts& facts) {
  return judge_part(facts, facts.storage, "the service for files");
}

CheckResult judge_supabase_exposure(const SupabaseFacts& facts) {
  if (!facts.public_key)
    return check_skip("SUPABASE_ANON_KEY is not set: there is no key to look with as everybody");
  if (!facts.looks) return check_unknown(facts.looks.error());
  std::vector<Finding> findings;
  std::size_t listed = 0;
  for (const SupabaseLook& look : *facts.looks) {
    LookFinding found = judge_look(look, facts.origin);
    if (look.answer && look.answer->status >= 200 && look.answer->status < 300) ++listed;
    if (found.severity == Status::pass) continue;
    findings.push_back({found.severity,
                        "supabase.exposure",
                        std::move(found.message),
                        {},
                        found.severity == Status::fail
                            ? "ALTER TABLE NAME ENABLE ROW LEVEL SECURITY; and take the "
                              "schema out of Exposed schemas, if it is ours"
                            : ""});
  }
  CheckResult result =
      of_findings(std::move(findings),
                  listed == 0 ? "the public key is shown none of our tables"
                              : fmt::format("the public key is shown no row of ours; {} tables are served, "
                                            "without a row for it",
                                            listed));
  add_text(result, "asked", fmt::format("{} tables", facts.looks->size()));
  add_text(result, "served", fmt::format("{} tables", listed));
  return result;
}

CheckResult check_supabase(const CheckContext& context, SupabaseJudge judge) {
  const auto facts = measure_supabase(context);
  if (!facts) return supabase_not_configured();
  if (*facts) return judge(**facts);
  CheckResult result = check_unknown(facts->error());
  result.cause = Cause::none;  // supabase.keys fails for what is wrong with the address
  return result;
}

CheckResult supabase_not_configured() {
  return check_skip(
      "SUPABASE_URL is not set; where there is a Supabase: SUPABASE_URL=https://REF.supabase.co");
}

}  // namespace exai::checks
