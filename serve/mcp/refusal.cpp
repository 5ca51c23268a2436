#include "serve/mcp/refusal.hpp"

#include "core/text.hpp"

namespace exai::serve::mcp {

SendAnswer refuse(const RpcId& id, const RpcError& error) {
  return {rpc_error(id, error), error.http, error.needed_scope};
}

SendAnswer refuse(const RpcId& id, int code, std::string message, Json data, int http) {
  RpcError error;
  error.code = code;
  error.message = std::move(message);
  error.data = std::move(data);
  error.http = http;
  return refuse(id, error);
}

SendAnswer refuse_without_tasks(const RpcId& id, std::string message, int http) {
  return refuse(id, k_missing_capability, std::move(message),
                {{"requiredCapabilities", {{"extensions", {{k_tasks_extension, Json::object()}}}}}}, http);
}

std::string shown(const std::string& word) {
  return printable(std::string_view(word).substr(0, 128));
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = did_you_mean(word, known);
  return near.empty() ? near : "; " + near;
}

}  // namespace exai::serve::mcp
