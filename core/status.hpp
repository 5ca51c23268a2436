// The words for an outcome, and the only function that turns outcomes into exit codes.
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace exai {

/// What one check found. `unknown` means that it could not be asked, and is never a pass.
enum class Status : std::uint8_t { pass, warn, fail, unknown, skip };

std::string_view to_string(Status status);

/// The worse of two: fail > unknown > warn > pass; skip is neutral.
Status worse(Status a, Status b);

/// The exit codes of every command. Values are a contract with scripts.
enum class ExitCode : std::uint8_t {
  pass = 0,
  fail = 1,
  config = 2,
  unknown = 3,
  human = 5,
  refused = 6,
  budget = 7,
  usage = 64,
  no_input = 66,
  internal = 70,
  interrupted = 130,
  terminated = 143,
};

/// One row of `exai help exit-codes`.
struct ExitCodeRow {
  ExitCode code;
  std::string_view name;
  std::string_view when;
};
std::span<const ExitCodeRow> exit_code_table();

/// The code for an error that ended the command.
ExitCode exit_code(ErrorKind kind);

struct Report;
/// The code for a report. Zero executed checks is `unknown`; under `strict` a warning is a failure.
/// Order of severity: internal > budget > refused > fail > config > unknown > human > pass.
ExitCode exit_code(const Report& report, bool strict);
/// The worse of two codes in that order.
ExitCode worse(ExitCode a, ExitCode b);

}  // namespace exai
