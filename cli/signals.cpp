#include "cli/signals.hpp"

#include <atomic>
#include <csignal>
#include <string_view>
#include <thread>

#include <semaphore.h>
#include <unistd.h>

namespace exai::cli {
namespace {

// A handler may touch lock-free atomics, write() and sem_post() only; requesting a stop runs callbacks, so a
// thread does that.
std::atomic<int> g_caught{0};
sem_t g_wake;

void on_signal(int signal) {
  int none = 0;
  if (!g_caught.compare_exchange_strong(none, signal)) _exit(128 + signal);
  constexpr std::string_view k_text = "stopping, again to force\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, k_text.data(), k_text.size());
  sem_post(&g_wake);
}

}  // namespace

struct SignalStop::Impl {
  std::stop_source source;
  struct sigaction old_interrupt {};
  struct sigaction old_terminate {};
  std::thread waiter;
};

SignalStop::SignalStop() : impl_(std::make_unique<Impl>()) {
  g_caught = 0;
  sem_init(&g_wake, 0, 0);
  impl_->waiter = std::thread([source = impl_->source]() mutable {
    while (sem_wait(&g_wake) != 0) {
    }
    if (g_caught != 0) source.request_stop();
  });
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &impl_->old_interrupt);
  sigaction(SIGTERM, &action, &impl_->old_terminate);
  // A shell starts its background jobs with SIGINT ignored, and so it stays.
  if (impl_->old_interrupt.sa_handler == SIG_IGN) sigaction(SIGINT, &impl_->old_interrupt, nullptr);
}

SignalStop::~SignalStop() {
  sigaction(SIGINT, &impl_->old_interrupt, nullptr);
  sigaction(SIGTERM, &impl_->old_terminate, nullptr);
  sem_post(&g_wake);
  impl_->waiter.join();
  sem_destroy(&g_wake);
}

std::stop_token SignalStop::token() const {
  return impl_->source.get_token();
}

std::optional<int> SignalStop::caught() const {
  const int signal = g_caught;
  return signal == 0 ? std::nullopt : std::optional(signal);
}

}  // namespace exai::cli
