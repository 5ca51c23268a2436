// Waiting for one descriptor with a deadline.
#pragma once

#include "core/deadline.hpp"

#include <poll.h>

namespace exai::io {

/// True when one of `events` (or an error) is there; false at the deadline.
bool poll_until(int descriptor, short events, Deadline deadline);

/// A descriptor that becomes readable when the process ends, or -1.
int open_pidfd(long pid);

/// While it lives, a write to a closed pipe is EPIPE on this thread and no signal.
class IgnoreBrokenPipe {
 public:
  IgnoreBrokenPipe();
  ~IgnoreBrokenPipe();
  IgnoreBrokenPipe(const IgnoreBrokenPipe&) = delete;
  IgnoreBrokenPipe& operator=(const IgnoreBrokenPipe&) = delete;

 private:
  bool was_blocked_ = false;
};

}  // namespace exai::io
