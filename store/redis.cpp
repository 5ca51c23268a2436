#include "store/redis.hpp"

#include "core/digest.hpp"
#include "io/redis.hpp"

#include <charconv>
#include <mutex>

#include <fmt/core.h>

namespace exai::store {
namespace {

constexpr Millis k_away_for{1000};
constexpr std::int64_t k_bucket_idle_ms = 3'600'000;
constexpr std::size_t k_max_circuits = 1000;
constexpr char k_separator = '\n';  // in no name of a provider or a model

using io::RedisCommand;
using io::RedisReply;

Error not_redis(std::string_view command) {
  return make_error(ErrorKind::invalid,
                    fmt::format("Redis: a reply to {} of a form that it never has", command));
}

class RedisState final : public SharedState {
 public:
  RedisState(RedisAddress address, std::string ca_file, std::string prefix, const Clock& clock,
             Millis patience)
      : address_(std::move(address)), prefix_(std::move(prefix)), clock_(clock), patience_(patience) {
    options_.ca_file = std::move(ca_file);
  }

  Result<std::optional<std::string>> find(const std::string& key) override {
    auto replies = ask({{"GET", name_of("answer", key)}});
    if (!replies) return fail(replies.error());
    RedisReply& reply = replies->front();
    if (reply.is_nil()) return std::optional<std::string>();
    if (reply.type != RedisReply::Type::text) return fail(not_redis("GET"));
    return std::optional(std::move(reply.text));
  }

  Result<void> keep(const std::string& key, const std::string& text, Millis ttl) override {
    const auto replies = ask(
        {{"SET", name_of("answer", key), text, "PX", std::to_string(std::max<Millis::rep>(ttl.count(), 1))}});
    if (!replies) return fail(replies.error());
    return {};
  }

  Result<std::vector<std::int64_t>> take(const std::vector<BucketUse>& taken) override {
    std::vector<RedisCommand> commands;
    for (const BucketUse& use : taken) {
      const std::string name = name_of("rate", sha256_hex(use.bucket).substr(0, 32));
      commands.push_back({"INCRBY", name, std::to_string(use.taken)});
      commands.push_back({"PEXPIRE", name, std::to_string(k_bucket_idle_ms)});
    }
    if (commands.empty()) return std::vector<std::int64_t>{};
    const auto replies = ask(commands);
    if (!replies) return fail(replies.error());
    std::vector<std::int64_t> totals;
    for (std::size_t at = 0; at < replies->size(); at += 2) {
      if ((*replies)[at].type != RedisReply::Type::integer) return fail(not_redis("INCRBY"));
      totals.push_back((*replies)[at].integer);
    }
    return totals;
  }

  Result<std::vector<OpenCircuit>> tell_circuits(const std::vector<OpenCircuit>& changed) override {
    // Times are those of Redis: the clocks of two servers differ.
    const std::string circuits = name_of("circuits", "open");
    const auto known = ask({{"TIME"}, {"HGETALL", circuits}});
    if (!known) return fail(known.error());
    const auto now = redis_time((*known)[0]);
    if (!now) return fail(now.error());
    std::vector<RedisCommand> commands;
    std::vector<OpenCircuit> open = read_circuits((*known)[1], *now, circuits, commands);
    for (const OpenCircuit& one : changed) {
      const std::string field = one.provider + k_separator + one.model;
      if (one.left.count() > 0)
        commands.push_back(
            {"HSET", circuits, field, fmt::format("{} {}", *now + one.left.count(), one.failures)});
      else
        commands.push_back({"HDEL", circuits, field});
    }
    if (!changed.empty()) commands.push_back({"PEXPIRE", circuits, std::to_string(24 * k_bucket_idle_ms)});
    if (!commands.empty())
      if (const auto told = ask(commands); !told) return fail(told.error());
    return open;
  }

  [[nodiscard]] std::optional<Error> trouble() const override {
    const std::scoped_lock lock(mutex_);
    return trouble_;
  }

 private:
  [[nodiscard]] std::string name_of(std::string_view kind, std::string_view name) const {
    return fmt::format("{}{}:{}", prefix_, kind, name);
  }

  static Result<std::int64_t> redis_time(const RedisReply& reply) {
    std::int64_t seconds = 0, micros = 0;
    if (reply.elements.size() == 2 && read(reply.elements[0].text, seconds) &&
        read(reply.elements[1].text, micros))
      return seconds * 1000 + micros / 1000;
    return fail(not_redis("TIME"));
  }

  static bool read(std::string_view text, std::int64_t& number) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc{} && end == text.data() + text.size();
  }

  /// What is open; commands that remove what is over, or is no circuit.
  static std::vector<OpenCircuit> read_circuits(const RedisReply& reply, std::int64_t now,
                                                const std::string& circuits,
                                                std::vector<RedisCommand>& commands) {
    std::vector<OpenCircuit> open;
    for (std::size_t at = 0; at + 1 < reply.elements.size() && open.size() < k_max_circuits; at += 2) {
      const std::string& field = reply.elements[at].text;
      const std::string& value = reply.elements[at + 1].text;
      const std::size_t middle = field.find(k_separator), blank = value.find(' ');
      std::int64_t until = 0, failures = 0;
      const bool good = middle != std::string::npos && blank != std::string::npos &&
                        read(std::string_view(value).substr(0, blank), until) &&
                        read(std::string_view(value).substr(blank + 1), failures);
      if (good && until > now)
        open.push_back({field.substr(0, middle), field.substr(middle + 1), static_cast<int>(failures),
                        Millis(until - now)});
      else
        commands.push_back({"HDEL", circuits, field});
    }
    return open;
  }

  /// Sends the commands over the one connection, made anew when there is none. An error reply to any of them
  /// is an error.
  Result<std::vector<RedisReply>> ask(const std::vector<RedisCommand>& commands) {
    const std::scoped_lock lock(mutex_);
    if (trouble_ && clock_.steady() < away_until_) return fail(*trouble_);
    const io::Patience patience{Deadline::after(patience_)};
    auto replies = ask_now(commands, patience);
    if (replies) {
      trouble_.reset();
      return replies;
    }
    trouble_ = replies.error();
    away_until_ = clock_.steady() + k_away_for;
    return replies;
  }

  Result<std::vector<RedisReply>> ask_now(const std::vector<RedisCommand>& commands,
                                          const io::Patience& patience) {
    // What was closed meanwhile is noticed by the command only; none of them does harm twice.
    for (const bool again : {true, false}) {
      const bool fresh = !connection_ || !connection_->is_open();
      if (fresh) {
        auto connected = io::RedisConnection::connect(address_, options_, patience);
        if (!connected) return fail(connected.error());
        connection_ = std::move(*connected);
      }
      auto replies = connection_->pipeline(commands, patience);
      if (!replies && !fresh && again && replies.error().kind == ErrorKind::unreachable) continue;
      if (!replies) return fail(replies.error());
      for (std::size_t at = 0; at < replies->size(); ++at)
        if ((*replies)[at].is_error())
          return fail(
              make_error(ErrorKind::unreachable,
                         fmt::format("Redis refuses {}: {}", commands[at].front(), (*replies)[at].text)));
      return replies;
    }
    return fail(ErrorKind::internal, "Redis was not asked");
  }

  const RedisAddress address_;
  io::RedisConnection::Options options_;
  const std::string prefix_;
  const Clock& clock_;
  const Millis patience_;
  mutable std::mutex mutex_;
  std::optional<io::RedisConnection> connection_;
  std::optional<Error> trouble_;
  Steady away_until_{};
};

}  // namespace

std::unique_ptr<SharedState> make_redis_state(RedisAddress address, std::string ca_file, std::string prefix,
                                              const Clock& clock, Millis patience) {
  return std::make_unique<RedisState>(std::move(address), std::move(ca_file), std::move(prefix), clock,
                                      patience);
}

}  // namespace exai::store
