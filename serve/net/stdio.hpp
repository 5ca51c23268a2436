// Standard input as lines posted to the loop, standard output as lines written. One reader thread with
// blocking reads: a terminal or pipe must not be left non-blocking.
#pragma once

#include "engine/loop.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace exai::serve::net {

/// Called on the loop.
struct LineHooks {
  std::function<void(std::string_view)> on_line;
  std::function<void()> on_too_long;
  std::function<void()> on_end;
};

class StdioLines {
 public:
  StdioLines(engine::Loop& loop, std::uint64_t max_line, LineHooks hooks);
  StdioLines(const StdioLines&) = delete;
  StdioLines& operator=(const StdioLines&) = delete;
  StdioLines(StdioLines&&) = delete;
  StdioLines& operator=(StdioLines&&) = delete;
  /// Ends the reader, also when no end of input has come.
  ~StdioLines();
  /// The line and a newline, whole. A reader that is gone is noticed by the end of input.
  void write(std::string_view line);

 private:
  void read_all();
  void take(std::string_view bytes);
  void post(std::function<void()> job);

  engine::Loop& loop_;
  std::uint64_t max_line_;
  LineHooks hooks_;
  std::string line_;
  bool skipping_ = false;
  int wake_ = -1;  // eventfd: the destructor's word to the reader
  std::mutex mutex_;
  std::condition_variable less_;
  int posted_ = 0;  // lines the loop has not taken; bounded, so a flood waits in the pipe
  bool ending_ = false;
  std::thread reader_;
};

}  // namespace exai::serve::net
