// A PostgreSQL of the tests' own: Debian's server on loopback, in a scratch folder, thrown away at the end.
#pragma once

#include "core/secret.hpp"
#include "io/process.hpp"
#include "tests/io/certificate.hpp"
#include "tests/io/temp_folder.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace exai::test {

class PostgresServer {
 public:
  struct Options {
    std::optional<Certificate> certificate{};  ///< TLS beside plain TCP
    std::vector<std::string> settings{};       ///< more of postgresql.conf: "max_connections=20"
    std::string admits{};                      ///< lines of pg_hba.conf before the one that trusts everybody
  };
  /// Started by the first who asks; a server that cannot be started fails the test.
  static PostgresServer& shared();
  /// A server that keeps nothing on a disk.
  PostgresServer() : PostgresServer(Options{}) {}
  explicit PostgresServer(const Options& options);
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
  void make_data(const Options& options) const;
  [[nodiscard]] std::vector<std::string> command(const Options& options) const;

  TempFolder folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<io::Child> server_;
  std::set<std::string> made_;
};

}  // namespace exai::test
