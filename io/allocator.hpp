// What the program asks of its allocator.
#pragma once

namespace exai::io {

/// Gives back the freed memory that this thread keeps: for a thread that is about to wait for long.
/// Some microseconds. Does nothing where another allocator is linked.
void give_back_memory();

}  // namespace exai::io
