// What stands between the arrival of a call and its run: links, each in a file of its own, that hand the call
// on, now or later, or end it. In order: scope, permits, the policies, audit, run.
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace exai::engine {

class Call;
class CallLink;
struct CallOutcome;
struct CallServices;
struct Runtime;
using SharedCall = std::shared_ptr<Call>;

/// Where a call ends, wherever on its way that is. Loop thread only.
class CallEnd {
 public:
  virtual ~CallEnd() = default;
  /// The caller's answer; the first counts.
  virtual void answer(const SharedCall& call, CallOutcome outcome) = 0;
  /// Nothing of the call is left: no thread runs it, no link holds it.
  virtual void over(const SharedCall& call) = 0;
};

/// The rest of the chain, as a link sees it; good as long as the chain.
class Next {
 public:
  Next(const std::unique_ptr<CallLink>* links, CallEnd& end) : links_(links), end_(&end) {}
  /// Hands the call to the next link.
  void operator()(const SharedCall& call) const;
  /// The call goes no further: the caller gets the error.
  void refuse(const SharedCall& call, Error why) const;

 private:
  const std::unique_ptr<CallLink>* links_;
  CallEnd* end_;
};

/// Loop thread only.
class CallLink {
 public:
  CallLink() = default;
  CallLink(const CallLink&) = delete;
  CallLink& operator=(const CallLink&) = delete;
  CallLink(CallLink&&) = delete;
  CallLink& operator=(CallLink&&) = delete;
  virtual ~CallLink() = default;

  /// Judges the call, then `next(call)` or `next.refuse(call, why)`: exactly one of them, or, where the call
  /// is held back, one of them later unless withdraw() takes it away.
  virtual void enter(const SharedCall& call, Next next) = 0;
  /// The call is cancelled; true if this link held it back, and forgets it.
  virtual bool withdraw(Call& /*call*/) { return false; }
  /// Each call has its answer, also one that another link refused; its thread may still be busy.
  virtual void answered(const Call& /*call*/, const CallOutcome& /*outcome*/) {}
  /// Nothing of the call is left, wherever it ended: what the link took for it goes back.
  virtual void left(Call& /*call*/) {}
  /// The settings, once before the first call and anew with each reload.
  virtual void reload(const Runtime& /*runtime*/) {}
};

/// What may be put between a call and its run by one file: a record, `policy/<id>.cpp`.
struct CallPolicy {
  /// Where it stands. What looks at the caller alone comes before the permit, so that a stranger takes none.
  enum class Place : std::uint8_t { before_permit, after_permit, before_run };
  std::string_view id;  ///< policies of one place are asked in the order of their ids
  Place place = Place::after_permit;
  std::unique_ptr<CallLink> (*make)(const CallServices&) = nullptr;

  [[nodiscard]] std::string_view name() const { return id; }
};

/// The links in their order; the last runs the call.
class CallChain {
 public:
  explicit CallChain(CallEnd& end) : end_(end) {}
  void add(std::unique_ptr<CallLink> link) { links_.push_back(std::move(link)); }
  /// Adds the registered policies of that place.
  void add_policies(CallPolicy::Place place, const CallServices& services);

  void enter(const SharedCall& call) const { Next(links_.data(), end_)(call); }
  [[nodiscard]] bool withdraw(Call& call) const;
  void answered(const Call& call, const CallOutcome& outcome) const;
  void left(Call& call) const;
  void reload(const Runtime& runtime) const;

 private:
  CallEnd& end_;
  std::vector<std::unique_ptr<CallLink>> links_;
};

}  // namespace exai::engine
