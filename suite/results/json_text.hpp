// JSON as results are written in it: one document, or one object a line.
#pragma once

#include "core/json.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::suite {

/// The names of the members of the first object that a line begins with, as far as the first MiB shows them,
/// in order; a name with an escape in it is left as it stands. Lines before it are passed over; nothing is
/// checked.
std::vector<std::string> first_members(std::string_view bytes);

/// Whether all of these are among them.
bool has_members(const std::vector<std::string>& members, std::initializer_list<std::string_view> wanted);

/// One document of at most k_max_results_document bytes. Errors are `invalid` and name line and column.
Result<Json> read_json_document(std::string_view bytes);

/// What the lines of a file are for each_json_line().
struct JsonLines {
  /// Takes the object of a line; the number counts from 1. An error ends the reading.
  std::function<Result<void>(const Json& object, int line)> object;
  /// Takes a line that is no JSON object and not empty.
  std::function<Result<void>(std::string_view text, int line)> other;
};

/// Reads one line after the other, so that only one is held. A last line that was cut is one that is no
/// object.
Result<void> each_json_line(std::string_view bytes, const JsonLines& lines);

}  // namespace exai::suite
