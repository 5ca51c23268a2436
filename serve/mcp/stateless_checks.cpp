#include "serve/mcp/stateless_checks.hpp"

#include "core/base64.hpp"
#include "core/text.hpp"

#include <charconv>

namespace exai::serve::mcp {
namespace {

RpcError problem(int code, std::string message, Json data = nullptr) {
  RpcError error;
  error.code = code;
  error.message = std::move(message);
  error.data = std::move(data);
  error.http = 400;
  return error;
}

RpcError mismatch(const std::string& what) {
  return problem(k_header_mismatch, what);
}

struct HeaderValue {
  std::string_view text;
  int count = 0;
};

HeaderValue header_of(const net::HttpRequest& request, std::string_view name) {
  HeaderValue value;
  for (const auto& [known, text] : request.headers)
    if (equals_ignoring_case(known, name)) value.text = trim(text), ++value.count;
  return value;
}

/// Of the mirrored member of params: which one Mcp-Name repeats; empty = none.
const char* named_member(const std::string& method) {
  if (method == "tools/call" || method == "prompts/get") return "name";
  if (method == "resources/read") return "uri";
  if (method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel") return "taskId";
  return "";
}

std::optional<RpcError> check_meta(const RpcMessage& message) {
  const Json& version = meta_of(message, k_meta_version);
  if (!version.is_string())
    return problem(k_invalid_params, std::string("params._meta needs ") + k_meta_version + ", a string");
  if (!meta_of(message, k_meta_capabilities).is_object())
    return problem(k_invalid_params,
                   std::string("params._meta needs ") + k_meta_capabilities + ", an object");
  const Json& level = meta_of(message, k_meta_log_level);
  if (!level.is_null() &&
      !(level.is_string() && engine::client_log_level(level.get_ref<const std::string&>())))
    return problem(k_invalid_params, std::string("params._meta has an unknown ") + k_meta_log_level);
  return std::nullopt;
}

std::optional<RpcError> check_mirrors(const RpcMessage& message, const net::HttpRequest& request) {
  const HeaderValue version = header_of(request, "mcp-protocol-version");
  if (version.count != 1 || version.text != meta_of(message, k_meta_version).get_ref<const std::string&>())
    return mismatch("the MCP-Protocol-Version header must stand there once and equal params._meta");
  const HeaderValue method = header_of(request, "mcp-method");
  if (method.count != 1 || header_text(method.text) != message.method)
    return mismatch("the Mcp-Method header must stand there once and equal the method " +
                    printable(std::string_view(message.method).substr(0, 128)));
  const char* member = named_member(message.method);
  if (*member == '\0') return std::nullopt;
  const HeaderValue name = header_of(request, "mcp-name");
  const Json& mirrored = member_of(message.params, member);
  // A wrong type is the handler's to complain about.
  if (mirrored.is_string() &&
      (name.count != 1 || header_text(name.text) != mirrored.get_ref<const std::string&>()))
    return mismatch(std::string("the Mcp-Name header must stand there once and equal params.") + member);
  return std::nullopt;
}

/// A parameter's value as its header has to say it; integers are compared as numbers.
bool same_value(const Json& value, const std::string& text) {
  if (value.is_string()) return value.get_ref<const std::string&>() == text;
  if (value.is_boolean()) return text == (value.get<bool>() ? "true" : "false");
  if (!value.is_number()) return false;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number == value.get<double>();
}

}  // namespace

std::optional<std::string> header_text(std::string_view value) {
  constexpr std::string_view k_open = "=?base64?", k_close = "?=";
  if (value.substr(0, k_open.size()) != k_open || value.size() < k_open.size() + k_close.size() ||
      value.substr(value.size() - k_close.size()) != k_close)
    return std::string(value);
  std::optional<std::string> text =
      read_base64(value.substr(k_open.size(), value.size() - k_open.size() - k_close.size()));
  if (text && !is_utf8(*text)) return std::nullopt;
  return text;
}

std::optional<RpcError> check_envelope(const RpcMessage& message, const net::HttpRequest* request) {
  if (!message.params.is_object()) return problem(k_invalid_params, "params must be an object with _meta");
  if (auto error = check_meta(message)) return error;
  if (request != nullptr) {
    if (auto error = check_mirrors(message, *request)) return error;
  }
  const auto& version = meta_of(message, k_meta_version).get_ref<const std::string&>();
  if (version != k_stateless_version)
    return problem(
        k_unsupported_version,
        "revision " + printable(std::string_view(version).substr(0, 40)) + " is not served without a session",
        {{"supported", supported_versions()}, {"requested", version}});
  return std::nullopt;
}

std::optional<RpcError> check_param_headers(const ToolEntry& tool, const Json& arguments,
                                            const net::HttpRequest& request) {
  for (const HeaderArgument& argument : tool.headers) {
    const Json* value = &arguments;
    for (const std::string& name : argument.path) value = &member_of(*value, name);
    const HeaderValue header = header_of(request, argument.header);
    const std::string& last = argument.path.back();
    if (value->is_null()) {
      if (header.count > 0)
        return mismatch("the header " + argument.header + " has no argument " + last + " to mirror");
      continue;
    }
    const std::optional<std::string> text = header_text(header.text);
    if (header.count != 1 || !text || !same_value(*value, *text))
      return mismatch("the header " + argument.header + " must stand there once and equal the argument " +
                      last);
  }
  return std::nullopt;
}

}  // namespace exai::serve::mcp
