#include "serve/mcp/batch.hpp"

namespace exai::serve::mcp {
namespace {

constexpr std::size_t k_max_batch = 100;  // messages

struct Batch {
  std::shared_ptr<ResponseSink> out;
  std::string answers;
  std::size_t open = 0;

  void close() {
    if (--open > 0) return;
    if (answers.empty()) return out->accepted();
    out->answer("[" + answers + "]", 200);
  }
};

/// Of one message.
class Sink final : public ResponseSink {
 public:
  explicit Sink(std::shared_ptr<Batch> batch) : batch_(std::move(batch)) {}
  [[nodiscard]] bool can_send() const override { return batch_->out->can_send(); }
  void send(std::string message, bool droppable) override {
    batch_->out->send(std::move(message), droppable);
  }
  void answer(std::string message, int /*http*/) override {
    batch_->answers.append(batch_->answers.empty() ? "" : ",").append(message);
    batch_->close();
  }
  void accepted() override { batch_->close(); }
  void abandon() override { batch_->close(); }
  // The specification keeps initialize out of batches; the session is there already.
  void open_session(OpenSession opened) override { answer(std::move(opened.message), 200); }

 private:
  std::shared_ptr<Batch> batch_;
};

}  // namespace

bool takes_batches(const Session& session) {
  return session.version == "2025-03-26";
}

void take_batch(McpService& service, Json messages, const Peer& peer,
                const std::shared_ptr<ResponseSink>& out) {
  if (messages.empty() || messages.size() > k_max_batch) {
    RpcError error;
    error.code = k_invalid_request;
    error.message = "a batch has 1 to " + std::to_string(k_max_batch) + " messages";
    return out->answer(rpc_error({}, error), 400);
  }
  const auto batch = std::make_shared<Batch>();
  batch->out = out;
  batch->open = messages.size() + 1;
  for (Json& one : messages) {
    const auto sink = std::make_shared<Sink>(batch);
    auto message = read_message(one);
    if (message)
      service.take(std::move(*message), Era::session, peer, sink);
    else
      sink->answer(rpc_error(message.error().id, message.error().error), 400);
  }
  batch->close();
}

}  // namespace exai::serve::mcp
