// Reading a head from a socket and refusing a request, for every kind of connection. The coroutines keep the
// rules in http_connection.cpp; their arguments belong to the connection that awaits them.
#pragma once

#include "serve/net/connection_manager.hpp"
#include "serve/net/head.hpp"

#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>

namespace exai::serve::net {

/// How long a peer that was refused may still send before it is cut off.
inline constexpr Millis k_linger{2000};

/// Reads until the head is whole or refused; what came after it stays in the buffer. `eof` when the peer ends
/// before that.
net::awaitable<boost::system::error_code> read_head(net::ip::tcp::socket& socket,
                                                    boost::beast::flat_buffer& buffer, HeadReader& head);

/// Ends our side and reads on for a while: a reset would take the answer away from a peer that still sends.
/// The caller has set a deadline.
net::awaitable<void> linger(net::ip::tcp::socket& socket, boost::beast::flat_buffer& buffer);

}  // namespace exai::serve::net
