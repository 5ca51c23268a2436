#include "tests/io/ws_server.hpp"

#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/core.h>
#include <sys/socket.h>

namespace exai::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Stream = beast::websocket::stream<asio::ip::tcp::socket>;

class Peer : public WsPeer {
 public:
  explicit Peer(Stream& stream) : stream_(stream) {}
  std::string read() override {
    beast::flat_buffer buffer;
    boost::system::error_code problem;
    stream_.read(buffer, problem);
    return problem ? std::string() : beast::buffers_to_string(buffer.data());
  }
  void write(const std::string& text) override {
    boost::system::error_code ignored;
    stream_.text(true);
    stream_.write(asio::buffer(text), ignored);
  }
  void write_part(const std::string& text) override {
    boost::system::error_code ignored;
    stream_.text(true);
    stream_.write_some(false, asio::buffer(text), ignored);
  }
  void close(std::uint16_t code, const std::string& reason) override {
    boost::system::error_code ignored;
    stream_.close(beast::websocket::close_reason(beast::websocket::close_code(code), reason), ignored);
  }
  void sleep() override {
    boost::system::error_code ignored;
    char byte = 0;
    while (stream_.next_layer().receive(asio::buffer(&byte, 1), 0, ignored) > 0 && !ignored) {
    }
  }

 private:
  Stream& stream_;
};

}  // namespace

struct WsServer::Impl {
  asio::io_context loop;
  asio::ip::tcp::acceptor acceptor{loop, {asio::ip::make_address("127.0.0.1"), 0}};
  asio::ip::tcp::socket socket{loop};
  std::thread thread;
};

WsServer::WsServer(std::function<void(WsPeer&)> script) : impl_(std::make_unique<Impl>()) {
  impl_->thread = std::thread([self = impl_.get(), script = std::move(script)] {
    boost::system::error_code problem;
    auto socket = self->acceptor.accept(problem);
    if (problem) return;
    Stream stream(std::move(socket));
    stream.accept(problem);
    if (problem) return;
    Peer peer(stream);
    script(peer);
  });
}

WsServer::~WsServer() {
  ::shutdown(impl_->acceptor.native_handle(), SHUT_RDWR);
  impl_->thread.join();
}

std::string WsServer::url() const {
  return fmt::format("ws://127.0.0.1:{}/", impl_->acceptor.local_endpoint().port());
}

}  // namespace exai::test
