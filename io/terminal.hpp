// Facts about our own standard streams.
#pragma once

namespace exai::io {
bool is_terminal(int descriptor);
/// Columns of the terminal on that descriptor, or 100.
int terminal_width(int descriptor);
/// True when both lead to one file or pipe (2>&1), and no terminal: what is said beside the result would
/// stand in it.
bool are_merged(int a, int b);
/// Descriptors 0, 1 and 2 that came closed are taken, so that no file of ours gets their number and is
/// written to as if it were standard output; writing to a taken one fails.
void take_closed_streams();
}  // namespace exai::io
