// One session of exai_ws: its calls, their waiters, and their answers. With the client's wish it
// outlives its connection for a while (ws.resume_grace). Loop thread only.
#pragma once

#include "serve/exai_ws/frames.hpp"
#include "serve/exai_ws/run.hpp"
#include "serve/exai_ws/state.hpp"
#include "serve/net/exchange.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace exai::serve::exai_ws {

/// A call_tool frame that has been checked.
struct CallFrame {
  std::string request_id;
  std::shared_ptr<const tools::Tool> tool;
  Json arguments;
  bool stream = false;
};

class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(State& state, std::string id, Principal principal, bool resumable)
      : state_(state), id_(std::move(id)), principal_(std::move(principal)), resumable_(resumable) {}

  /// From now on frames go there. Returns the attachment's number; the one before it is ignored from then on.
  std::uint64_t attach(std::shared_ptr<net::FrameSink> sink);
  /// The connection is gone: the session waits for another, or ends.
  void detach();
  /// Its calls are cancelled and nothing of it is kept.
  void end();

  /// Answers from what is kept, joins what runs, or runs.
  void call(CallFrame frame);
  [[nodiscard]] bool in_flight(const std::string& request_id) const { return waiting_.contains(request_id); }
  /// The request is answered `cancelled`; its run stops when nobody else waits for it.
  void cancel(const std::string& request_id);

  // For Run.
  void send(std::string frame, bool droppable);
  void finished(Run& run, const engine::CallOutcome& outcome);

  [[nodiscard]] State& state() { return state_; }
  [[nodiscard]] Steady now() const { return state_.now(); }
  [[nodiscard]] const std::string& id() const { return id_; }
  /// Enough to tell sessions apart, useless to resume one: for logs and for what may be passed on.
  [[nodiscard]] std::string shown_id() const { return id_.substr(0, 8); }
  [[nodiscard]] const Principal& principal() const { return principal_; }
  [[nodiscard]] bool resumable() const { return resumable_; }
  [[nodiscard]] bool attached() const { return sink_ != nullptr; }
  [[nodiscard]] std::uint64_t attachment() const { return attachment_; }
  [[nodiscard]] Steady detached_at() const { return detached_at_; }

 private:
  bool answered_before(const CallFrame& frame, const std::string& call);
  bool repeated(const CallFrame& frame, const std::string& call);
  bool shared(const CallFrame& frame, const std::string& call);
  void answer_from(const CachedResult& cached, const std::string& request_id);
  void run(CallFrame frame, const std::string& call);
  void duplicate(const CallFrame& frame, const std::string& why, const std::string& original);
  void remember(const std::string& request_id, const Run& run, const CachedResult& result, bool begun,
                bool good);
  frames::Answer answer_of(const Run& run, const engine::CallOutcome& outcome);
  [[nodiscard]] bool shares(const tools::Tool& tool) const;
  [[nodiscard]] std::string slot_of_request(const std::string& request_id) const;
  [[nodiscard]] std::string slot_of_call(const std::string& call) const;
  [[nodiscard]] Json details(const Error& error, const Run& run, bool ran) const;

  State& state_;
  std::string id_;
  Principal principal_;
  bool resumable_, ended_ = false;
  std::shared_ptr<net::FrameSink> sink_;  // empty while no client is there
  std::uint64_t attachment_ = 0;
  Steady detached_at_{};
  std::unique_ptr<engine::Timer> grace_;
  std::map<std::string, std::shared_ptr<Run>> waiting_;  // by request id; bounded by permits and joins
  std::map<std::string, std::weak_ptr<Run>> joinable_;   // by key of the call
  // Resumable sessions: requests that have run, so that none runs twice even when its answer is not kept.
  std::map<std::string, std::string> ran_;  // with the key of their call
  std::deque<std::string> ran_order_;
};

}  // namespace exai::serve::exai_ws
