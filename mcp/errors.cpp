#include "mcp/errors.hpp"

#include <array>

namespace exai::mcp {
namespace {

struct CodeRow {
  ErrorKind kind;
  int rpc;
  std::string_view exai_ws;
};

constexpr std::array<CodeRow, 13> k_codes{{
    {ErrorKind::usage, k_invalid_params, "VALIDATION_ERROR"},
    {ErrorKind::config, 1500, "SERVICE_UNAVAILABLE"},
    {ErrorKind::missing_input, k_invalid_params, "NOT_FOUND"},
    {ErrorKind::unreachable, 1503, "PROVIDER_ERROR"},
    {ErrorKind::refused, 1403, "UNAUTHORIZED"},
    {ErrorKind::budget, 1402, "OVER_CAPACITY"},
    {ErrorKind::internal, k_internal_error, "INTERNAL_ERROR"},
    {ErrorKind::cancelled, 1499, "TOOL_EXECUTION_ERROR"},
    {ErrorKind::timeout, 1408, "TIMEOUT"},
    {ErrorKind::busy, 1429, "OVER_CAPACITY"},
    {ErrorKind::not_found, k_invalid_params, "NOT_FOUND"},
    {ErrorKind::invalid, k_invalid_params, "VALIDATION_ERROR"},
    {ErrorKind::provider, 1502, "PROVIDER_ERROR"},
}};

const CodeRow& code_row(ErrorKind kind) {
  for (const CodeRow& row : k_codes)
    if (row.kind == kind) return row;
  return k_codes[6];
}

}  // namespace

int rpc_code(ErrorKind kind) {
  return code_row(kind).rpc;
}
std::string_view exai_ws_code(ErrorKind kind) {
  return code_row(kind).exai_ws;
}

std::string error_line(const Error& error) {
  std::string text = error.message;
  for (const std::string& doing : error.context) text.append(", ").append(doing);
  if (error.where) text.append(" (").append(to_string(*error.where)).push_back(')');
  if (!error.hint.empty()) text.append("; ").append(error.hint);
  return text;
}

Json error_facts(const Error& error) {
  Json facts = {
      {"kind", to_string(error.kind)}, {"code", exai_ws_code(error.kind)}, {"message", error.message}};
  if (!error.hint.empty()) facts["hint"] = error.hint;
  if (error.retry_after.count() > 0)
    facts["retry_after"] = static_cast<double>(error.retry_after.count()) / 1000.0;
  return facts;
}

RpcError to_rpc(const Error& error) {
  RpcError rpc;
  rpc.code = rpc_code(error.kind);
  rpc.message = error_line(error);
  rpc.data = error_facts(error);
  rpc.needed_scope = error.needed_scope;
  if (error.needed_scope) rpc.http = 403;
  return rpc;
}

}  // namespace exai::mcp
