#include "tests/io/ws_server.hpp"

#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <fmt/core.h>
#include <sys/socket.h>

namespace exai::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Plain = beast::websocket::stream<asio::ip::tcp::socket, false>;
using Tls = beast::websocket::stream<asio::ssl::stream<asio::ip::tcp::socket>, false>;

template <class Stream>
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
    while (beast::get_lowest_layer(stream_).receive(asio::buffer(&byte, 1), 0, ignored) > 0 && !ignored) {
    }
  }

 private:
  Stream& stream_;
};

/// Reads the upgrade itself, to answer with the subprotocol when it was offered.
template <class Stream>
void converse(Stream& stream, const std::string& subprotocol, const std::function<void(WsPeer&)>& script) {
  namespace http = beast::http;
  beast::flat_buffer buffer;
  http::request<http::string_body> request;
  boost::system::error_code problem;
  http::read(stream.next_layer(), buffer, request, problem);
  if (problem) return;
  const auto offered = request[http::field::sec_websocket_protocol];
  if (!subprotocol.empty() && std::string_view(offered.data(), offered.size()) == subprotocol)
    stream.set_option(
        beast::websocket::stream_base::decorator([&](beast::websocket::response_type& response) {
          response.set(http::field::sec_websocket_protocol, subprotocol);
        }));
  stream.accept(request, problem);
  if (problem) return;
  Peer<Stream> peer(stream);
  script(peer);
}

}  // namespace

struct WsServer::Impl {
  asio::io_context loop;
  asio::ip::tcp::acceptor acceptor{loop, {asio::ip::make_address("127.0.0.1"), 0}};
  asio::ip::tcp::socket socket{loop};
  bool tls = false;
  std::thread thread;
};

WsServer::WsServer(std::function<void(WsPeer&)> script, Options options) : impl_(std::make_unique<Impl>()) {
  impl_->tls = options.certificate.has_value();
  impl_->thread = std::thread([self = impl_.get(), script = std::move(script), options = std::move(options)] {
    boost::system::error_code problem;
    auto socket = self->acceptor.accept(problem);
    if (problem) return;
    if (!options.certificate) {
      Plain stream(std::move(socket));
      return converse(stream, options.subprotocol, script);
    }
    asio::ssl::context context(asio::ssl::context::tls_server);
    context.use_certificate_file(options.certificate->certificate.string(), asio::ssl::context::pem);
    context.use_private_key_file(options.certificate->key.string(), asio::ssl::context::pem);
    Tls stream(std::move(socket), context);
    stream.next_layer().handshake(asio::ssl::stream_base::server, problem);
    if (!problem) converse(stream, options.subprotocol, script);
  });
}

WsServer::~WsServer() {
  ::shutdown(impl_->acceptor.native_handle(), SHUT_RDWR);
  impl_->thread.join();
}

std::string WsServer::url() const {
  return fmt::format("{}://127.0.0.1:{}/", impl_->tls ? "wss" : "ws",
                     impl_->acceptor.local_endpoint().port());
}

}  // namespace exai::test
