#include "serve/daemon/daemon.hpp"

#include "io/random.hpp"

namespace exai::serve {

std::shared_ptr<FrameHandler> Daemon::connect(std::shared_ptr<FrameSink> sink, const HttpRequest&) {
  DaemonParts parts{engine_,
                    tools_,
                    settings_,
                    [] { return io::random_token(32); },
                    [count = connected_] { return static_cast<std::size_t>(count.use_count()) - 1; },
                    [this](std::string_view token) { return access_.hello(token); }};
  auto connection = std::make_shared<DaemonConnection>(std::move(parts), std::move(sink));
  connection->begin();
  return connection;
}

}  // namespace exai::serve
