#include "serve/door/hub.hpp"

#include <vector>

namespace exai::serve {
namespace {
constexpr Millis k_sweep_interval{250};
}  // namespace

bool Hub::has_room(const std::string& address) const {
  const auto found = by_address_.find(address);
  const std::size_t here = found == by_address_.end() ? 0 : found->second;
  return connections_.size() < limits.connections && here < limits.connections_per_address;
}

void Hub::enter(const std::shared_ptr<Connection>& connection, const std::string& address) {
  connections_.emplace(connection.get(), connection);
  ++by_address_[address];
  arm_sweeper();
}

void Hub::leave(const Connection* connection, const std::string& address) {
  connections_.erase(connection);
  if (const auto found = by_address_.find(address); found != by_address_.end() && --found->second == 0)
    by_address_.erase(found);
}

void Hub::arm_sweeper() {
  if (sweeping_) return;
  sweeping_ = true;
  sweep_timer_.expires_after(k_sweep_interval);
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    sweeping_ = false;
    if (error) return;
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [key, weak] : connections_)
      if (std::shared_ptr<Connection> one = weak.lock()) all.push_back(std::move(one));
    const Steady now = system_clock().steady();
    for (const std::shared_ptr<Connection>& one : all) one->sweep(now);
    if (!connections_.empty()) arm_sweeper();
  });
}

void Hub::wind_down() {
  winding_down_ = true;
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& [key, weak] : connections_)
    if (std::shared_ptr<Connection> one = weak.lock()) all.push_back(std::move(one));
  for (const std::shared_ptr<Connection>& one : all) one->wind_down();
}

}  // namespace exai::serve
