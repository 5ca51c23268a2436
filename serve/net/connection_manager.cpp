#include "serve/net/connection_manager.hpp"

namespace exai::serve::net {
namespace {
constexpr Millis k_sweep_interval{250};
}  // namespace

void ConnectionRegistry::enter(const std::shared_ptr<Connection>& connection, Share share,
                               const std::string& address) {
  connections_.emplace(connection.get(), connection);
  Count& count = counts_.at(index(share));
  ++count.all;
  ++count.by_address[address];
}

void ConnectionRegistry::leave(const Connection* connection, Share share, const std::string& address) {
  connections_.erase(connection);
  Count& count = counts_.at(index(share));
  --count.all;
  if (const auto found = count.by_address.find(address);
      found != count.by_address.end() && --found->second == 0)
    count.by_address.erase(found);
}

std::vector<std::shared_ptr<Connection>> ConnectionRegistry::all() const {
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& [key, weak] : connections_)
    if (std::shared_ptr<Connection> one = weak.lock()) all.push_back(std::move(one));
  return all;
}

std::size_t ConnectionRegistry::size(Share share, const std::string& address) const {
  const auto& by_address = counts_.at(index(share)).by_address;
  const auto found = by_address.find(address);
  return found == by_address.end() ? 0 : found->second;
}

bool ConnectionManager::has_room(Share share, const std::string& address) const {
  const bool common = share == Share::common;
  return registry_.size(share) < (common ? limits.connections : limits.reserved) &&
         registry_.size(share, address) <
             (common ? limits.connections_per_address : limits.reserved_per_address);
}

ConnectionRegistry& ConnectionManager::enter(const std::shared_ptr<Connection>& connection, Share share,
                                             const std::string& address) {
  registry_.enter(connection, share, address);
  arm_sweeper();
  return registry_;
}

void ConnectionManager::arm_sweeper() {
  if (sweeping_) return;
  sweeping_ = true;
  sweep_timer_.expires_after(k_sweep_interval);
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    sweeping_ = false;
    if (error) return;
    sweep();
    if (registry_.size() > 0) arm_sweeper();
  });
}

void ConnectionManager::sweep() {
  const Steady now = system_clock().steady();
  for (const std::shared_ptr<Connection>& one : registry_.all()) one->sweep(now);
}

void ConnectionManager::wind_down() {
  winding_down_ = true;
  for (const std::shared_ptr<Connection>& one : registry_.all()) one->wind_down();
}

}  // namespace exai::serve::net
