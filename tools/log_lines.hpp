// Lines of the server's own logs, for the tools that show them.
#pragma once

#include "tools/tool.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai::tools {

/// A filter for lines: words that a line contains, whatever their case; * stands for any text, ? for one
/// character, and | stands between alternatives. No regular expression: those can take for ever on a line
/// that somebody prepared.
class LineFilter {
 public:
  /// `invalid` for what only a regular expression would understand.
  static Result<LineFilter> from(std::string_view text);
  /// True for every line when the text was empty. Time grows with the line times the filter, never more.
  [[nodiscard]] bool matches(std::string_view line) const;

 private:
  std::vector<std::string> alternatives_;  // lower case, with a * at each end
};

/// The last lines of the activity log that the caller may see: all of an admin's server, else its own calls.
/// Newest last; `window` lines are looked at.
std::vector<std::string> visible_activity(const engine::CallContext& context, std::size_t window);

}  // namespace exai::tools
