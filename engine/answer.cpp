#include "engine/answer.hpp"

namespace exai::engine {

InputRequest ask_form(std::string key, const std::string& message, Json schema) {
  return {std::move(key),
          InputKind::form,
          {{"mode", "form"}, {"message", message}, {"requestedSchema", std::move(schema)}}};
}

InputRequest ask_url(std::string key, const std::string& message, const std::string& url) {
  return {std::move(key), InputKind::url, {{"mode", "url"}, {"message", message}, {"url", url}}};
}

InputRequest ask_model(std::string key, Json messages, int max_tokens) {
  return {
      std::move(key), InputKind::sampling, {{"messages", std::move(messages)}, {"maxTokens", max_tokens}}};
}

InputRequest ask_roots(std::string key) {
  return {std::move(key), InputKind::roots, Json::object()};
}

}  // namespace exai::engine
