// Facts about our own standard streams.
#pragma once

namespace exai::io {
bool is_terminal(int descriptor);
/// Columns of the terminal on that descriptor, or 100.
int terminal_width(int descriptor);
}  // namespace exai::io
