// What is usually wrong with the address of a PostgreSQL: said before anybody is asked, or after the server
// refused.
#pragma once

#include "core/error.hpp"
#include "core/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace exai::checks {

/// What the name of a host says where it is one of Supabase's.
struct SupabaseHost {
  enum class Role : std::uint8_t {
    none,    ///< not Supabase's
    direct,  ///< db.<ref>.supabase.co: the database itself
    pooler,  ///< *.pooler.supabase.com: Supavisor, for all projects of a region
    api,     ///< <ref>.supabase.co: speaks HTTP
  };
  Role role = Role::none;
  std::string ref{};  ///< of the project, where the name has it
};
SupabaseHost supabase_host(std::string_view host);

/// Why the address need not be tried: `config`, with the way out; nothing for one that can be. No text
/// repeats the password.
std::optional<Error> postgres_mistake(const Secret& url);

/// The error of a connection to that address, with the way out that its words and the host suggest; what a
/// setting has to be changed for is `config`, a server that is full `busy`.
Error explain_postgres(const Secret& url, Error error);

/// Whether it was about TLS that the connection failed.
bool is_tls_error(const Error& error);

}  // namespace exai::checks
