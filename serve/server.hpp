// The server as one object: load, check, bind, serve, drain.
#pragma once

#include "serve/net/bound_socket.hpp"
#include "serve/options.hpp"

#include <functional>
#include <vector>

namespace exai::serve {

/// Runs until SIGTERM, SIGINT or (stdio) end of input. `on_ready` is called once all listeners accept.
/// Errors: config (broken timeout hierarchy, open bind without token), refused (another instance, with its
/// pid; port in use, with the way out).
Result<void> run_server(const Config& config, const ServeOptions& options,
                        const std::function<void(const std::vector<net::BoundSocket>&)>& on_ready);

}  // namespace exai::serve
