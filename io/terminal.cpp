#include "io/terminal.hpp"

#include <sys/ioctl.h>

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

}  // namespace exai::io
