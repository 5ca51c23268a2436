#include "core/address.hpp"
#include "core/text.hpp"
#include "io/files.hpp"
#include "io/guard.hpp"
#include "io/poll_until.hpp"
#include "io/process.hpp"
#include "io/resolve.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/core.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <unistd.h>

namespace exai::io {
namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// The fields of /proc/PID/stat after the program's name, which may itself hold blanks and brackets.
std::vector<std::string> stat_fields(long pid) {
  const std::string line = first_line(fmt::format("/proc/{}/stat", pid));
  const std::size_t end = line.rfind(')');
  return end == std::string::npos ? std::vector<std::string>{} : split(line.substr(end + 1), ' ');
}

template <class Number, class... Base>
std::optional<Number> number(std::string_view text, Base... base) {
  Number value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base...);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Inodes of listening sockets on the port, from one table (state 0A is LISTEN).
void listening_inodes(const char* table, std::uint16_t port, std::set<std::string>& inodes) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const std::vector<std::string> words = split(line, ' ');
    if (words.size() < 10 || words[3] != "0A") continue;
    const std::size_t colon = words[1].rfind(':');
    if (colon == std::string::npos) continue;
    if (number<std::uint32_t>(words[1].substr(colon + 1), 16) == port)
      inodes.insert("socket:[" + words[9] + "]");
  }
}

bool holds_one_of(const fs::path& descriptors, const std::set<std::string>& inodes) {
  std::error_code problem;
  for (fs::directory_iterator item(descriptors, problem), end; !problem && item != end;
       item.increment(problem)) {
    std::error_code unreadable;
    const fs::path target = fs::read_symlink(item->path(), unreadable);
    if (!unreadable && inodes.contains(target.string())) return true;
  }
  return false;
}

struct Socket {
  int descriptor = -1;
  explicit Socket(int family) : descriptor(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

/// 0 when connected, else errno; ETIMEDOUT at the deadline.
int connect_one(const SocketAddress& bytes, Deadline deadline) {
  sockaddr_storage address{};
  std::memcpy(&address, bytes.data(), std::min(bytes.size(), sizeof(address)));
  const Socket socket(address.ss_family);
  if (socket.descriptor < 0) return errno;
  const auto size_of_it = static_cast<socklen_t>(bytes.size());
  if (::connect(socket.descriptor, reinterpret_cast<const sockaddr*>(&address), size_of_it) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!poll_until(socket.descriptor, POLLOUT, deadline)) return ETIMEDOUT;
  int problem = 0;
  socklen_t size = sizeof(problem);
  return ::getsockopt(socket.descriptor, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 ? problem : errno;
}

}  // namespace

std::optional<ProcessFacts> process_facts(long pid) {
  const std::vector<std::string> stat = stat_fields(pid);
  constexpr std::size_t k_state = 0, k_start = 19, k_resident = 21;  // fields 3, 22 and 24 of proc(5)
  if (stat.size() <= k_resident || stat[k_state] == "Z" || stat[k_state] == "X") return std::nullopt;
  ProcessFacts facts;
  facts.pid = pid;
  std::error_code unreadable;
  facts.executable = std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), unreadable).string();
  facts.resident_bytes = number<std::uint64_t>(stat[k_resident]).value_or(0) *
                         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::vector<std::string> uptime = split(first_line("/proc/uptime"), ' ');
  const auto up = uptime.empty() ? std::nullopt : number<double>(uptime[0]);
  const auto started = number<std::uint64_t>(stat[k_start]);
  if (up && started) {
    const double seconds = *up - static_cast<double>(*started) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    facts.uptime = Millis(static_cast<long long>(std::max(0.0, seconds) * 1000));
  }
  return facts;
}

std::string process_identity(long pid) {
  const std::vector<std::string> stat = stat_fields(pid);
  constexpr std::size_t k_start = 19;
  if (stat.size() <= k_start) return {};
  return first_line("/proc/sys/kernel/random/boot_id") + ":" + stat[k_start];
}

std::optional<std::string> open_file_of(long pid, std::string_view name) {
  std::error_code problem;
  for (std::filesystem::directory_iterator item(fmt::format("/proc/{}/fd", pid), problem), end;
       !problem && item != end; item.increment(problem)) {
    std::error_code unreadable;
    const std::filesystem::path target = std::filesystem::read_symlink(item->path(), unreadable);
    if (unreadable || target.filename() != name) continue;
    constexpr std::uint64_t k_max_bytes = std::uint64_t{64} << 10U;
    if (auto text = read_file(item->path(), k_max_bytes)) return std::move(*text);
  }
  return std::nullopt;
}

std::vector<long> listeners(std::uint16_t port) {
  std::set<std::string> inodes;
  listening_inodes("/proc/net/tcp", port, inodes);
  listening_inodes("/proc/net/tcp6", port, inodes);
  std::vector<long> pids;
  if (inodes.empty()) return pids;
  std::error_code problem;
  for (std::filesystem::directory_iterator item("/proc", problem), end; !problem && item != end;
       item.increment(problem))
    if (const auto pid = number<long>(item->path().filename().string()))
      if (holds_one_of(item->path() / "fd", inodes)) pids.push_back(*pid);
  std::sort(pids.begin(), pids.end());
  return pids;
}

Result<PortAnswer> ask_port(const std::string& host, const std::string& port, Deadline deadline) {
  const std::string address = format_address(host, port);
  if (auto allowed = permit("connect to " + address); !allowed) return fail(allowed.error());
  const Steady start = system_clock().steady();
  const Result<std::vector<SocketAddress>> found = resolve(host, port, deadline);
  if (!found) return fail(found.error());
  bool refused = false;
  int unclear = 0;
  for (const SocketAddress& item : *found) {
    const int code = connect_one(item, deadline);
    const auto elapsed = std::chrono::duration_cast<Micros>(system_clock().steady() - start);
    if (code == 0) return PortAnswer{true, elapsed};
    if (code == ETIMEDOUT && deadline.passed())  // what was answered late was answered
      return fail(ErrorKind::timeout, fmt::format("{} did not answer within {}", address,
                                                  format_duration(std::chrono::ceil<Millis>(elapsed))));
    // A machine without IPv6 has nothing that could listen there.
    const bool absent = code == EAFNOSUPPORT || code == EADDRNOTAVAIL;
    if (code == ECONNREFUSED)
      refused = true;
    else if (!absent)
      unclear = code;
  }
  if (refused && unclear == 0)
    return PortAnswer{false, std::chrono::duration_cast<Micros>(system_clock().steady() - start)};
  return fail(ErrorKind::unreachable, fmt::format("cannot reach {}: {}", address,
                                                  std::strerror(unclear == 0 ? EADDRNOTAVAIL : unclear)));
}

Result<Micros> tcp_connect(const std::string& host, const std::string& port, Deadline deadline) {
  const auto answer = ask_port(host, port, deadline);
  if (!answer) return fail(answer.error());
  if (answer->accepted) return answer->time;
  return fail(ErrorKind::unreachable, fmt::format("nothing listens on {}", format_address(host, port)),
              "is the service running, and bound to that address?");
}

Result<void> send_signal(long pid, int signal) {
  if (pid <= 1) return fail(ErrorKind::invalid, fmt::format("{} is not a process to signal", pid));
  if (auto allowed = permit(fmt::format("send signal {} to process {}", signal, pid)); !allowed)
    return fail(allowed.error());
  if (::kill(static_cast<pid_t>(pid), signal) == 0) return {};
  const int problem = errno;
  return fail(problem == ESRCH ? ErrorKind::not_found : ErrorKind::refused,
              fmt::format("cannot signal process {}: {}", pid, std::strerror(problem)),
              problem == EPERM ? "run it as the user who started the process" : "");
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 ? std::string(name) : std::string("unknown");
}

}  // namespace exai::io
