#include "io/postgres.hpp"

#include "core/address.hpp"
#include "core/text.hpp"
#include "io/guard.hpp"
#include "io/poll_until.hpp"
#include "io/pq_library.hpp"
#include "io/resolve.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include <fmt/core.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace exai::io {
namespace {

constexpr const char* k_roots = "/etc/ssl/certs/ca-certificates.crt";

using PgOptions = std::map<std::string, std::string>;

/// The words of a URL or of "key=value ..." that were given; libpq reads them.
Result<PgOptions> options_of(const PqLibrary& pq, const Secret& url) {
  if (url.empty())
    return fail(ErrorKind::config, "the address of the database is empty",
                "postgresql://USER:PASSWORD@HOST:5432/DATABASE");
  char* why = nullptr;
  PQconninfoOption* const all = pq.conninfo_parse(url.reveal().c_str(), &why);
  if (all == nullptr) {
    // The library's text may repeat what was given.
    pq.free_memory(why);
    return fail(ErrorKind::config, "the address of the database is not one that PostgreSQL's library reads",
                "postgresql://USER:PASSWORD@HOST:5432/DATABASE, with % escapes in the password");
  }
  PgOptions given;
  for (const PQconninfoOption* one = all; one->keyword != nullptr; ++one)
    if (one->val != nullptr && *one->val != '\0') given[one->keyword] = one->val;
  pq.conninfo_free(all);
  return given;
}

bool is_this_machine(const std::string& host) {
  return host.empty() || host.front() == '/' || host.front() == '@' || host == "localhost" || host == "::1" ||
         host.starts_with("127.");
}

/// TLS that proves who the server is, unless it is this machine.
Result<void> settle_tls(PgOptions& options) {
  if (is_this_machine(options["host"])) return {};
  std::string& mode = options["sslmode"];
  if (mode.empty()) mode = "verify-full";
  if (mode != "verify-full")
    return fail(ErrorKind::config,
                fmt::format("sslmode={} lets anybody between here and {} answer as the database",
                            printable(mode), printable(options["host"])),
                "leave sslmode out, or set verify-full (sslrootcert names the roots of a private authority)");
  if (options["sslrootcert"].empty()) options["sslrootcert"] = k_roots;
  return {};
}

/// What was given, with what is ours to decide; `config` for what is not to be tried.
Result<PgOptions> settled_options(const PqLibrary& pq, const Secret& url) {
  auto options = options_of(pq, url);
  if (!options) return options;
  // A password with "@" or "/" as they are falls apart like that, and messages would show the pieces.
  const std::string &host = (*options)["host"], &port = (*options)["port"];
  if (host.find('@', 1) != std::string::npos || port.find_first_not_of("0123456789,") != std::string::npos)
    return fail(ErrorKind::config,
                "the address of the database does not fall into user, password, host and port",
                "in the password write @ as %40, / as %2F, : as %3A, ? as %3F and % as %25");
  for (const char* const name : {"host", "hostaddr", "port"})
    if ((*options)[name].find(',') != std::string::npos)
      return fail(ErrorKind::config, "the address of the database names several hosts",
                  "name one; a pooler or a virtual address stands before several");
  if (const auto settled = settle_tls(*options); !settled) return fail(settled.error());
  return options;
}

std::string text_of_address(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const auto* const any = reinterpret_cast<const sockaddr*>(address.data());
  const void* const bytes =
      any->sa_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(address.data())->sin6_addr)
          : static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(address.data())->sin_addr);
  return inet_ntop(any->sa_family, bytes, text.data(), text.size()) == nullptr ? "" : text.data();
}

/// libpq would ask for the name without a deadline.
Result<void> settle_address(PgOptions& options, Deadline deadline) {
  const std::string& host = options["host"];
  if (host.empty() || host.front() == '/' || host.front() == '@' || !options["hostaddr"].empty()) return {};
  const std::string port = options["port"].empty() ? "5432" : options["port"];
  const auto found = resolve(host, port, deadline);
  if (!found) return fail(Error(found.error()).during("connecting to PostgreSQL"));
  std::string addresses, hosts, ports;
  for (const SocketAddress& address : *found) {
    const char* const comma = addresses.empty() ? "" : ",";
    addresses += comma + text_of_address(address);
    hosts += comma + host;
    ports += comma + port;
  }
  options["hostaddr"] = addresses;
  options["host"] = hosts;
  options["port"] = ports;
  return {};
}

/// Lines of the library as one, without what might be the password.
std::string one_line(std::string_view text, const std::string& password) {
  std::string line;
  for (const char c : printable(trim(text))) {
    const bool space = c == ' ' || c == '\n' || c == '\t';
    if (!space || !line.ends_with(' ')) line += space ? ' ' : c;
  }
  for (std::size_t at = 0; !password.empty() && (at = line.find(password, at)) != std::string::npos;)
    line.replace(at, password.size(), "***");
  return line;
}

Micros since(Steady began) {
  return std::chrono::duration_cast<Micros>(system_clock().steady() - began);
}

/// Where the time goes that the library spends in that state.
Micros& phase_of(PgTimes& times, ConnStatusType state) {
  if (state == CONNECTION_NEEDED || state == CONNECTION_STARTED) return times.connect;
  return state == CONNECTION_SSL_STARTUP ? times.tls : times.auth;
}

ErrorKind kind_of(std::string_view state) {
  const std::string_view group = state.substr(0, 2);
  if (state == "57014") return ErrorKind::timeout;  // cancelled by statement_timeout
  if (group == "22" || group == "23") return ErrorKind::invalid;
  if (group == "53" || state == "55P03" || group == "40") return ErrorKind::busy;
  if (group == "08" || group == "57" || group == "58") return ErrorKind::unreachable;
  if (group == "28" || state == "3D000" || state == "42501") return ErrorKind::config;
  return ErrorKind::internal;
}

}  // namespace

bool PgAddress::is_this_machine() const {
  return io::is_this_machine(host);
}

struct PgConnection::Impl {
  const PqLibrary& pq;
  PGconn* handle = nullptr;
  std::string password{};
  bool verified = false;
};

std::size_t PgRows::rows() const {
  return result_ ? static_cast<std::size_t>((*pq_library())->tuples(static_cast<PGresult*>(result_.get())))
                 : 0;
}

std::size_t PgRows::columns() const {
  return result_ ? static_cast<std::size_t>((*pq_library())->fields(static_cast<PGresult*>(result_.get())))
                 : 0;
}

std::string_view PgRows::text(std::size_t row, std::size_t column) const {
  auto* const result = static_cast<PGresult*>(result_.get());
  const PqLibrary& pq = **pq_library();
  const int at = static_cast<int>(row), in = static_cast<int>(column);
  return {pq.value(result, at, in), static_cast<std::size_t>(pq.length(result, at, in))};
}

bool PgRows::is_null(std::size_t row, std::size_t column) const {
  return (*pq_library())
             ->is_null(static_cast<PGresult*>(result_.get()), static_cast<int>(row),
                       static_cast<int>(column)) != 0;
}

std::string_view PgRows::command() const {
  if (!result_) return {};
  return (*pq_library())->command_status(static_cast<PGresult*>(result_.get()));
}

std::int64_t PgRows::changed() const {
  if (!result_) return 0;
  const std::string_view text = (*pq_library())->command_tuples(static_cast<PGresult*>(result_.get()));
  std::int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

PgConnection::PgConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

PgConnection::~PgConnection() {
  if (impl_->handle != nullptr) impl_->pq.finish(impl_->handle);
}

tl::unexpected<Error> PgConnection::lost(std::string_view doing) {
  broken_ = true;
  const std::string why = one_line(impl_->pq.error_message(impl_->handle), impl_->password);
  return fail(make_error(ErrorKind::unreachable,
                         fmt::format("PostgreSQL: {}", why.empty() ? "the connection is gone" : why))
                  .during(doing));
}

Result<std::string> PgConnection::target(const Secret& url) {
  const auto pq = pq_library();
  if (!pq) return fail(pq.error());
  auto options = settled_options(**pq, url);
  if (!options) return fail(options.error());
  const auto given = [&](const char* name, std::string_view otherwise) {
    const std::string& text = (*options)[name];
    return text.empty() ? std::string(otherwise) : printable(text);
  };
  const std::string user = given("user", "");
  return fmt::format("{}{}{}:{}/{}", user, user.empty() ? "" : "@", given("host", "localhost"),
                     given("port", "5432"), given("dbname", user));
}

Result<PgAddress> PgConnection::address(const Secret& url) {
  const auto pq = pq_library();
  if (!pq) return fail(pq.error());
  auto options = options_of(**pq, url);
  if (!options) return fail(options.error());
  const auto given = [&](const char* name) { return printable((*options)[name]); };
  return PgAddress{given("user"),   given("host"),    given("port"),
                   given("dbname"), given("sslmode"), !(*options)["password"].empty()};
}

Result<std::unique_ptr<PgConnection>> PgConnection::open(const Secret& url, Deadline deadline) {
  const auto pq = pq_library();
  if (!pq) return fail(pq.error());
  auto options = settled_options(**pq, url);
  if (!options) return fail(options.error());
  const std::string shown = (*options)["host"].empty() ? "the local socket" : printable((*options)["host"]);
  const Steady began = system_clock().steady();
  if (const auto settled = settle_address(*options, deadline); !settled) return fail(settled.error());
  const Micros resolved = since(began);
  if (const auto allowed = permit(fmt::format("connect to PostgreSQL at {}", shown)); !allowed)
    return fail(allowed.error());
  options->try_emplace("application_name", "exai");
  options->try_emplace("client_encoding", "UTF8");
  std::vector<const char*> names, values;
  for (const auto& [name, value] : *options) {
    if (value.empty()) continue;
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  const Steady starting = system_clock().steady();
  std::unique_ptr<PgConnection> made(new PgConnection(
      std::make_unique<Impl>(Impl{**pq, (*pq)->connect_start(names.data(), values.data(), 0)})));
  made->impl_->password = (*options)["password"];
  made->impl_->verified = (*options)["sslmode"] == "verify-full";
  made->times_.resolve = resolved;
  made->times_.connect = since(starting);
  if (const auto connected = made->connect(deadline, shown); !connected) return fail(connected.error());
  return made;
}

Result<void> PgConnection::connect(Deadline deadline, const std::string& shown) {
  const PqLibrary& pq = impl_->pq;
  PGconn* const handle = impl_->handle;
  if (handle == nullptr) return fail(ErrorKind::internal, "PostgreSQL's library has no memory");
  pq.set_notice_processor(
      handle, [](void*, const char*) {}, nullptr);
  PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  while (pq.status(handle) != CONNECTION_BAD && wanted != PGRES_POLLING_OK) {
    if (wanted == PGRES_POLLING_FAILED) break;
    const auto events = static_cast<short>(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT);
    Micros& phase = phase_of(times_, pq.status(handle));
    const Steady began = system_clock().steady();
    if (!poll_until(pq.socket(handle), events, deadline))
      return fail(ErrorKind::timeout,
                  fmt::format("PostgreSQL at {} did not take the connection in time", shown));
    wanted = pq.connect_poll(handle);
    phase += since(began);
  }
  if (pq.status(handle) != CONNECTION_OK) {
    Error error = lost("connecting").value();
    // No code comes with it, only words; what the operator has to change is a setting then.
    for (const char* const word : {"authentication failed", "does not exist", "no pg_hba.conf entry",
                                   "certificate", "root certificate", "enant or user not found"})
      if (error.message.find(word) != std::string::npos) error.kind = ErrorKind::config;
    return fail(std::move(error));
  }
  pq.set_nonblocking(handle, 1);
  return {};
}

Result<PgRows> PgConnection::run(const std::string& sql, const PgParameters& parameters, Deadline deadline) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const std::optional<std::string>& one : parameters) {
    if (one && one->find('\0') != std::string::npos)
      return fail(ErrorKind::invalid, "a text for PostgreSQL may not hold the character NUL");
    values.push_back(one ? one->c_str() : nullptr);
  }
  const int sent = impl_->pq.send_query_params(impl_->handle, sql.c_str(), static_cast<int>(values.size()),
                                               nullptr, values.data(), nullptr, nullptr, 0);
  if (sent != 1) return lost("sending a statement");
  return finish(deadline);
}

Result<PgRows> PgConnection::run(const std::string& sql, Deadline deadline) {
  if (impl_->pq.send_query(impl_->handle, sql.c_str()) != 1) return lost("sending a statement");
  return finish(deadline);
}

tl::unexpected<Error> PgConnection::late() {
  broken_ = true;
  return fail(ErrorKind::timeout, "PostgreSQL did not answer a statement in time");
}

/// Waits until what was given to the library is on its way.
Result<void> PgConnection::flush(Deadline deadline) {
  const PqLibrary& pq = impl_->pq;
  PGconn* const handle = impl_->handle;
  for (int left = pq.flush(handle); left != 0; left = pq.flush(handle)) {
    if (left < 0) return lost("sending a statement");
    if (!poll_until(pq.socket(handle), POLLOUT | POLLIN, deadline)) return late();
    if (pq.consume_input(handle) != 1) return lost("waiting for an answer");
  }
  return {};
}

/// The next result of the statements that were sent; null after the last.
Result<std::shared_ptr<void>> PgConnection::next_result(Deadline deadline) {
  const PqLibrary& pq = impl_->pq;
  PGconn* const handle = impl_->handle;
  while (pq.is_busy(handle) != 0) {
    if (!poll_until(pq.socket(handle), POLLIN, deadline)) return late();
    if (pq.consume_input(handle) != 1) return lost("waiting for an answer");
  }
  PGresult* const result = pq.get_result(handle);
  if (result == nullptr) return std::shared_ptr<void>();
  return std::shared_ptr<void>(result, [&pq](void* held) { pq.clear(static_cast<PGresult*>(held)); });
}

Result<PgRows> PgConnection::finish(Deadline deadline) {
  const PqLibrary& pq = impl_->pq;
  if (auto sent = flush(deadline); !sent) return fail(sent.error());
  PgRows last;
  std::optional<Error> failed;
  for (;;) {
    auto next = next_result(deadline);
    if (!next) return fail(next.error());
    if (!*next) break;
    auto* const result = static_cast<PGresult*>(next->get());
    last = PgRows(std::move(*next));
    const ExecStatusType status = pq.result_status(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY || failed)
      continue;
    const char* const state = pq.result_error_field(result, PG_DIAG_SQLSTATE);
    const char* const text = pq.result_error_field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (state == nullptr) return lost("waiting for an answer");
    failed = make_error(kind_of(state),
                        fmt::format("PostgreSQL: {} (SQLSTATE {})",
                                    one_line(text == nullptr ? "" : text, impl_->password), state));
  }
  if (pq.status(impl_->handle) != CONNECTION_OK) broken_ = true;
  if (failed) return fail(std::move(*failed));
  return last;
}

bool PgConnection::alive() {
  // A server that ends says so and closes; otherwise there is nothing to read.
  while (!broken_ && poll_until(impl_->pq.socket(impl_->handle), POLLIN, Deadline::after(Millis{0})))
    if (impl_->pq.consume_input(impl_->handle) != 1 || impl_->pq.status(impl_->handle) != CONNECTION_OK)
      broken_ = true;
  return !broken_;
}

int PgConnection::server_version() const {
  return impl_->pq.server_version(impl_->handle);
}

std::string PgConnection::version_text() const {
  const char* const text = impl_->pq.parameter_status(impl_->handle, "server_version");
  return text == nullptr ? "" : printable(text);
}

int PgConnection::backend() const {
  return impl_->pq.backend_pid(impl_->handle);
}

PgTls PgConnection::tls() const {
  if (impl_->pq.ssl_in_use(impl_->handle) == 0) return {};
  const char* const version = impl_->pq.ssl_attribute(impl_->handle, "protocol");
  return {version == nullptr ? "TLS" : printable(version), impl_->verified};
}

}  // namespace exai::io
