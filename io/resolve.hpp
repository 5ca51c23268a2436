// Host names to addresses, with a deadline: the system's own call can hang as long as a name server does.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace exai::io {

/// A socket address as the system has it (sockaddr_in or sockaddr_in6), to be passed to connect(2).
using SocketAddress = std::vector<unsigned char>;

/// Asks the system; the text of the problem on failure.
struct Lookup {
  std::vector<SocketAddress> found;
  std::string problem;
};
Lookup system_lookup(const std::string& host, const std::string& port);

/// Addresses for TCP in the order to try them. Numbers are read without asking anybody; a name is asked for
/// on a thread that is left behind when the deadline comes first (`timeout`); at most 16 may hang like that,
/// then names are refused (`busy`). `unreachable` for a name that nobody knows. `lookup` is the system's, but
/// for tests. A stop ends the wait as the deadline does (`cancelled`).
Result<std::vector<SocketAddress>> resolve(
    const std::string& host, const std::string& port, Deadline deadline,
    const std::function<Lookup(const std::string&, const std::string&)>& lookup = system_lookup,
    const std::stop_token& stop = {});

}  // namespace exai::io
