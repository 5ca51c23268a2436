// One call from arrival to answer. It is the CallContext of what it runs.
#pragma once

#include "engine/context.hpp"
#include "engine/loop.hpp"
#include "engine/runtime.hpp"
#include "models/router.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

namespace exai::engine {

/// What a transport asks for. `caller.session` is the key of the session's permits.
struct CallSpec {
  Job job;
  Caller caller;
  Json inputs = Json::object();  ///< answers to an earlier InputRequired, by key
  Json state;                    ///< of that InputRequired
};

/// How it ended: an answer, or an error. `ran` tells a failure of the handler (which a model should see) from
/// one of ours (never started, or broke).
struct CallOutcome {
  Result<CallAnswer> result;
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
  virtual void on_log(ClientLog /*level*/, const Json& /*data*/) {}
  /// The work asks to go on as a task.
  virtual void on_task() {}
  /// The caller need not stay on the line.
  virtual void on_let_poll() {}
  virtual void on_finished(CallOutcome outcome) = 0;
};

/// Who hears what changed under the clients. Loop thread only.
class ChangeObserver {
 public:
  virtual ~ChangeObserver() = default;
  virtual void changed(Change what, const std::string& uri) = 0;
};

/// What all calls share.
struct CallServices {
  Loop& loop;
  const Clock& clock;
  models::ProviderPermits& permits;
  Metrics& metrics;
  models::ModelRouter& router;
  ConversationMemory& memory;
  models::Caches& caches;
  store::Store& store;
  const ServerView& view;
  std::function<std::string()> new_id;  ///< a UUID
  ChangeObserver* changes = nullptr;
};

class Call final : public CallContext, public std::enable_shared_from_this<Call> {
 public:
  Call(CallSpec spec, const CallServices& services, std::shared_ptr<const Runtime> runtime,
       std::shared_ptr<CallSink> sink);

  // CallContext: any thread.
  [[nodiscard]] const Config& config() const override { return runtime_->config; }
  [[nodiscard]] const Clock& clock() const override { return services_.clock; }
  [[nodiscard]] Deadline deadline() const override { return deadline_; }
  [[nodiscard]] std::stop_token stop() const override { return stop_.get_token(); }
  [[nodiscard]] const std::string& request_id() const override { return request_id_; }
  [[nodiscard]] const std::string& principal() const override { return spec_.caller.principal.name; }
  [[nodiscard]] bool may(Scope scope) const override { return spec_.caller.principal.may(scope); }
  [[nodiscard]] const models::ModelCatalogue& models() const override { return runtime_->models; }
  [[nodiscard]] const Workspace& workspace() const override { return runtime_->workspace; }
  [[nodiscard]] std::string new_id() const override { return services_.new_id(); }
  [[nodiscard]] const ServerView& server() const override { return services_.view; }
  [[nodiscard]] const ClientFacts& client() const override { return spec_.caller.client; }
  [[nodiscard]] const Json& input(const std::string& key) const override;
  [[nodiscard]] const Json& state() const override { return spec_.state; }
  void progress(const Progress& progress) override;
  void log(ClientLog level, Json data) override;
  void begin_task() override;
  void let_poll() override;
  void changed(Change what, std::string uri) override;
  Result<models::Reply> chat(const models::ChatRequest& request,
                             const std::function<void(std::string_view)>& on_delta) override;
  Result<models::ProviderAnswer> ask(const models::ProviderRequest& ask) override;
  ConversationMemory& memory() override { return services_.memory; }
  models::Caches& caches() override { return services_.caches; }
  store::Store& store() override { return services_.store; }

  /// Runs the job; exceptions become `internal`, their text goes nowhere but the log.
  CallOutcome run();

 private:
  friend class Engine;
  /// Something said on the way, from the thread that runs the job to the loop.
  struct CallEvent {
    enum class Kind : std::uint8_t { progress, log, task, let_poll } kind = Kind::progress;
    Progress progress;
    ClientLog level = ClientLog::info;
    Json data;
  };
  void say(CallEvent said);
  void deliver(const CallEvent& said);
  void deliver_said();

  CallSpec spec_;
  const CallServices& services_;
  std::shared_ptr<const Runtime> runtime_;
  std::string request_id_;
  Steady arrived_;
  Millis budget_;
  Deadline deadline_;
  std::stop_source stop_;
  // Loop thread.
  std::shared_ptr<CallSink> sink_;  // empty once answered
  std::unique_ptr<Timer> timer_;
  std::uint64_t ticket_ = 0;
  bool launched_ = false;
  // Both threads.
  std::mutex mutex_;
  std::vector<CallEvent> pending_;
  std::size_t pending_bytes_ = 0;
  bool posted_ = false;
  std::string broke_;  // what() of an exception, for the log
};

}  // namespace exai::engine
