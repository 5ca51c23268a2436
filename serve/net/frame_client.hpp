// An outgoing WebSocket connection on the loop.
#pragma once

#include "serve/net/net_server.hpp"

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

namespace exai::serve::net {

/// Begins to connect; what is sent before on_open waits. The hooks are called on the loop until close() or
/// on_lost. A silent peer is pinged, and given
/// up when it has sent nothing for ping_interval + ping_timeout.
std::shared_ptr<FrameSink> dial_frames(boost::asio::io_context& io, const NetLimits& limits, std::string host,
                                       std::string port, std::string path, std::size_t max_frame,
                                       DialHooks hooks);

}  // namespace exai::serve::net
