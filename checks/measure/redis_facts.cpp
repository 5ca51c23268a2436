#include "checks/measure/redis_facts.hpp"

#include "core/text.hpp"

#include <charconv>

#include <fmt/core.h>

namespace exai::checks {
namespace {

constexpr std::size_t k_checks_ping = 20;  // of which the slowest counts as the 99th percentile
constexpr std::size_t k_max_answer = std::size_t{4} << 20U;

using InfoLines = std::map<std::string, std::string, std::less<>>;

/// "name:value" lines; headings and what is no line of that form are left out.
InfoLines info_lines(std::string_view text) {
  constexpr std::size_t k_max_lines = 2000;
  InfoLines lines;
  while (!text.empty() && lines.size() < k_max_lines) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (line.starts_with('#') || colon == std::string_view::npos) continue;
    lines.emplace(printable(line.substr(0, colon)), printable(line.substr(colon + 1)));
  }
  return lines;
}

Result<InfoLines> ask_info(io::RedisConnection& redis, const io::Patience& patience) {
  const auto reply = redis.command({"INFO"}, patience);
  if (!reply) return fail(reply.error());
  InfoLines lines = info_lines(reply->text);
  if (lines.find("redis_version") != lines.end()) return lines;
  return fail(ErrorKind::invalid, fmt::format("what {} answers to INFO is not that of Redis", redis.name()));
}

/// The value of a line of the server's configuration; most users may not ask for it.
RedisText ask_config(io::RedisConnection& redis, std::string_view name, const io::Patience& patience) {
  const auto reply = redis.command({"CONFIG", "GET", std::string(name)}, patience);
  if (!reply) return fail(reply.error());
  if (reply->elements.size() != 2)
    return fail(ErrorKind::not_found, fmt::format("{} has no setting \"{}\"", redis.name(), name));
  return printable(reply->elements[1].text);
}

/// Adds the time of one. A server that cannot work says so here, and still tells why it is so.
Result<void> time_ping(io::RedisConnection& redis, const io::Patience& patience, RedisFacts& facts) {
  const Steady began = system_clock().steady();
  const auto reply = redis.command({"PING"}, patience);
  facts.pings.push_back(std::chrono::duration_cast<Micros>(system_clock().steady() - began));
  if (!reply && !redis.is_open()) return fail(reply.error());
  if (!reply)
    facts.no_pong = reply.error();
  else if (reply->text != "PONG")
    facts.no_pong =
        make_error(ErrorKind::invalid, fmt::format("{} answers PING without a PONG", redis.name()));
  return {};
}

/// A refusal is the good answer.
Result<bool> ask_without_login(const RedisVisit& visit, const io::RedisConnection::Options& options,
                               const io::Patience& patience) {
  RedisAddress stranger = visit.address;
  stranger.user.clear();
  stranger.password = Secret();
  auto redis = io::RedisConnection::connect(stranger, options, patience);
  const auto pong = redis ? redis->command({"PING"}, patience) : fail(redis.error());
  if (pong) return true;
  if (pong.error().kind == ErrorKind::refused) return false;
  // Whoever hears that it is loading was let in; who could not ask at all knows nothing.
  if (redis && redis->is_open()) return true;
  return fail(pong.error());
}

/// An error that left no connection to ask on with; a reply that was an error leaves it open.
bool gone(const io::RedisConnection& redis) {
  return !redis.is_open();
}

}  // namespace

RedisText RedisFacts::line(std::string_view name) const {
  if (!info) return fail(info.error());
  const auto found = info->find(name);
  if (found != info->end()) return found->second;
  return fail(ErrorKind::not_found,
              fmt::format("INFO of Redis at {} has no line \"{}\"", address.name(), name));
}

Result<std::int64_t> RedisFacts::number(std::string_view name) const {
  const RedisText text = line(name);
  if (!text) return fail(text.error());
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (problem == std::errc{} && end == text->data() + text->size()) return value;
  return fail(ErrorKind::invalid, fmt::format("\"{}\" of INFO is no number: \"{}\"", name, *text));
}

Micros RedisFacts::until_pong() const {
  return times.resolve + times.connect + times.tls + times.auth + pings.front();
}

Result<RedisFacts> visit_redis(const RedisVisit& visit, const io::Patience& patience) {
  const io::RedisConnection::Options options{visit.ca_file, {k_max_answer}};
  auto redis = io::RedisConnection::connect(visit.address, options, patience);
  if (!redis) return fail(redis.error());
  const tl::unexpected<Error> unasked =
      fail(ErrorKind::unreachable, fmt::format("Redis at {} was not asked", redis->name()));
  RedisFacts facts{visit.address, redis->times(), {}, {}, {}, unasked, unasked, unasked, unasked, unasked};
  for (std::size_t i = 0; i < visit.pings; ++i) {
    if (auto timed = time_ping(*redis, patience, facts); !timed) return fail(timed.error());
  }
  const Steady began = system_clock().steady();
  facts.info = ask_info(*redis, patience);
  if (gone(*redis)) return fail(facts.info.error());
  facts.info_time = std::chrono::duration_cast<Micros>(system_clock().steady() - began);
  for (const auto& [name, answer] :
       {std::pair{"bind", &facts.bind}, std::pair{"protected-mode", &facts.protected_mode},
        std::pair{"save", &facts.save}}) {
    *answer = ask_config(*redis, name, patience);
    if (gone(*redis)) return fail(answer->error());
  }
  facts.open_to_all =
      visit.address.password.empty() ? Result<bool>(true) : ask_without_login(visit, options, patience);
  return facts;
}

std::shared_ptr<const Result<RedisFacts>> measure_redis(const CheckContext& context) {
  auto address = redis_address(context.config);
  if (!address) return std::make_shared<const Result<RedisFacts>>(fail(address.error()));
  if (!*address) return nullptr;
  const RedisVisit visit{
      std::move(**address),
      context.config.text("redis.ca_file").empty() ? std::string() : context.path("redis.ca_file").string(),
      k_checks_ping};
  return context.measurements->once<Result<RedisFacts>>(
      visit.address.name(), context.asker(),
      [&] {
        return visit_redis(visit, {context.deadline, context.stop});
      },
      [](const Result<RedisFacts>& facts) {
        return facts ||
               (facts.error().kind != ErrorKind::timeout && facts.error().kind != ErrorKind::cancelled);
      });
}

}  // namespace exai::checks
