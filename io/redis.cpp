#include "io/redis.hpp"

#include "io/redis_words.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

namespace exai::io {
namespace {

constexpr std::size_t k_redis_piece = std::size_t{64} << 10U;  // of what is read at a time
constexpr std::size_t k_on_the_way = 512;                      // commands that wait for their replies
constexpr std::string_view k_command = "command";

bool is_unknown_command(std::string_view reply) {
  return reply.starts_with("ERR unknown command");
}

/// What else may answer on that port, told by the first byte of what is no RESP.
std::string other_protocol(std::string_view bytes) {
  if (bytes.starts_with("HTTP/")) return "an HTTP server answers there; is the port that of Redis (6379)?";
  if (bytes.starts_with("SSH-")) return "an SSH server answers there; is the port that of Redis (6379)?";
  constexpr char k_alert = 0x15, k_handshake = 0x16;  // records of TLS
  if (!bytes.empty() && (bytes.front() == k_alert || bytes.front() == k_handshake))
    return "the port speaks TLS: write rediss:// instead of redis://";
  return "is it Redis that answers there?";
}

StreamTarget target_of(const RedisAddress& address, const RedisConnection::Options& options) {
  return {.host = address.host,
          .port = address.port,
          .socket = address.socket,
          .tls = address.tls,
          .ca_file = options.ca_file,
          .name = address.name(),
          .no_tls =
              "does the port speak TLS? a Redis without it keeps silent: then the URL begins with redis://"};
}

}  // namespace

RedisConnection::RedisConnection(std::string name, Stream stream, const Options& options)
    : name_(std::move(name)), stream_(std::move(stream)), reader_(options.limits) {}

tl::unexpected<Error> RedisConnection::over(Error error) {
  close();
  return fail(std::move(error));
}

Error RedisConnection::ended(std::string_view phase) const {
  Error error = make_error(ErrorKind::unreachable,
                           fmt::format("Redis at {} closed the connection in phase {}", name_, phase));
  if (!answered_ && !tls_)
    error.hint = "it said nothing before: does the port want TLS (rediss://)? its log says why it hung up";
  else
    error.hint =
        "its log says why: a restart, an idle timeout, CLIENT KILL or an output buffer that was full";
  return error;
}

Result<RedisConnection> RedisConnection::connect(const RedisAddress& address, const Options& options,
                                                 const Patience& patience) {
  const std::string name = address.name();
  if (!address.user.empty() && address.password.empty())
    return fail(ErrorKind::config, fmt::format("the URL of Redis at {} names a user but no password", name),
                "write redis://USER:PASSWORD@HOST; a password without a user stands behind a colon: "
                "redis://:PASSWORD@HOST");
  Result<Stream> stream = Stream::open(target_of(address, options), patience);
  if (!stream) return fail(std::move(stream.error()));
  const StreamTimes times = stream->times();
  RedisConnection connection(name, std::move(*stream), options);
  connection.tls_ = address.tls;
  connection.times_ = {times.resolve, times.connect, times.tls, Micros{0}};
  const Steady began = system_clock().steady();
  if (auto greeted = connection.greet(address, patience); !greeted) return fail(std::move(greeted.error()));
  connection.times_.auth = std::chrono::duration_cast<Micros>(system_clock().steady() - began);
  return connection;
}

/// AUTH and SELECT in one round trip. The reply to AUTH is not quoted: a server that does not know the
/// command repeats what came with it.
Result<void> RedisConnection::greet(const RedisAddress& address, const Patience& patience) {
  std::vector<RedisCommand> commands;
  if (!address.password.empty()) {
    commands.push_back({"AUTH"});
    if (!address.user.empty()) commands.back().push_back(address.user);
    commands.back().push_back(address.password.reveal());
  }
  commands.push_back({"SELECT", std::to_string(address.database)});
  const auto replies = exchange(commands, patience, "auth");
  if (!replies) return fail(replies.error());
  if (const RedisReply& login = replies->front(); replies->size() > 1 && login.is_error()) {
    Error error = explain_redis(login.text, name_);
    if (error.kind == ErrorKind::invalid)
      error = make_error(ErrorKind::refused,
                         fmt::format("Redis at {} did not take the login ({})", name_,
                                     is_unknown_command(login.text) ? "it does not know AUTH" : "ERR"),
                         "does its version know users (Redis 6), and is AUTH not renamed?");
    return over(std::move(error));
  }
  return judge_select(replies->back(), address.database, patience);
}

/// A sentinel knows no databases; a user may be without the right to choose one, which 0 needs not.
Result<void> RedisConnection::judge_select(const RedisReply& reply, int database, const Patience& patience) {
  if (!reply.is_error()) return {};
  const bool unknown = is_unknown_command(reply.text);
  const bool refused = redis_code(reply.text) == "NOPERM";
  if (database == 0 && refused) return {};
  if (database == 0 && unknown) {
    const auto info = exchange({{"INFO", "server"}}, patience, "auth");
    if (!info) return fail(info.error());
    if (info->front().text.find("redis_mode:sentinel") == std::string::npos) return {};
  }
  return over(explain_redis(reply.text, name_));
}

/// Nothing may have come since the last reply: it would be taken for the answer to the next command.
Result<void> RedisConnection::check_idle() {
  if (!stream_)
    return fail(ErrorKind::unreachable, fmt::format("the connection to Redis at {} was closed", name_),
                "connect anew");
  std::array<char, 4096> piece{};
  const std::optional<std::size_t> came = stream_->read_now(piece);
  if (!came && reader_.is_between()) return {};
  if (came == std::size_t{0} && reader_.is_between()) return over(ended("idle"));
  auto unasked = take(std::string_view(piece.data(), came.value_or(0)));
  if (!unasked) return fail(std::move(unasked.error()));
  if (*unasked && (*unasked)->is_error()) return over(explain_redis((*unasked)->text, name_));
  return over(make_error(ErrorKind::invalid,
                         fmt::format("Redis at {} said something that nobody asked for", name_),
                         "is a proxy between, or is the connection shared?"));
}

/// A server that refuses a client says why and hangs up; its word may be there although nothing can be sent.
Result<void> RedisConnection::send(std::string_view bytes, const Patience& patience, std::string_view phase) {
  auto sent = stream_->write(bytes, patience, phase);
  if (sent) return {};
  if (sent.error().kind == ErrorKind::unreachable) {
    std::array<char, 4096> piece{};
    const std::size_t last = stream_->read_now(piece).value_or(0);
    const auto word = take(std::string_view(piece.data(), last));
    if (word && *word && (*word)->is_error()) return over(explain_redis((*word)->text, name_));
    sent.error().hint = ended(phase).hint;
  }
  return over(std::move(sent.error()));
}

/// What the bytes complete, if they complete something.
Result<std::optional<RedisReply>> RedisConnection::take(std::string_view bytes) {
  auto fed = reader_.feed(bytes);
  auto reply = fed ? reader_.next() : fail(fed.error());
  if (reply) return reply;
  Error error = std::move(reply.error());
  error.message = fmt::format("the answer of Redis at {} cannot be used: {}", name_, error.message);
  if (error.kind == ErrorKind::invalid && !answered_) error.hint = other_protocol(bytes);
  return over(std::move(error));
}

Result<RedisReply> RedisConnection::receive(const Patience& patience, std::string_view phase) {
  auto reply = take({});  // it may have come with the one before
  std::vector<char> piece;
  while (reply && !*reply) {
    piece.resize(k_redis_piece);
    const auto size = stream_->read(piece, patience, phase);
    if (!size) return over(size.error());
    if (*size == 0)
      return over(reader_.is_between()
                      ? ended(phase)
                      : make_error(ErrorKind::invalid,
                                   fmt::format("the answer of Redis at {} was cut short", name_),
                                   "its log says why it hung up"));
    reply = take(std::string_view(piece.data(), *size));
  }
  if (!reply) return fail(std::move(reply.error()));
  answered_ = true;
  RedisReply whole = std::move(**reply);
  if (whole.is_error() && ends_connection(whole.text)) return over(explain_redis(whole.text, name_));
  return whole;
}

Result<std::vector<RedisReply>> RedisConnection::exchange(const std::vector<RedisCommand>& commands,
                                                          const Patience& patience, std::string_view phase) {
  std::vector<std::string> windows;  // all, before any is sent: what cannot be sent must not stop halfway
  for (std::size_t at = 0; at < commands.size(); ++at) {
    const Result<std::string> text = format_redis(commands[at]);
    if (!text) return fail(text.error());
    if (at % k_on_the_way == 0) windows.emplace_back();
    windows.back() += *text;
  }
  std::vector<RedisReply> replies;
  reader_.start();
  for (const std::string& window : windows) {
    if (auto idle = check_idle(); !idle) return fail(std::move(idle.error()));
    if (auto sent = send(window, patience, phase); !sent) return fail(std::move(sent.error()));
    const std::size_t end = std::min(commands.size(), replies.size() + k_on_the_way);
    while (replies.size() < end) {
      auto reply = receive(patience, phase);
      if (!reply) return fail(std::move(reply.error()));
      replies.push_back(std::move(*reply));
    }
  }
  return replies;
}

Result<RedisReply> RedisConnection::ask(const RedisCommand& command, const Patience& patience) {
  auto replies = exchange({command}, patience, k_command);
  if (!replies) return fail(std::move(replies.error()));
  return std::move(replies->front());
}

Result<RedisReply> RedisConnection::command(const RedisCommand& command, const Patience& patience) {
  auto reply = ask(command, patience);
  if (reply && reply->is_error()) return fail(explain_redis(reply->text, name_));
  return reply;
}

Result<std::vector<RedisReply>> RedisConnection::pipeline(const std::vector<RedisCommand>& commands,
                                                          const Patience& patience) {
  return exchange(commands, patience, k_command);
}

}  // namespace exai::io
