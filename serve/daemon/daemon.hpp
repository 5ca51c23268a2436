// The EX-AI WebSocket daemon as a service of frames.
#pragma once

#include "serve/daemon/connection.hpp"
#include "serve/door/access.hpp"

namespace exai::serve {

class Daemon final : public FrameService {
 public:
  Daemon(Engine& engine, const ToolCatalogue& tools, const AccessPolicy& access, DaemonSettings settings)
      : engine_(engine),
        tools_(tools),
        access_(access),
        settings_(std::make_shared<DaemonSettings>(std::move(settings))) {}

  std::optional<HttpAnswer> admit(const HttpRequest& request) override {
    return access_.check_origin(request);
  }
  std::string_view choose(const HttpRequest& /*request*/) override { return {}; }
  std::shared_ptr<FrameHandler> connect(std::shared_ptr<FrameSink> sink, const HttpRequest& request) override;
  /// For connections that begin from now on.
  void reload(DaemonSettings settings) { settings_ = std::make_shared<DaemonSettings>(std::move(settings)); }

 private:
  Engine& engine_;
  const ToolCatalogue& tools_;
  const AccessPolicy& access_;
  std::shared_ptr<const DaemonSettings> settings_;
  std::shared_ptr<int> connected_ = std::make_shared<int>();  // one more owner for each live connection
};

}  // namespace exai::serve
