#include "tests/store/pgbouncer.hpp"

#include "tests/catch.hpp"
#include "tests/io/free_port.hpp"

#include <fstream>
#include <stdexcept>

#include <fmt/core.h>

#include <unistd.h>

namespace exai::test {

PgBouncer::PgBouncer(const PostgresServer& server, const std::string& mode,
                     const std::vector<std::string>& settings)
    : port_(free_port()) {
  std::ofstream file(folder_ / "pgbouncer.ini");
  file << fmt::format(
      "[databases]\n* = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
      "listen_port = {}\nunix_socket_dir =\nauth_type = any\npool_mode = {}\nlog_connections = 0\n"
      "log_disconnections = 0\nlog_stats = 0\n",
      server.port(), port_, mode);
  for (const std::string& line : settings) file << line << '\n';
  file.close();
  std::filesystem::permissions(folder_.path(),
                               std::filesystem::perms::others_read | std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
  // It refuses to run as root.
  std::vector<std::string> argv{"setpriv", "--pdeathsig", "KILL"};
  if (::geteuid() == 0)
    for (const char* const word : {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"})
      argv.emplace_back(word);
  argv.insert(argv.end(), {"/usr/sbin/pgbouncer", (folder_ / "pgbouncer.ini").string()});
  auto process = io::Child::start(argv, true);
  if (!process) throw std::runtime_error("pgbouncer: " + process.error().message);
  process_ = std::make_unique<io::Child>(std::move(*process));
  std::string said;
  for (;;) {
    const auto line = process_->read_line(Deadline::after(std::chrono::minutes(1)));
    if (!line) throw std::runtime_error("pgbouncer did not start: apt-get install pgbouncer\n" + said);
    said += *line + "\n";
    if (line->find("process up") != std::string::npos) return;
  }
}

Secret PgBouncer::url_of(const std::string& database) const {
  return Secret(fmt::format("postgresql://postgres@127.0.0.1:{}/{}", port_, database));
}

}  // namespace exai::test
