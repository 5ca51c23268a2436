#include "cli/output/layout.hpp"
#include "cli/output/writer.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::cli {
namespace {

std::string as_json(const Error& error) {
  Json inner{{"kind", std::string(to_string(error.kind))},
             {"message", error.message},
             {"exit_code", int(exit_code(error.kind))}};
  if (error.where)
    inner["location"] = {
        {"file", error.where->file}, {"line", error.where->line}, {"column", error.where->column}};
  if (!error.context.empty()) inner["while"] = error.context;
  if (!error.hint.empty()) inner["hint"] = error.hint;
  if (error.retry_after.count() > 0) inner["retry_after_ms"] = error.retry_after.count();
  return dump_json(Json{{"schema", "exai.error/1"}, {"error", std::move(inner)}}) + "\n";
}

std::string error_row(std::string_view label, std::string_view text, const Look& look) {
  return fmt::format("  {:<7} {}\n", label, one_line(text, look));
}

}  // namespace

std::string render_error(const Error& error, bool json, const Look& look) {
  if (json) return as_json(error);
  std::string out = coloured("error:", Status::fail, look) + " " + one_line(error.message, look) + "\n";
  if (error.where) out += error_row("at", to_string(*error.where), look);
  for (const std::string& doing : error.context) out += error_row("while", doing, look);
  if (!error.hint.empty()) out += error_row("try", error.hint, look);
  return out;
}

}  // namespace exai::cli
