#include "serve/calls/call.hpp"

#include "io/random.hpp"

#include <atomic>

#include <fmt/core.h>

namespace exai::serve {
namespace {
// Progress that the loop has not taken yet; more is dropped (the result holds the whole text anyway).
constexpr std::size_t k_pending_items = 64;
constexpr std::size_t k_pending_bytes = std::size_t{256} << 10U;

/// Unique in this process and, by its random half, among processes; without a system call for each call.
std::string next_request_id() {
  static const std::string k_process = io::random_hex(4);
  static std::atomic<std::uint32_t> count{0};
  return fmt::format("{}{:08x}", k_process, ++count);
}
}  // namespace

Call::Call(CallSpec spec, CallServices services, std::shared_ptr<const Runtime> runtime,
           std::shared_ptr<CallSink> sink)
    : spec_(std::move(spec)),
      services_(services),
      runtime_(std::move(runtime)),
      request_id_(next_request_id()),
      arrived_(services.clock.steady()),
      deadline_(Deadline::after(runtime_->budgets[spec_.tool->budget], services.clock)),
      budget_(runtime_->budgets[spec_.tool->budget]),
      sink_(std::move(sink)) {}

void Call::progress(const Progress& progress) {
  if (spec_.tool->work == Work::inline_) {
    if (sink_) sink_->on_progress(progress);
    return;
  }
  const std::scoped_lock lock(mutex_);
  const std::size_t bytes = progress.text.size() + progress.message.size();
  if (pending_bytes_ + bytes > k_pending_bytes) return;
  const bool joins = !pending_.empty() && progress.message.empty() && pending_.back().message.empty();
  if (!joins && pending_.size() >= k_pending_items) return;
  if (joins)
    pending_.back().text += progress.text;
  else
    pending_.push_back(progress);
  pending_bytes_ += bytes;
  if (posted_) return;
  posted_ = true;
  services_.loop.post([call = shared_from_this()] { call->deliver_progress(); });
}

void Call::deliver_progress() {
  std::deque<Progress> taken;
  {
    const std::scoped_lock lock(mutex_);
    taken.swap(pending_);
    pending_bytes_ = 0;
    posted_ = false;
  }
  for (const Progress& one : taken)
    if (sink_) sink_->on_progress(one);
}

Result<Reply> Call::chat(const ChatRequest& request, const std::function<void(std::string_view)>& on_delta) {
  return ask_provider({*runtime_, services_.permits, services_.metrics, services_.clock}, request, deadline_,
                      stop_.get_token(), on_delta);
}

CallOutcome Call::run() {
  try {
    return {spec_.tool->run(spec_.arguments, *this), true};
  } catch (const std::exception& broken) {
    broke_ = broken.what();
  } catch (...) {
    broke_ = "an exception of unknown type";
  }
  return {fail(ErrorKind::internal, "internal error in tool " + std::string(spec_.tool->id),
               "the server log has the details under request id " + request_id_),
          false};
}

}  // namespace exai::serve
