// The link that lets a call pass with a permit, holds it back until there is one (engine/admission), or says
// that there is none.
#pragma once

#include "engine/admission.hpp"
#include "engine/call.hpp"
#include "engine/link.hpp"

#include <unordered_map>

namespace exai::engine {

class PermitsLink final : public CallLink {
 public:
  explicit PermitsLink(const CallServices& services) : services_(services) {}

  /// What runs on the loop thread needs no permit.
  void enter(const SharedCall& call, Next next) override;
  bool withdraw(Call& call) override;
  void left(Call& call) override;
  void reload(const Runtime& runtime) override;

 private:
  struct Held {
    SharedCall call;
    Next next;
  };
  void expire();
  void arm_timer();
  void count() const;

  const CallServices& services_;
  Admission admission_{AdmissionLimits{}};
  Admission::Ticket next_ticket_ = 1;
  std::unordered_map<Admission::Ticket, Held> line_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace exai::engine
