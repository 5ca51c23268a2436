#include "io/redis_words.hpp"

#include "core/deadline.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

namespace exai::io {
namespace {

constexpr std::size_t k_max_shown = 200;

/// A reply that begins like this, what it says about the server, and the way out.
struct Known {
  std::string_view begins;
  ErrorKind kind;
  std::string_view says;
  std::string_view hint;
};

constexpr std::string_view k_cluster_hint =
    "exai uses one Redis that holds everything: name a single server, not a node of a cluster";
constexpr std::string_view k_sentinel_hint =
    "a sentinel keeps no data: name the master (redis-cli -p 26379 SENTINEL get-master-addr-by-name NAME)";

/// Longer beginnings before those that they begin with.
constexpr std::array k_known{
    Known{"NOAUTH", ErrorKind::refused, "wants a password and was given none",
          "put it into the URL (redis://:PASSWORD@HOST) or into REDIS_PASSWORD"},
    Known{"WRONGPASS", ErrorKind::refused, "refused user and password",
          "check REDIS_URL and REDIS_PASSWORD; a % or @ in the URL's password is written as %25 or %40"},
    Known{"ERR invalid password", ErrorKind::refused, "refused the password",
          "check REDIS_URL and REDIS_PASSWORD"},
    Known{"ERR AUTH <password> called without any password", ErrorKind::refused,
          "has no password set, and was given one",
          "set requirepass on the server, or leave the password out"},
    Known{"ERR Client sent AUTH, but no password is set", ErrorKind::refused,
          "has no password set, and was given one",
          "set requirepass on the server, or leave the password out"},
    Known{"NOPERM", ErrorKind::refused, "does not allow this user the command",
          "give the user the command and the keys (ACL SETUSER), or use another user"},
    Known{"DENIED", ErrorKind::refused,
          "is in protected mode: it has no password and answers its own machine only",
          "set a password (requirepass) and bind it to a private address; do not switch protected-mode off"},
    Known{"LOADING", ErrorKind::busy, "is loading its data", "wait until it has, then try again"},
    Known{"BUSY", ErrorKind::busy, "is running a script that does not end", "SCRIPT KILL on the server"},
    Known{"TRYAGAIN", ErrorKind::config, "is a cluster that is moving these keys", k_cluster_hint},
    Known{"MOVED", ErrorKind::config, "is a cluster, and this key is on another node", k_cluster_hint},
    Known{"ASK", ErrorKind::config, "is a cluster, and this key is moving to another node", k_cluster_hint},
    Known{"CLUSTERDOWN", ErrorKind::config, "is a cluster, and it is down", k_cluster_hint},
    Known{"CROSSSLOT", ErrorKind::config, "is a cluster, and these keys are on several nodes",
          k_cluster_hint},
    Known{"ERR SELECT is not allowed in cluster mode", ErrorKind::config,
          "is a cluster, which has database 0 only", k_cluster_hint},
    Known{"ERR unknown command 'SELECT'", ErrorKind::config, "is a sentinel", k_sentinel_hint},
    Known{"ERR unknown command `SELECT`", ErrorKind::config, "is a sentinel", k_sentinel_hint},
    Known{"ERR DB index is out of range", ErrorKind::config, "has no database of that number",
          "databases count from 0 to 15 unless its configuration says otherwise (databases)"},
    Known{"ERR max number of clients reached", ErrorKind::busy, "has as many clients as it takes",
          "raise maxclients, or find who keeps connections open (CLIENT LIST)"},
    Known{"READONLY", ErrorKind::config, "is a replica and takes no writes", "name the master instead"},
    Known{"MASTERDOWN", ErrorKind::unreachable, "is a replica that lost its master",
          "bring the master back, or name it"},
    Known{"MISCONF", ErrorKind::unreachable, "takes no writes because its last snapshot failed",
          "look at its disk and its log; INFO persistence says what failed"},
    Known{"OOM", ErrorKind::unreachable, "is full: its memory is at maxmemory",
          "raise maxmemory, or choose an eviction policy (maxmemory-policy)"},
    Known{"NOREPLICAS", ErrorKind::unreachable, "takes no writes because too few replicas are connected",
          "bring the replicas back, or lower min-replicas-to-write"},
    Known{"NOSCRIPT", ErrorKind::not_found, "does not know this script", "send the script itself (EVAL)"},
};

const Known* known_reply(std::string_view reply) {
  const auto* const found = std::find_if(k_known.begin(), k_known.end(), [&](const Known& row) {
    if (!reply.starts_with(row.begins)) return false;
    // A code is a whole word: BUSY, not BUSYKEY.
    return row.begins.find(' ') != std::string_view::npos || redis_code(reply) == row.begins;
  });
  return found == k_known.end() ? nullptr : &*found;
}

}  // namespace

std::string_view redis_code(std::string_view error_reply) {
  return error_reply.substr(0, error_reply.find_first_of(" \r\n"));
}

Error explain_redis(std::string_view error_reply, std::string_view address) {
  const Known* const known = known_reply(error_reply);
  const std::string own = printable(error_reply.substr(0, k_max_shown));
  if (known == nullptr)
    return make_error(ErrorKind::invalid, fmt::format("Redis at {} answered: {}", address, own));
  // The text of the reply adds the particulars, but those of a login or of what was sent with it.
  const bool own_words =
      known->kind != ErrorKind::refused && known->begins.find(' ') == std::string_view::npos;
  Error error = make_error(known->kind,
                           own_words ? fmt::format("Redis at {} {} ({})", address, known->says, own)
                                     : fmt::format("Redis at {} {}", address, known->says),
                           std::string(known->hint));
  if (known->kind == ErrorKind::busy) error.retry_after = Millis{1000};
  return error;
}

bool ends_connection(std::string_view error_reply) {
  constexpr std::array<std::string_view, 3> k_last{"DENIED", "ERR max number of clients reached",
                                                   "ERR Protocol error"};
  return std::any_of(k_last.begin(), k_last.end(),
                     [&](std::string_view begins) { return error_reply.starts_with(begins); });
}

}  // namespace exai::io
