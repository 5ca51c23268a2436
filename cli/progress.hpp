// What is going on, on standard error while a command works.
#pragma once

#include "cli/command.hpp"

#include <string>
#include <string_view>

namespace exai::cli {

/// On a terminal: one line "[12/31] redis.ping 2.1 s", first after 300 ms, ten times a second at most, erased
/// at the end. Without one, but with -v: a line per finished step. Silent under --quiet, in CI and when the
/// result goes to the same terminal as JSON.
class Progress {
 public:
  Progress(const Out& err, const Globals& globals, const Clock& clock);
  ~Progress() { erase(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void begin(std::size_t done, std::size_t total, std::string_view what) { draw(done, total, what); }
  void done(const CheckResult& result, std::size_t done, std::size_t total);
  /// A line of talk that stays; the progress line makes room for it.
  void say(std::string_view line);
  void erase();

 private:
  void draw(std::size_t done, std::size_t total, std::string_view what);
  const Out& err_;
  const Clock& clock_;
  bool line_ = false;   ///< the moving line is allowed
  bool steps_ = false;  ///< a line per step is allowed
  bool drawn_ = false;
  Steady started_;
  Steady drawn_at_{};
};

}  // namespace exai::cli
