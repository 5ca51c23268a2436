#include "io/process.hpp"

#include "core/text.hpp"
#include "io/guard.hpp"
#include "io/poll_until.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>

#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

extern char** environ;

namespace exai::io {
namespace {

constexpr Millis k_grace{2000};  // between TERM and KILL
constexpr int k_stray_signals[] = {SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2};

std::string errno_text(int code) {
  return std::strerror(code);
}

struct Pipe {
  int read_end = -1, write_end = -1;
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() { close_both(); }
  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end = ends[0];
    write_end = ends[1];
    return true;
  }
  static int take(int& end) { return std::exchange(end, -1); }
  void close_both() {
    if (read_end >= 0) ::close(take(read_end));
    if (write_end >= 0) ::close(take(write_end));
  }
};

void set_nonblocking(int descriptor) {
  (void)::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

/// The child gets the pipes as its streams, no signal blocked, and what we ignore as a program expects it.
int spawn(const std::vector<std::string>& argv, int in, int out, bool errors_too, pid_t& pid) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  if (errors_too) posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
  sigset_t none, standard;
  sigemptyset(&none);
  sigemptyset(&standard);
  for (const int signal : k_stray_signals) sigaddset(&standard, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &standard);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int problem = ::posix_spawnp(&pid, words[0], &actions, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return problem;
}

}  // namespace

struct Child::Impl {
  std::string name;
  pid_t pid = -1;
  int in = -1, out = -1;  // our ends: what the child reads, what it writes
  std::string buffer;
  std::size_t searched = 0;
  std::optional<int> status;

  ~Impl() {
    if (in >= 0) ::close(in);
    if (out >= 0) ::close(out);
    if (pid <= 0 || status) return;
    (void)::kill(pid, SIGTERM);
    if (!reap(Deadline::after(k_grace))) {
      (void)::kill(pid, SIGKILL);
      int ignored = 0;
      (void)::waitpid(pid, &ignored, 0);  // a killed process ends
    }
  }

  /// A pidfd says when the child has ended, so nobody has to look again and again.
  bool reap(Deadline deadline) {
    if (status) return true;
    int raw = 0;
    pid_t done = ::waitpid(pid, &raw, WNOHANG);
    if (done == 0) {
      if (const int handle = open_pidfd(pid); handle >= 0) {
        (void)poll_until(handle, POLLIN, deadline);
        ::close(handle);
      }
      done = ::waitpid(pid, &raw, WNOHANG);
    }
    if (done == 0) return false;
    status = done == pid && WIFEXITED(raw)     ? WEXITSTATUS(raw)
             : done == pid && WIFSIGNALED(raw) ? 128 + WTERMSIG(raw)
                                               : -1;
    return true;
  }
};

Child::Child(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&&) noexcept = default;
Child::~Child() = default;

Result<Child> Child::start(const std::vector<std::string>& argv, bool errors_too) {
  if (argv.empty() || argv[0].empty()) return fail(ErrorKind::invalid, "no program to start was named");
  if (auto allowed = permit("start " + argv[0]); !allowed) return fail(allowed.error());
  Pipe to_child, from_child;
  if (!to_child.open() || !from_child.open())
    return fail(ErrorKind::unreachable, "cannot make a pipe: " + errno_text(errno));
  auto impl = std::make_unique<Impl>();
  impl->name = argv[0];
  if (const int problem = spawn(argv, to_child.read_end, from_child.write_end, errors_too, impl->pid);
      problem != 0) {
    impl->pid = -1;
    return fail(ErrorKind::unreachable, fmt::format("cannot start {}: {}", argv[0], errno_text(problem)),
                "check the name and that it is executable");
  }
  impl->in = Pipe::take(to_child.write_end);
  impl->out = Pipe::take(from_child.read_end);
  set_nonblocking(impl->in);
  set_nonblocking(impl->out);
  return Child(std::move(impl));
}

Result<void> Child::write_line(std::string_view line, Deadline deadline) {
  if (impl_->in < 0) return fail(ErrorKind::unreachable, "the input of " + impl_->name + " is closed");
  std::string text(line);
  text += '\n';
  std::string_view rest = text;
  const IgnoreBrokenPipe quiet;
  while (!rest.empty()) {
    const ssize_t written = ::write(impl_->in, rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      if (!poll_until(impl_->in, POLLOUT, deadline))
        return fail(ErrorKind::timeout, impl_->name + " did not read its input before the deadline");
    } else if (errno != EINTR) {
      return fail(ErrorKind::unreachable,
                  fmt::format("cannot write to {}: {}", impl_->name, errno_text(errno)));
    }
  }
  return {};
}

Result<std::string> Child::read_line(Deadline deadline, std::size_t limit) {
  std::string& buffer = impl_->buffer;
  for (;;) {
    if (const std::size_t end = buffer.find('\n', impl_->searched); end != std::string::npos) {
      std::string line = buffer.substr(0, end);
      buffer.erase(0, end + 1);
      impl_->searched = 0;
      return line;
    }
    impl_->searched = buffer.size();
    if (buffer.size() > limit)
      return fail(ErrorKind::invalid,
                  fmt::format("{} wrote a line larger than {} bytes", impl_->name, limit));
    char piece[16384];
    const ssize_t got = ::read(impl_->out, piece, sizeof(piece));
    if (got > 0) {
      buffer.append(piece, static_cast<std::size_t>(got));
    } else if (got == 0) {
      return fail(ErrorKind::unreachable, impl_->name + " closed its output");
    } else if (errno == EAGAIN) {
      if (!poll_until(impl_->out, POLLIN, deadline))
        return fail(ErrorKind::timeout, impl_->name + " wrote no line before the deadline");
    } else if (errno != EINTR) {
      return fail(ErrorKind::unreachable,
                  fmt::format("cannot read from {}: {}", impl_->name, errno_text(errno)));
    }
  }
}

void Child::close_stdin() {
  if (impl_->in >= 0) ::close(std::exchange(impl_->in, -1));
}

std::optional<int> Child::wait(Deadline deadline) {
  return impl_->reap(deadline) ? impl_->status : std::nullopt;
}

void ignore_stray_signals() {
  for (const int signal : k_stray_signals) std::signal(signal, SIG_IGN);
}

void lower_own_priority() {
  constexpr int k_nice = 4;  // about a third of a busy core: enough to keep up with what is to be written
  // Niceness is a thread's own on Linux, so only this one steps back.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), k_nice);
}

}  // namespace exai::io
