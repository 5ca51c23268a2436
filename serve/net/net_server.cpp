#include "serve/net/net_server.hpp"

#include "io/process.hpp"
#include "io/resolve.hpp"
#include "serve/net/connection_manager.hpp"
#include "serve/net/exchange.hpp"
#include "serve/net/frame_client.hpp"
#include "serve/net/http_text.hpp"

#include <cstring>
#include <list>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace exai::serve::net {
namespace {

using Tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;
using Greet = std::function<void(Arrival)>;

class AsioTimer final : public engine::Timer {
 public:
  AsioTimer(net::io_context& io, Millis delay, std::function<void()> job) : timer_(io, delay) {
    timer_.async_wait([job = std::move(job)](const ErrorCode& error) {
      if (!error) job();
    });
  }

 private:
  net::steady_timer timer_;
};

class AsioLoop final : public engine::Loop {
 public:
  explicit AsioLoop(net::io_context& io) : io_(io) {}
  void post(std::function<void()> job) override { net::post(io_, std::move(job)); }
  std::unique_ptr<engine::Timer> after(Millis delay, std::function<void()> job) override {
    return std::make_unique<AsioTimer>(io_, delay, std::move(job));
  }

 private:
  net::io_context& io_;
};

/// Refuses a caller for whom there is no room, without waiting for it.
void turn_away(Tcp::socket socket) {
  const HttpResponse answer = plain_error(503, "too many connections", "Retry-After: 1\r\n");
  std::string text;
  write_head(text, answer, Persistence::close);
  text += answer.body;
  ErrorCode ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(net::buffer(text), ignored);
}

net::awaitable<void> accept_all(Tcp::acceptor& acceptor, ConnectionManager& manager, Share share,
                                std::string name, Greet greet) {
  net::steady_timer pause(manager.io());
  while (acceptor.is_open()) {
    ErrorCode error;
    Tcp::socket socket = co_await acceptor.async_accept(net::redirect_error(net::use_awaitable, error));
    if (error == net::error::operation_aborted) co_return;
    if (error) {
      // Out of descriptors, most likely: some are free when others leave.
      pause.expires_after(Millis{100});
      co_await pause.async_wait(net::redirect_error(net::use_awaitable, error));
      continue;
    }
    const Tcp::endpoint peer = socket.remote_endpoint(error);
    if (error) continue;
    std::string address = peer.address().to_string();
    if (!manager.has_room(share, address)) {
      turn_away(std::move(socket));
      if (manager.on_turned_away) manager.on_turned_away(address, name);
      continue;
    }
    socket.set_option(Tcp::no_delay(true), error);
    greet({std::move(socket), std::move(address), share});
  }
}

Error busy_port(const std::string& where, std::uint16_t port, std::string_view setting) {
  std::string owner;
  for (const long pid : io::listeners(port)) owner += (owner.empty() ? " (pid " : ", ") + std::to_string(pid);
  if (!owner.empty()) owner += ")";
  return make_error(
      ErrorKind::refused, "cannot listen on " + where + ": another process" + owner + " does",
      "stop it (exai stop, if it is exai), or choose another port with " + std::string(setting));
}

Result<Tcp::endpoint> resolve_host(const std::string& host, std::uint16_t port, std::string_view setting) {
  constexpr Millis k_patience{5000};
  ErrorCode error;
  const net::ip::address address = net::ip::make_address(host, error);
  if (!error) return Tcp::endpoint(address, port);
  const auto found = io::resolve(host, std::to_string(port), Deadline::after(k_patience));
  Tcp::endpoint endpoint;
  if (!found || found->front().size() > endpoint.capacity())
    return fail(
        ErrorKind::config,
        "cannot resolve the address " + host + " to listen on" + (found ? "" : ": " + found.error().message),
        "set " + std::string(setting) + " to an address of this machine");
  std::memcpy(endpoint.data(), found->front().data(), found->front().size());
  endpoint.resize(found->front().size());
  return endpoint;
}

std::string printable_address(const Tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  const std::string host = endpoint.address().is_v6() ? "[" + address + "]" : address;
  return host + ":" + std::to_string(endpoint.port());
}

Result<void> open_acceptor(Tcp::acceptor& acceptor, const Tcp::endpoint& endpoint, std::string_view setting) {
  ErrorCode error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(Tcp::acceptor::max_listen_connections, error);
  if (!error) return {};
  const std::string where = printable_address(endpoint);
  if (error == net::error::address_in_use) return fail(busy_port(where, endpoint.port(), setting));
  return fail(ErrorKind::refused, "cannot listen on " + where + ": " + error.message(),
              "change " + std::string(setting));
}

}  // namespace

struct NetServer::Impl {
  explicit Impl(NetLimits limits) : manager(io, registry, limits), loop(io), signals(io) {}

  ConnectionRegistry registry;  // first, so that it goes last
  net::io_context io{1};
  ConnectionManager manager;
  AsioLoop loop;
  net::signal_set signals;
  std::function<void(int)> on_signal;
  std::function<void(std::string_view)> on_broken;
  std::list<Tcp::acceptor> acceptors;

  Result<BoundSocket> listen(const std::string& name, const std::string& host, std::uint16_t port,
                             std::string_view setting, Share share, Greet greet) {
    const Result<Tcp::endpoint> endpoint = resolve_host(host, port, setting);
    if (!endpoint) return fail(endpoint.error());
    Tcp::acceptor acceptor(io);
    if (Result<void> opened = open_acceptor(acceptor, *endpoint, setting); !opened)
      return fail(opened.error());
    BoundSocket bound;
    bound.name = name;
    bound.address = printable_address(acceptor.local_endpoint());
    acceptors.push_back(std::move(acceptor));
    net::awaitable<void> task = accept_all(acceptors.back(), manager, share, name, std::move(greet));
    net::co_spawn(io, std::move(task), net::detached);
    return bound;
  }

  void wait_for_signal() {
    signals.async_wait([this](const ErrorCode& error, int signal) {
      if (error) return;
      wait_for_signal();
      on_signal(signal);
    });
  }
};

NetLimits net_limits(const Config& config) {
  NetLimits limits;
  limits.connections = static_cast<std::size_t>(config.integer("limits.connections"));
  limits.connections_per_address = static_cast<std::size_t>(config.integer("limits.connections_per_address"));
  limits.body = config.bytes("limits.body");
  limits.frame = config.bytes("limits.frame");
  limits.idle = config.duration("limits.idle");
  limits.request_read = config.duration("limits.request_read");
  limits.ping_interval = config.duration("ws.ping_interval");
  limits.ping_timeout = config.duration("ws.ping_timeout");
  return limits;
}

NetServer::NetServer(NetLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
NetServer::~NetServer() = default;

engine::Loop& NetServer::loop() {
  return impl_->loop;
}
void NetServer::set_limits(NetLimits limits) {
  impl_->manager.limits = limits;
}
std::size_t NetServer::connections() const {
  return impl_->manager.size();
}

Result<BoundSocket> NetServer::listen_http(const std::string& name, const std::string& host,
                                           std::uint16_t port, std::string_view setting, HttpHandler& handler,
                                           bool reserved) {
  ConnectionManager& manager = impl_->manager;
  return impl_->listen(
      name, host, port, setting, reserved ? Share::reserved : Share::common,
      [&manager, &handler](Arrival arrival) { serve_http(std::move(arrival), manager, handler); });
}

Result<BoundSocket> NetServer::listen_frames(const std::string& name, const std::string& host,
                                             std::uint16_t port, std::string_view setting,
                                             FrameService& service) {
  ConnectionManager& manager = impl_->manager;
  return impl_->listen(name, host, port, setting, Share::common, [&manager, &service](Arrival arrival) {
    serve_frames(std::move(arrival), manager, service);
  });
}

std::shared_ptr<FrameSink> NetServer::dial(const std::string& host, const std::string& port,
                                           const std::string& path, std::size_t max_frame, DialHooks hooks) {
  return dial_frames(impl_->io, impl_->manager.limits, host, port, path, max_frame, std::move(hooks));
}

void NetServer::on_signals(std::initializer_list<int> signals, std::function<void(int)> handler) {
  for (const int signal : signals) impl_->signals.add(signal);
  impl_->on_signal = std::move(handler);
  impl_->wait_for_signal();
}

void NetServer::on_broken(std::function<void(std::string_view)> hook) {
  impl_->on_broken = std::move(hook);
}

void NetServer::on_turned_away(std::function<void(std::string_view, std::string_view)> hook) {
  impl_->manager.on_turned_away = std::move(hook);
}

void NetServer::judge_passes(std::function<PassState(const Pass&)> judge) {
  impl_->manager.judge_pass = std::move(judge);
}

void NetServer::judge_now() {
  impl_->manager.sweep();
}

void NetServer::run() {
  const auto busy = net::make_work_guard(impl_->io);
  for (bool broke = true; broke;) {
    broke = false;
    try {
      impl_->io.run();
    } catch (const std::exception& error) {
      broke = true;
      if (impl_->on_broken) impl_->on_broken(error.what());
    }
  }
  // Remaining connections end now, while what their handlers use still exists.
  for (const std::shared_ptr<Connection>& one : impl_->registry.all()) one->sweep(Steady::max());
  impl_->io.restart();
  impl_->io.poll();
  // From here on a signal does what it does to any process: nobody would handle it.
  ErrorCode ignored;
  impl_->signals.clear(ignored);
}

void NetServer::stop_accepting() {
  ErrorCode ignored;
  for (Tcp::acceptor& acceptor : impl_->acceptors) acceptor.close(ignored);
  impl_->manager.wind_down();
}

void NetServer::stop() {
  impl_->io.stop();
}

}  // namespace exai::serve::net
