#include "io/terminal.hpp"

#include <sys/ioctl.h>

#include <fcntl.h>
#include <unistd.h>

namespace exai::io {

bool is_terminal(int descriptor) {
  return isatty(descriptor) == 1;
}

int terminal_width(int descriptor) {
  winsize size{};
  constexpr int k_unknown = 100;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return k_unknown;
  return size.ws_col;
}

void take_closed_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // Opened the other way round: reading and writing stay errors. The lowest free number is this one.
    (void)open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace exai::io
