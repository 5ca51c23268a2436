#include "io/poll_until.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

#include <sys/syscall.h>

#include <unistd.h>

namespace exai::io {

bool poll_until(int descriptor, short events, Deadline deadline) {
  constexpr long long k_slice = 60'000;
  for (;;) {
    pollfd item{descriptor, events, 0};
    const int ready =
        ::poll(&item, 1, static_cast<int>(std::min<long long>(deadline.left().count(), k_slice)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (deadline.passed()) return false;
  }
}

int open_pidfd(long pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0));
}

IgnoreBrokenPipe::IgnoreBrokenPipe() {
  sigset_t pipe_only, before;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
  was_blocked_ = sigismember(&before, SIGPIPE) == 1;
}

IgnoreBrokenPipe::~IgnoreBrokenPipe() {
  if (was_blocked_) return;
  sigset_t pipe_only;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  const timespec now{0, 0};
  while (::sigtimedwait(&pipe_only, nullptr, &now) == -1 && errno == EINTR) {
  }
  ::pthread_sigmask(SIG_UNBLOCK, &pipe_only, nullptr);
}

}  // namespace exai::io
