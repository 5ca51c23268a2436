#include "io/redis_reply.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <charconv>
#include <climits>
#include <new>
#include <utility>

#include <fmt/core.h>

#include <hiredis/hiredis.h>

namespace exai::io {
namespace {

constexpr std::size_t k_max_command = std::size_t{512} << 20U;
constexpr std::size_t k_max_line = std::size_t{64} << 10U;  // of a status or an error
constexpr std::size_t k_max_number = 32;                    // digits that say how much follows

/// What the functions below share with their reader: how much of the reply there may be, and why there was
/// none.
struct Budget {
  RedisReader::Limits limits;
  std::size_t elements = 0;
  bool too_many = false;
};

/// The reply that a task makes: the whole one, or the next element of the array around it. The elements of an
/// array move when it grows; nobody points to one that is complete.
RedisReply* place_of(const redisReadTask* task) {
  if (task->parent == nullptr) return new RedisReply();
  return &static_cast<RedisReply*>(task->parent->obj)->elements.emplace_back();
}

/// Exceptions must not pass through C: no memory is no reply.
template <class Fill>
void* made(const redisReadTask* task, Fill fill) noexcept {
  try {
    RedisReply* const reply = place_of(task);
    fill(*reply);
    return reply;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

RedisReply::Type type_of(const redisReadTask* task) {
  if (task->type == REDIS_REPLY_STATUS) return RedisReply::Type::status;
  return task->type == REDIS_REPLY_ERROR ? RedisReply::Type::error : RedisReply::Type::text;
}

void* make_string(const redisReadTask* task, char* text, size_t size) {
  return made(task, [&](RedisReply& reply) {
    reply.type = type_of(task);
    reply.text.assign(text, size);
  });
}

/// Nothing is reserved: a number alone costs its sender nothing.
void* make_array(const redisReadTask* task, int count) {
  Budget& budget = *static_cast<Budget*>(task->privdata);
  budget.elements += static_cast<std::size_t>(count);
  if (budget.elements > budget.limits.elements) {
    budget.too_many = true;
    return nullptr;
  }
  return made(task, [](RedisReply& reply) { reply.type = RedisReply::Type::array; });
}

void* make_integer(const redisReadTask* task, long long value) {
  return made(task, [&](RedisReply& reply) {
    reply.type = RedisReply::Type::integer;
    reply.integer = value;
  });
}

void* make_nil(const redisReadTask* task) {
  return made(task, [](RedisReply&) {});
}

void free_reply(void* reply) {
  delete static_cast<RedisReply*>(reply);
}

redisReplyObjectFunctions g_functions{make_string, make_array, make_integer, make_nil, free_reply};

tl::unexpected<Error> bad_reply(std::string why) {
  return fail(ErrorKind::invalid, std::move(why));
}

}  // namespace

Result<std::string> format_redis(const RedisCommand& command) {
  std::size_t size = 0;
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const std::string& word : command) {
    size += word.size();
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  if (command.empty() || command.size() > std::size_t{1} << 20U || size > k_max_command)
    return fail(
        ErrorKind::invalid,
        fmt::format("a command of {} words and {} bytes cannot be sent to Redis", command.size(), size),
        "send a word at least, 1048576 words and 512 MiB at most");
  char* text = nullptr;
  const int length =
      redisFormatCommandArgv(&text, static_cast<int>(words.size()), words.data(), sizes.data());
  if (length < 0) return fail(ErrorKind::internal, "no memory for a command");
  const std::unique_ptr<char, void (*)(char*)> owned(text, redisFreeCommand);
  return std::string(text, static_cast<std::size_t>(length));
}

struct RedisReader::Impl {
  explicit Impl(const Limits& limits) : budget{limits} {
    if (!reader) throw std::bad_alloc();
    reader->privdata = &budget;
  }

  Budget budget;
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader{redisReaderCreateWithFunctions(&g_functions),
                                                              redisReaderFree};
  std::size_t fed = 0;  ///< bytes since the start

  [[nodiscard]] std::string_view pending() const {
    if (reader->buf == nullptr || reader->pos >= reader->len) return {};
    return {reader->buf + reader->pos, reader->len - reader->pos};
  }
  [[nodiscard]] Result<void> check_pending() const;
  [[nodiscard]] tl::unexpected<Error> too_large() const {
    return bad_reply(fmt::format("what came is larger than {} bytes", budget.limits.bytes));
  }
  [[nodiscard]] tl::unexpected<Error> broken() const {
    if (budget.too_many)
      return bad_reply(fmt::format("what came has more than {} elements", budget.limits.elements));
    if (reader->err == REDIS_ERR_OOM) return fail(ErrorKind::internal, "no memory for the reply");
    return bad_reply(printable(static_cast<const char*>(reader->errstr)));
  }
};

/// What waits for its end is judged before it is all there: a line without an end, a text of a size that
/// would be refused. A type's byte is taken from the buffer as soon as it is there.
Result<void> RedisReader::Impl::check_pending() const {
  const std::string_view rest = pending();
  const int type = reader->ridx < 0 ? -1 : reader->rstack[reader->ridx].type;
  if (rest.empty() || type < 0) return {};
  if (type != REDIS_REPLY_STRING && type != REDIS_REPLY_ARRAY && type != REDIS_REPLY_INTEGER) {
    if (rest.size() <= k_max_line) return {};
    return bad_reply(fmt::format("a line is longer than {} bytes", k_max_line));
  }
  const std::size_t end = rest.substr(0, k_max_number).find('\r');
  if (end == std::string_view::npos)
    return rest.size() < k_max_number ? Result<void>() : bad_reply("a number has no end");
  long long size = 0;
  std::from_chars(rest.data(), rest.data() + end, size);
  const bool fits = size <= 0 || static_cast<unsigned long long>(size) <= budget.limits.bytes;
  return type != REDIS_REPLY_STRING || fits ? Result<void>() : too_large();
}

RedisReader::RedisReader(const Limits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RedisReader::RedisReader(RedisReader&&) noexcept = default;
RedisReader& RedisReader::operator=(RedisReader&&) noexcept = default;
RedisReader::~RedisReader() = default;

void RedisReader::start() {
  impl_->fed = 0;
  impl_->budget.elements = 0;
}

Result<void> RedisReader::feed(std::string_view bytes) {
  impl_->fed += bytes.size();
  if (impl_->fed > impl_->budget.limits.bytes) return impl_->too_large();
  if (redisReaderFeed(impl_->reader.get(), bytes.data(), bytes.size()) != REDIS_OK) return impl_->broken();
  return {};
}

Result<std::optional<RedisReply>> RedisReader::next() {
  void* made = nullptr;
  if (redisReaderGetReply(impl_->reader.get(), &made) != REDIS_OK) return impl_->broken();
  if (made == nullptr) {
    if (auto fits = impl_->check_pending(); !fits) return fail(fits.error());
    return std::optional<RedisReply>();
  }
  const std::unique_ptr<RedisReply> whole(static_cast<RedisReply*>(made));
  return std::optional<RedisReply>(std::move(*whole));
}

bool RedisReader::is_between() const {
  const redisReader& reader = *impl_->reader;
  const bool begun = reader.ridx > 0 || (reader.ridx == 0 && (reader.rstack[0].type >= 0 || reader.reply));
  return impl_->pending().empty() && !begun;
}

}  // namespace exai::io
