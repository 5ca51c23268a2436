#include "serve/net/head_read.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace exai::serve::net {
namespace {

using Tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;

// What an idle connection holds; most heads fit.
constexpr std::size_t k_read_bytes = 1024;
constexpr std::size_t k_linger_bytes = std::size_t{64} << 20U;

}  // namespace

net::awaitable<boost::system::error_code> read_head(net::ip::tcp::socket& socket,
                                                    boost::beast::flat_buffer& buffer, HeadReader& head) {
  ErrorCode error;
  for (;;) {
    if (buffer.size() > 0)
      buffer.consume(head.take({static_cast<const char*>(buffer.data().data()), buffer.size()}));
    if (head.state() != HeadReader::State::more) co_return error;
    const std::size_t count = co_await socket.async_read_some(buffer.prepare(k_read_bytes),
                                                              net::redirect_error(net::use_awaitable, error));
    buffer.commit(count);
    if (error) co_return error;
  }
}

net::awaitable<void> linger(net::ip::tcp::socket& socket, boost::beast::flat_buffer& buffer) {
  ErrorCode error;
  socket.shutdown(Tcp::socket::shutdown_send, error);
  buffer.clear();
  std::size_t taken = 0;
  while (!error && taken < k_linger_bytes) {
    const std::size_t count = co_await socket.async_read_some(buffer.prepare(65536),
                                                              net::redirect_error(net::use_awaitable, error));
    taken += count;
  }
}

}  // namespace exai::serve::net
