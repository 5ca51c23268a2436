#include "serve/mcp/mcp_pipe.hpp"

#include "serve/mcp/batch.hpp"

namespace exai::serve::mcp {

class McpPipe::Channel final : public SessionChannel {
 public:
  explicit Channel(const std::shared_ptr<Write>& write) : write_(write) {}
  void send(std::string message) override {
    if (const std::shared_ptr<Write> write = write_.lock()) (*write)(std::move(message), true);
  }

 private:
  std::weak_ptr<Write> write_;
};

class McpPipe::Sink final : public ResponseSink {
 public:
  Sink(McpService& service, std::shared_ptr<Session> session, std::shared_ptr<Write> write)
      : service_(service), session_(std::move(session)), write_(std::move(write)) {}
  [[nodiscard]] bool can_send() const override { return true; }
  void send(std::string message, bool droppable) override { (*write_)(std::move(message), droppable); }
  void answer(std::string message, int /*http*/) override { (*write_)(std::move(message), false); }
  void accepted() override {}
  void abandon() override {}
  void open_session(OpenSession opened) override {
    session_->version = std::move(opened.version);
    session_->client = std::move(opened.client);
    service_.join(session_);
    answer(std::move(opened.message), 200);
  }

 private:
  McpService& service_;
  std::shared_ptr<Session> session_;
  std::shared_ptr<Write> write_;
};

McpPipe::McpPipe(McpService& service, std::string id, Principal principal, engine::Transport transport,
                 Write write)
    : service_(service), write_(std::make_shared<Write>(std::move(write))) {
  peer_.id = std::move(id);
  peer_.principal = std::move(principal);
  peer_.transport = transport;
  peer_.session = std::make_shared<Session>();
  peer_.session->id = peer_.id;
  peer_.session->principal = peer_.principal;
  peer_.session->channel = std::make_shared<Channel>(write_);
}

McpPipe::~McpPipe() {
  // Nothing more goes out, whatever the calls still send.
  *write_ = [](const std::string&, bool) {};
  service_.drop(peer_.id);
}

void McpPipe::take(std::string_view text) {
  Result<Json> value = parse_json(text);
  RpcError error;
  error.code = k_parse_error;
  if (!value) {
    error.message = "parse error: " + value.error().message;
    return (*write_)(rpc_error({}, error), false);
  }
  const auto sink = std::make_shared<Sink>(service_, peer_.session, write_);
  if (value->is_array() && takes_batches(*peer_.session))
    return take_batch(service_, std::move(*value), peer_, sink);
  auto message = read_message(*value);
  if (!message) return (*write_)(rpc_error(message.error().id, message.error().error), false);
  const Era era = era_of(*message, {});
  service_.take(std::move(*message), era, peer_, sink);
}

void McpPipe::too_long() {
  RpcError error;
  error.code = k_invalid_request;
  error.message = "the message is larger than limits.body allows";
  (*write_)(rpc_error({}, error), false);
}

}  // namespace exai::serve::mcp
