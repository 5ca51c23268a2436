#include "serve/net/stdio.hpp"

#include <array>
#include <cerrno>

#include <sys/eventfd.h>

#include <poll.h>
#include <unistd.h>

namespace exai::serve::net {
namespace {
constexpr int k_max_posted = 64;
}  // namespace

StdioLines::StdioLines(engine::Loop& loop, std::uint64_t max_line, LineHooks hooks)
    : loop_(loop),
      max_line_(max_line),
      hooks_(std::move(hooks)),
      wake_(eventfd(0, EFD_CLOEXEC)),
      reader_([this] { read_all(); }) {}

StdioLines::~StdioLines() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  less_.notify_all();
  eventfd_write(wake_, 1);
  reader_.join();
  close(wake_);
}

void StdioLines::read_all() {
  std::array<char, 65536> bytes{};
  std::array<pollfd, 2> watched{{{STDIN_FILENO, POLLIN, 0}, {wake_, POLLIN, 0}}};
  for (;;) {
    if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) break;
    if (watched[1].revents != 0) return;
    if (watched[0].revents == 0) continue;
    const ssize_t count = read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    take(std::string_view(bytes.data(), static_cast<std::size_t>(count)));
  }
  if (!line_.empty() && !skipping_) take("\n");
  post([this] { hooks_.on_end(); });
}

void StdioLines::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (!skipping_) line_ += part;
    if (!skipping_ && line_.size() > max_line_) {
      skipping_ = true;
      post([this] { hooks_.on_too_long(); });
    }
    if (end == std::string_view::npos) return;
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    if (!skipping_ && !line_.empty()) post([this, line = std::move(line_)] { hooks_.on_line(line); });
    skipping_ = false;
    line_.clear();
    bytes.remove_prefix(end + 1);
  }
}

void StdioLines::post(std::function<void()> job) {
  {
    std::unique_lock lock(mutex_);
    less_.wait(lock, [this] { return posted_ < k_max_posted || ending_; });
    if (ending_) return;
    ++posted_;
  }
  loop_.post([this, job = std::move(job)] {
    job();
    const std::scoped_lock lock(mutex_);
    --posted_;
    less_.notify_one();
  });
}

void StdioLines::write(std::string_view line) {
  std::string text(line);
  text += '\n';
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace exai::serve::net
