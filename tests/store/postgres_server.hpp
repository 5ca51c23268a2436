// A PostgreSQL of the tests' own: Debian's server on loopback, in a scratch folder, thrown away at the end.
#pragma once

#include "core/secret.hpp"
#include "io/process.hpp"
#include "tests/io/temp_folder.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <string>

namespace exai::test {

class PostgresServer {
 public:
  /// Started by the first who asks; a server that cannot be started fails the test.
  static PostgresServer& shared();
  /// A server that keeps nothing on a disk.
  PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  /// The address of the database that belongs to a name; empty when it is first asked for.
  Secret database_of(const std::string& name);
  [[nodiscard]] Secret url_of(const std::string& database) const;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Stops all its processes where they are, or lets them go on.
  void freeze(bool frozen) const;
  /// Ends all connections that clients have.
  void cut_all() const;

 private:
  TempFolder folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<io::Child> server_;
  std::set<std::string> made_;
};

}  // namespace exai::test
