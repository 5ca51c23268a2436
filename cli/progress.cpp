#include "cli/progress.hpp"

#include "cli/output/layout.hpp"

#include <cstdlib>

#include <fmt/core.h>

namespace exai::cli {
namespace {

constexpr Millis k_first_after{300};
constexpr Millis k_redraw_every{100};

bool machine_on_stdout(const Globals& globals) {
  return std::any_of(globals.outputs.begin(), globals.outputs.end(), [](const std::string& output) {
    return output.find('=') == std::string::npos && output != "table";
  });
}

}  // namespace

Progress::Progress(const Out& err, const Globals& globals, const Clock& clock)
    : err_(err), clock_(clock), started_(clock.steady()) {
  const char* ci = std::getenv("CI");
  const bool in_ci = ci != nullptr && *ci != 0;
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  line_ = err.terminal && !dumb && !in_ci && globals.quiet == 0 && !machine_on_stdout(globals);
  steps_ = !line_ && globals.verbose > 0 && globals.quiet == 0;
}

void Progress::erase() {
  if (!drawn_) return;
  err_.write("\r\x1b[K");
  drawn_ = false;
}

void Progress::draw(std::size_t done, std::size_t total, std::string_view what) {
  const Steady now = clock_.steady();
  if (!line_ || now - started_ < k_first_after || now - drawn_at_ < k_redraw_every) return;
  const auto elapsed = std::chrono::duration_cast<Millis>(now - started_);
  const std::string text = fmt::format("[{}/{}] {} {:.1f} s", done, total, one_line(what, Look{}),
                                       double(elapsed.count()) / 1000.0);
  err_.write("\r\x1b[K" + cut(text, std::size_t(std::max(err_.width - 1, 20)), err_.utf8));
  drawn_ = true;
  drawn_at_ = now;
}

void Progress::done(const CheckResult& result, std::size_t done, std::size_t total) {
  if (steps_)
    err_.write(fmt::format("[{}/{}] {} {} {}\n", done, total, status_word(result.status),
                           one_line(result.id, Look{}), shown_time(result.duration)));
  draw(done, total, result.id);
}

void Progress::say(std::string_view line) {
  erase();
  err_.write(std::string(line) + "\n");
}

}  // namespace exai::cli
