#include "checks/measure/postgres_address.hpp"

#include "core/config.hpp"
#include "core/text.hpp"
#include "io/postgres.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/core.h>

namespace exai::checks {
namespace {

using Role = SupabaseHost::Role;

constexpr const char* k_where =
    "copy it from the project's page: Connect, then Session pooler or Transaction pooler";
constexpr const char* k_escapes =
    "in the password write @ as %40, / as %2F, : as %3A, ? as %3F, # as %23 and % as %25";

Error address_error(std::string message, std::string hint) {
  return make_error(ErrorKind::config, std::move(message), std::move(hint));
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What stands between the scheme and the last "@", as it is written; "" where there is none.
std::string_view login_of(std::string_view url) {
  const std::size_t begin = url.find("://");
  const std::size_t end = url.rfind('@');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin + 3) return {};
  return url.substr(begin + 3, end - begin - 3);
}

std::string_view password_of(std::string_view url) {
  const std::string_view login = login_of(url);
  const std::size_t colon = login.find(':');
  return colon == std::string_view::npos ? std::string_view() : login.substr(colon + 1);
}

/// Whether a "%" stands there that begins no escape.
bool has_bare_percent(std::string_view text) {
  const auto digit = [&](std::size_t at) {
    return at < text.size() && std::isxdigit(static_cast<unsigned char>(text[at])) != 0;
  };
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1))
    if (!digit(at + 1) || !digit(at + 2)) return true;
  return false;
}

bool is_template(std::string_view password) {
  if (password.size() >= 2 && ((password.front() == '[' && password.back() == ']') ||
                               (password.front() == '<' && password.back() == '>')))
    return true;
  return password.starts_with("${") || to_lower(password).starts_with("%5byour") ||
         (!password.empty() && is_placeholder(password));
}

/// Of an address that libpq does not read.
Error unreadable(std::string_view url, Error error) {
  for (const std::string_view web : {"https://", "http://"})
    if (to_lower(url.substr(0, web.size())) == web)
      return address_error("the address of the database is one of the web",
                           "SUPABASE_URL is for that one; the database's begins with postgresql://");
  const std::string_view login = login_of(url);
  if (has_bare_percent(login) || login.find_first_of("/?#@ ") != std::string_view::npos)
    return address_error("a character of the password breaks the address of the database apart", k_escapes);
  return error;
}

std::optional<Error> supabase_mistake(const io::PgAddress& address, std::string_view password) {
  const SupabaseHost host = supabase_host(address.host);
  if (host.role == Role::none) return {};
  if (host.role == Role::api)
    return address_error(fmt::format("{} speaks HTTP and is not the database", address.host),
                         fmt::format("the database is db.{}.supabase.co, or its pooler", host.ref));
  const bool has_ref = has(address.user, ".");
  if (host.role == Role::pooler && !has_ref)
    return address_error(
        fmt::format("the user \"{}\" does not say which project: the pooler serves many", address.user),
        "write USER.REF, as in postgres.abcdefghijklmnopqrst");
  if (host.role == Role::direct && has_ref)
    return address_error(fmt::format("the user \"{}\" is one of the pooler, the host is not", address.user),
                         "leave .REF out, or take the pooler's host");
  if (password.starts_with("eyJ") || password.starts_with("sb_") || password.starts_with("sbp_"))
    return address_error("the password of the database is a key of the API",
                         "the database has a password of its own: Project Settings, Database");
  return {};
}

struct Meaning {
  std::string_view words;
  ErrorKind kind;
  std::string_view hint;
};

constexpr std::array k_meanings{
    Meaning{"password authentication failed", ErrorKind::config,
            "is it the password of the database, with % escapes? Supabase: Project Settings, Database, "
            "Reset database password"},
    Meaning{"enant or user not found", ErrorKind::config,
            "the pooler does not know this project: is .REF right, and the region in the host? A paused "
            "project is not found either"},
    Meaning{"no pg_hba.conf entry", ErrorKind::config,
            "the server admits nobody from here as this user: pg_hba.conf, or network restrictions"},
    Meaning{"does not support SSL", ErrorKind::config,
            "ssl = on in its postgresql.conf, or a tunnel to this machine"},
    Meaning{"ertificate", ErrorKind::config,
            "sslrootcert=FILE in the address names the authority; Supabase: Database Settings, SSL "
            "Configuration, Download certificate"},
    Meaning{"too many c", ErrorKind::busy, "raise max_connections, or go through a pooler"},
    Meaning{"remaining connection slots", ErrorKind::busy, "raise max_connections, or go through a pooler"},
    Meaning{"max clients", ErrorKind::busy,
            "raise the pool size, or take the transaction pooler (port 6543)"},
    Meaning{"max_client_conn", ErrorKind::busy, "raise max_client_conn of PgBouncer"},
    Meaning{"onnection refused", ErrorKind::unreachable, "does it run, and is the port right (5432)?"},
};

}  // namespace

SupabaseHost supabase_host(std::string_view host) {
  constexpr std::string_view k_project = ".supabase.co", k_pooler = ".pooler.supabase.com";
  const std::string name = to_lower(host);
  if (name.ends_with(k_pooler)) return {Role::pooler};
  if (!name.ends_with(k_project)) return {};
  const std::string front = name.substr(0, name.size() - k_project.size());
  if (front.starts_with("db.")) return {Role::direct, front.substr(3)};
  return {Role::api, front};
}

std::optional<Error> postgres_mistake(const Secret& url) {
  const std::string_view text = trim(url.reveal());
  if (is_template(password_of(text)))
    return address_error("the password of the database is still the template's placeholder",
                         "Supabase shows it once, when it is made: Project Settings, Database");
  const auto address = io::PgConnection::address(url);
  if (!address) return unreadable(text, address.error());
  if (const auto mistake = supabase_mistake(*address, password_of(text))) return mistake;
  if (const auto target = io::PgConnection::target(url); !target) return target.error();
  return {};
}

Error explain_postgres(const Secret& url, Error error) {
  const auto address = io::PgConnection::address(url);
  const SupabaseHost host = address ? supabase_host(address->host) : SupabaseHost{};
  const bool asked = error.kind == ErrorKind::unreachable || error.kind == ErrorKind::config;
  if (asked && has(error.message, "database \"") && has(error.message, "does not exist")) {
    error.kind = ErrorKind::config;
    error.hint = host.role == Role::none ? "CREATE DATABASE, or name one that is there"
                                         : "on Supabase the database is called postgres";
    return error;
  }
  const auto found = std::find_if(k_meanings.begin(), k_meanings.end(),
                                  [&](const Meaning& one) { return asked && has(error.message, one.words); });
  if (found != k_meanings.end()) {
    error.kind = found->kind;
    error.hint = found->hint;
  } else if (host.role == Role::direct &&
             (error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout)) {
    error.hint = std::string(
                     "without the IPv4 add-on this host has an IPv6 address only: is there IPv6 here, and "
                     "is the project not paused? The poolers have IPv4: ") +
                 k_where;
  }
  return error;
}

bool is_tls_error(const Error& error) {
  return has(error.message, "ertificate") || has(error.message, "SSL") || has(error.message, "sslmode");
}

}  // namespace exai::checks
