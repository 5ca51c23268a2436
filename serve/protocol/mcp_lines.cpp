#include "serve/protocol/mcp_lines.hpp"

namespace exai::serve {

class McpLines::Sink final : public ResponseSink {
 public:
  explicit Sink(std::shared_ptr<Write> write) : write_(std::move(write)) {}
  void notify(std::string message) override { (*write_)(std::move(message)); }
  void answer(std::string message) override { (*write_)(std::move(message)); }
  void abandon() override {}

 private:
  std::shared_ptr<Write> write_;
};

void McpLines::take(std::string_view line) {
  auto message = read_message(line);
  if (!message) return (*write_)(rpc_error(message.error().id, message.error().error));
  Action action = service_.dispatcher().dispatch(std::move(*message));
  if (auto* said = std::get_if<SendAnswer>(&action)) return (*write_)(std::move(said->message));
  if (auto* opened = std::get_if<OpenSession>(&action)) return (*write_)(std::move(opened->message));
  if (auto* call = std::get_if<BeginCall>(&action))
    return service_.begin(std::move(*call), peer_, std::make_shared<Sink>(write_));
  if (const auto* cancelled = std::get_if<CancelCall>(&action)) service_.cancel(peer_, cancelled->id);
}

void McpLines::too_long() {
  RpcError error;
  error.code = k_invalid_request;
  error.message = "the message is larger than limits.body allows";
  (*write_)(rpc_error({}, error));
}

}  // namespace exai::serve
