// A PgBouncer of the tests' own before a PostgreSQL of theirs.
#pragma once

#include "core/secret.hpp"
#include "io/process.hpp"
#include "tests/io/temp_folder.hpp"
#include "tests/store/postgres_server.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace exai::test {

class PgBouncer {
 public:
  /// `mode`: "session", "transaction" or "statement"; `settings`: more lines of its file. A program that is
  /// missing or does not start fails the test.
  PgBouncer(const PostgresServer& server, const std::string& mode,
            const std::vector<std::string>& settings = {});
  PgBouncer(const PgBouncer&) = delete;
  PgBouncer& operator=(const PgBouncer&) = delete;

  [[nodiscard]] Secret url_of(const std::string& database) const;

 private:
  TempFolder folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<io::Child> process_;
};

}  // namespace exai::test
