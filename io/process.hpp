// Other processes: children over pipes (never through a shell) and facts about running ones.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::io {

/// A child with pipes on stdin and stdout; stderr is inherited. Killed when the object goes (TERM, then
/// KILL).
class Child {
 public:
  /// With `errors_too` what it says on stderr comes through the same pipe as its stdout.
  static Result<Child> start(const std::vector<std::string>& argv, bool errors_too = false);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();
  Result<void> write_line(std::string_view line, Deadline deadline);
  /// The next line without its newline; `unreachable` at end of file, `invalid` for more than `limit` bytes.
  Result<std::string> read_line(Deadline deadline, std::size_t limit = std::size_t{64} << 20U);
  void close_stdin();
  /// The exit status, or nothing at the deadline.
  std::optional<int> wait(Deadline deadline);

 private:
  struct Impl;
  explicit Child(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct ProcessFacts {
  long pid = 0;
  std::string executable;  ///< /proc/PID/exe
  std::uint64_t resident_bytes = 0;
  Millis uptime{0};
};
/// Nothing when there is no such process.
std::optional<ProcessFacts> process_facts(long pid);
/// A text that no other process has or will have, whoever gets the same pid later: boot and start time. Empty
/// when there is no such process.
std::string process_identity(long pid);
/// The content of the file of that name that the process holds open; nothing when it holds none, or is not
/// ours to look at.
std::optional<std::string> open_file_of(long pid, std::string_view name);
/// Pids (ours to see) that listen on a TCP port of this machine; empty when unknown or none.
std::vector<long> listeners(std::uint16_t port);
/// What a TCP port said when it was asked for a connection.
struct PortAnswer {
  bool accepted = false;  ///< false: the machine was there and refused
  Micros time{0};
};
/// Knocks on every address of the host. Only a refusal by the machine itself says that nothing listens; a
/// name that cannot be resolved or a network that keeps silent is an error.
Result<PortAnswer> ask_port(const std::string& host, const std::string& port, Deadline deadline);
/// The time a connection took; an error when nothing accepts one.
Result<Micros> tcp_connect(const std::string& host, const std::string& port, Deadline deadline);
Result<void> send_signal(long pid, int signal);
std::string host_name();

/// A closed pipe and a file at its size limit are errors of a write, and signals that mean nothing to us are
/// nothing: none of them ends the process. Children start without this.
void ignore_stray_signals();

/// From now on this thread stands back whenever others want the processor: for work that nobody waits for.
void lower_own_priority();

}  // namespace exai::io
