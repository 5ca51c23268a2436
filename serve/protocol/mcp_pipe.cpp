#include "serve/protocol/mcp_pipe.hpp"

namespace exai::serve {

class McpPipe::Channel final : public SessionChannel {
 public:
  explicit Channel(const std::shared_ptr<Write>& write) : write_(write) {}
  void send(std::string message) override {
    if (const std::shared_ptr<Write> write = write_.lock()) (*write)(std::move(message), true);
  }

 private:
  std::weak_ptr<Write> write_;
};

class McpPipe::Sink : public ResponseSink {
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

/// One message of a batch of revision 2025-03-26; the answers go into one array.
class McpPipe::BatchSink final : public ResponseSink {
 public:
  struct Batch {
    std::shared_ptr<Write> write;
    std::string answers;
    std::size_t open = 0;
    void close() {
      if (--open == 0 && !answers.empty()) (*write)("[" + answers + "]", false);
    }
  };
  explicit BatchSink(std::shared_ptr<Batch> batch) : batch_(std::move(batch)) {}
  [[nodiscard]] bool can_send() const override { return true; }
  void send(std::string message, bool droppable) override { (*batch_->write)(std::move(message), droppable); }
  void answer(std::string message, int /*http*/) override {
    batch_->answers.append(batch_->answers.empty() ? "" : ",").append(message);
    batch_->close();
  }
  void accepted() override { batch_->close(); }
  void abandon() override { batch_->close(); }
  void open_session(OpenSession opened) override { answer(std::move(opened.message), 200); }

 private:
  std::shared_ptr<Batch> batch_;
};

McpPipe::McpPipe(McpService& service, std::string id, Principal principal, Transport transport, Write write)
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
  // Nothing more goes out, whatever the calls still say.
  *write_ = [](const std::string&, bool) {};
  service_.forget(peer_.id);
}

void McpPipe::take(std::string_view text) {
  Result<Json> value = parse_json(text);
  RpcError error;
  error.code = k_parse_error;
  if (!value) {
    error.message = "parse error: " + value.error().message;
    return (*write_)(rpc_error({}, error), false);
  }
  if (value->is_array() && peer_.session->version == "2025-03-26") return take_batch(std::move(*value));
  auto message = read_message(*value);
  if (!message) return (*write_)(rpc_error(message.error().id, message.error().error), false);
  const Era era = era_of(*message, {});
  service_.take(std::move(*message), era, peer_, std::make_shared<Sink>(service_, peer_.session, write_));
}

void McpPipe::take_batch(Json messages) {
  constexpr std::size_t k_most = 100;
  if (messages.empty() || messages.size() > k_most) {
    RpcError error;
    error.code = k_invalid_request;
    error.message = "a batch has 1 to 100 messages";
    return (*write_)(rpc_error({}, error), false);
  }
  const auto batch = std::make_shared<BatchSink::Batch>();
  batch->write = write_;
  batch->open = messages.size() + 1;
  for (Json& one : messages) {
    const auto sink = std::make_shared<BatchSink>(batch);
    auto message = read_message(one);
    if (message)
      service_.take(std::move(*message), Era::legacy, peer_, sink);
    else
      sink->answer(rpc_error(message.error().id, message.error().error), 400);
  }
  batch->close();
}

void McpPipe::too_long() {
  RpcError error;
  error.code = k_invalid_request;
  error.message = "the message is larger than limits.body allows";
  (*write_)(rpc_error({}, error), false);
}

}  // namespace exai::serve
