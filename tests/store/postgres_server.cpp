#include "tests/store/postgres_server.hpp"

#include "io/postgres.hpp"
#include "tests/catch.hpp"
#include "tests/io/free_port.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <pwd.h>
#include <unistd.h>

namespace exai::test {
namespace {

constexpr const char* k_programs = "/usr/lib/postgresql/15/bin/";

/// The server refuses to run as root; it ends with us however we end.
std::vector<std::string> as_servant(std::vector<std::string> command) {
  std::vector<std::string> argv{"setpriv", "--pdeathsig", "KILL"};
  if (::geteuid() == 0)
    for (const char* const word : {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"})
      argv.emplace_back(word);
  command.front() = k_programs + command.front();
  argv.insert(argv.end(), command.begin(), command.end());
  return argv;
}

/// A file or folder that the server has to own.
void give_to_servant(const std::filesystem::path& path) {
  if (::geteuid() != 0) return;
  const passwd* const servant = ::getpwnam("postgres");
  if (servant == nullptr || ::chown(path.c_str(), servant->pw_uid, servant->pw_gid) != 0)
    throw std::runtime_error("PostgreSQL is missing: apt-get install postgresql-15");
}

Deadline within_a_minute() {
  return Deadline::after(std::chrono::minutes(1));
}

}  // namespace

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer(const Options& options) : port_(free_port()) {
  give_to_servant(folder_.path());
  make_data(options);
  auto server = io::Child::start(command(options), true);
  if (!server) throw std::runtime_error("postgres: " + server.error().message);
  server_ = std::make_unique<io::Child>(std::move(*server));
  std::string said;
  for (;;) {
    const auto line = server_->read_line(within_a_minute());
    if (!line) throw std::runtime_error("postgres did not start:\n" + said);
    said += *line + "\n";
    if (line->find("ready to accept connections") != std::string::npos) return;
  }
}

void PostgresServer::make_data(const Options& options) const {
  const std::string data = (folder_ / "data").string();
  auto made =
      io::Child::start(as_servant({"initdb", "--no-sync", "--no-instructions", "--auth=trust",
                                   "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "-D", data}),
                       true);
  if (!made) throw std::runtime_error("initdb: " + made.error().message);
  std::string said;
  for (auto line = made->read_line(within_a_minute()); line; line = made->read_line(within_a_minute()))
    said += *line + "\n";
  if (made->wait(within_a_minute()) != 0) throw std::runtime_error("initdb failed:\n" + said);
  if (!options.admits.empty()) {
    const std::filesystem::path file = folder_ / "data/pg_hba.conf";
    const std::string trusting = (std::stringstream() << std::ifstream(file).rdbuf()).str();
    std::ofstream(file) << options.admits << '\n' << trusting;
  }
  if (options.certificate) {
    for (const auto& [from, name] : {std::pair{options.certificate->certificate, "server.crt"},
                                     std::pair{options.certificate->key, "server.key"}}) {
      const std::filesystem::path file = folder_.path() / "data" / name;
      std::filesystem::copy_file(from, file);
      std::filesystem::permissions(file, std::filesystem::perms::owner_read);
      give_to_servant(file);
    }
  }
}

std::vector<std::string> PostgresServer::command(const Options& options) const {
  std::vector<std::string> words{"postgres",
                                 "-D",
                                 (folder_ / "data").string(),
                                 "-h",
                                 "127.0.0.1",
                                 "-p",
                                 std::to_string(port_),
                                 "-k",
                                 folder_.path().string(),
                                 "-F",
                                 "-c",
                                 "max_connections=200",
                                 "-c",
                                 "log_min_messages=log"};
  if (options.certificate) words.insert(words.end(), {"-c", "ssl=on"});
  for (const std::string& setting : options.settings) words.insert(words.end(), {"-c", setting});
  return as_servant(std::move(words));
}

PostgresServer::~PostgresServer() = default;

void PostgresServer::freeze(bool frozen) const {
  std::ifstream file(folder_.path() / "data" / "postmaster.pid");
  long first = 0;
  file >> first;
  const auto parent_of = [](const std::filesystem::path& process) {
    std::ifstream stat(process / "stat");
    std::string id, name, state;
    long parent = 0;
    stat >> id >> name >> state >> parent;
    return parent;
  };
  const int signal = frozen ? SIGSTOP : SIGCONT;
  ::kill(static_cast<pid_t>(first), signal);
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    const std::string name = process.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos && parent_of(process.path()) == first)
      ::kill(static_cast<pid_t>(std::stol(name)), signal);
  }
}

void PostgresServer::cut_all() const {
  const auto admin = io::PgConnection::open(url_of("postgres"), within_a_minute());
  if (!admin) throw std::runtime_error(admin.error().message);
  const auto done = (*admin)->run(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
      " AND backend_type = 'client backend'",
      within_a_minute());
  if (!done) throw std::runtime_error(done.error().message);
}

Secret PostgresServer::url_of(const std::string& database) const {
  return Secret("postgresql://postgres@127.0.0.1:" + std::to_string(port_) + "/" + database);
}

Secret PostgresServer::database_of(const std::string& name) {
  std::string word = name;
  std::replace(word.begin(), word.end(), '-', '_');
  if (made_.insert(word).second) {
    const auto admin = io::PgConnection::open(url_of("postgres"), within_a_minute());
    if (!admin) throw std::runtime_error(admin.error().message);
    if (const auto done = (*admin)->run("CREATE DATABASE " + word, within_a_minute()); !done)
      throw std::runtime_error(done.error().message);
  }
  return url_of(word);
}

}  // namespace exai::test
