// One tool call from arrival to answer. It is the CallContext of its tool.
#pragma once

#include "serve/calls/chat.hpp"
#include "serve/calls/loop.hpp"
#include "serve/tools/tool.hpp"

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

namespace exai::serve {

/// What a transport asks for. `session` is the key of the session's permits.
struct CallSpec {
  const Tool* tool = nullptr;
  Json arguments;
  std::string principal, session;
  Transport transport = Transport::http;
};

/// How it ended: the tool's output, or an error. `ran` tells a failure of the tool (which a model should see)
/// from one of ours (never started, or broke).
struct CallOutcome {
  Result<ToolOutput> result;
  bool ran = true;
};

/// Who hears of a call; loop thread only. on_finished comes exactly once and last, possibly before start()
/// returns.
class CallSink {
 public:
  virtual ~CallSink() = default;
  /// All permits are held; the answer comes within `budget`.
  virtual void on_started(Millis budget) = 0;
  virtual void on_progress(const Progress& progress) = 0;
  virtual void on_finished(CallOutcome outcome) = 0;
};

/// What all calls share.
struct CallServices {
  Loop& loop;
  const Clock& clock;
  ProviderPermits& permits;
  Metrics& metrics;
  store::Store& store;
  const ServerView& view;
};

class Call final : public CallContext, public std::enable_shared_from_this<Call> {
 public:
  Call(CallSpec spec, CallServices services, std::shared_ptr<const Runtime> runtime,
       std::shared_ptr<CallSink> sink);

  // CallContext: any thread.
  [[nodiscard]] const Config& config() const override { return runtime_->config; }
  [[nodiscard]] const Clock& clock() const override { return services_.clock; }
  [[nodiscard]] Deadline deadline() const override { return deadline_; }
  [[nodiscard]] std::stop_token stop() const override { return stop_.get_token(); }
  [[nodiscard]] const std::string& request_id() const override { return request_id_; }
  [[nodiscard]] const std::string& principal() const override { return spec_.principal; }
  [[nodiscard]] const ModelCatalogue& models() const override { return runtime_->models; }
  [[nodiscard]] const ServerView& server() const override { return services_.view; }
  void progress(const Progress& progress) override;
  Result<Reply> chat(const ChatRequest& request,
                     const std::function<void(std::string_view)>& on_delta) override;
  store::Store& store() override { return services_.store; }

  /// Runs the tool; exceptions become `internal`, their text goes nowhere but the log.
  CallOutcome run();

 private:
  friend class Engine;
  void deliver_progress();

  CallSpec spec_;
  CallServices services_;
  std::shared_ptr<const Runtime> runtime_;
  std::string request_id_;
  Steady arrived_;
  Deadline deadline_;
  Millis budget_;
  std::stop_source stop_;
  // Loop thread.
  std::shared_ptr<CallSink> sink_;  // empty once answered
  std::unique_ptr<Timer> timer_;
  std::uint64_t ticket_ = 0;
  bool launched_ = false;
  // Both threads.
  std::mutex mutex_;
  std::deque<Progress> pending_;
  std::size_t pending_bytes_ = 0;
  bool posted_ = false;
  std::string broke_;  // what() of an exception, for the log
};

}  // namespace exai::serve
