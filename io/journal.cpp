#include "io/journal.hpp"

#include "io/files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <fcntl.h>
#include <unistd.h>

namespace exai::io {
namespace {

constexpr std::uint32_t k_magic = 0x314A5845;                // "EXJ1"
constexpr std::size_t k_turn_bytes = std::size_t{4} << 20U;  // then the other file is written, when it may be
constexpr std::size_t k_record_bytes = std::size_t{256} << 20U;  // more than any record has
constexpr std::string_view k_first = ".journal.a", k_second = ".journal.b";

struct Header {
  std::uint32_t magic = k_magic;
  std::uint32_t size = 0;
  std::uint64_t number = 0;
  std::uint64_t sum = 0;
};
static_assert(sizeof(Header) == 24);

/// Tells a torn or foreign record from a whole one; eight bytes at a step, for every answer pays for it.
std::uint64_t checksum(std::uint64_t number, std::string_view bytes) {
  constexpr std::uint64_t k_factor = 0x9E3779B97F4A7C15;
  std::uint64_t sum = (number ^ bytes.size()) * k_factor;
  const auto mix = [&sum](std::uint64_t word) {
    sum = (sum ^ word) * k_factor;
    sum ^= sum >> 29U;
  };
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    mix(word);
    bytes.remove_prefix(sizeof word);
  }
  std::uint64_t rest = 0;
  if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());
  mix(rest);
  return sum;
}

Error failed(std::string_view doing, const std::filesystem::path& path, int code) {
  return make_error(
      ErrorKind::unreachable,
      fmt::format("cannot {} the journal {}: {}", doing, path.string(), std::strerror(code)),
      code == ENOSPC ? "make room on the disk (df -h)" : "the folder of EXAI_STATE_DIR must be writable");
}

/// One of the two files.
struct Part {
  std::filesystem::path path;
  int descriptor = -1;
  std::size_t end = 0;       // where the next record begins
  std::uint64_t newest = 0;  // number of its last record
  bool is_free(std::uint64_t released) const { return newest <= released; }
};

Result<int> open_part(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(failed("open", path, errno));
  return descriptor;
}

/// True when the name still stands for the open file: whoever cleaned up meanwhile may have removed it.
bool still_named(int descriptor, const std::filesystem::path& path) {
  struct stat open {
  }, named{};
  return fstat(descriptor, &open) == 0 && stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
         open.st_dev == named.st_dev;
}

/// Header and text at that place of the file, with one call; false when not all of it was taken.
bool write_at(int descriptor, const Header& header, std::string_view text, std::size_t at) {
  std::array<iovec, 2> pieces{
      {{const_cast<Header*>(&header), sizeof header}, {const_cast<char*>(text.data()), text.size()}}};
  std::size_t done = 0;
  const std::size_t whole = sizeof header + text.size();
  while (done < whole) {
    const ssize_t put = done == 0 ? pwritev(descriptor, pieces.data(), 2, static_cast<off_t>(at))
                                  : pwrite(descriptor, text.data() + (done - sizeof header), whole - done,
                                           static_cast<off_t>(at + done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    done += static_cast<std::size_t>(put);
    if (done < sizeof header) return false;  // a disk this full takes the rest no better
  }
  return true;
}

struct Record {
  std::uint64_t number = 0;
  std::string text;
};

/// The whole records of one file. They end where the numbers stop following each other: behind them stands
/// what an earlier turn left.
Result<std::vector<Record>> records_of(const std::filesystem::path& path) {
  const Result<std::string> text = read_file(path, std::uint64_t{4} << 30U);
  if (!text) return fail(text.error());
  std::vector<Record> records;
  std::string_view rest = *text;
  while (rest.size() >= sizeof(Header)) {
    Header header;
    std::memcpy(&header, rest.data(), sizeof header);
    rest.remove_prefix(sizeof header);
    if (header.magic != k_magic || header.size > rest.size()) break;
    const std::string_view body = rest.substr(0, header.size);
    if (header.sum != checksum(header.number, body)) break;
    if (!records.empty() && header.number <= records.back().number) break;
    records.push_back({header.number, std::string(body)});
    rest.remove_prefix(header.size);
  }
  return records;
}

/// The first files of all journals, oldest first: their names follow the time at which they were made.
std::vector<std::filesystem::path> journals_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(folder, problem))
    if (entry.path().filename().string().ends_with(k_first)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

/// One journal of a process that is gone. The lock keeps two who start at a time from taking it both.
Result<std::size_t> recover_one(
    const std::filesystem::path& first,
    const std::function<Result<void>(const std::vector<std::string>& records)>& take) {
  const int descriptor = ::open(first.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return errno == ENOENT ? Result<std::size_t>(0) : fail(failed("open", first, errno));
  const std::unique_ptr<const int, void (*)(const int*)> closing(&descriptor,
                                                                 [](const int* open) { ::close(*open); });
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 || !still_named(descriptor, first)) return 0;  // it lives
  std::filesystem::path second = first;
  second.replace_extension(".b");
  std::vector<Record> records;
  for (const std::filesystem::path& path : {first, second}) {
    if (!is_there(path)) continue;
    Result<std::vector<Record>> found = records_of(path);
    if (!found) return fail(found.error());
    std::move(found->begin(), found->end(), std::back_inserter(records));
  }
  std::sort(records.begin(), records.end(),
            [](const Record& a, const Record& b) { return a.number < b.number; });
  std::vector<std::string> texts;
  for (Record& record : records) texts.push_back(std::move(record.text));
  if (!texts.empty())
    if (const Result<void> taken = take(texts); !taken) return fail(taken.error());
  std::error_code gone;
  std::filesystem::remove(second, gone);
  std::filesystem::remove(first, gone);
  return texts.size();
}

}  // namespace

struct Journal::Impl {
  mutable std::mutex mutex;
  std::array<Part, 2> parts;
  std::size_t current = 0;
  std::uint64_t number = 0, released = 0;
  std::mutex syncing;        // one asks the disk, the others wait for its answer
  std::uint64_t synced = 0;  // under `syncing`
};

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Journal>> Journal::open(const std::filesystem::path& folder, const std::string& name) {
  if (const Result<void> made = make_directories(folder); !made) return fail(made.error());
  std::unique_ptr<Journal> journal(new Journal(std::make_unique<Impl>()));
  auto& parts = journal->impl_->parts;
  parts[0].path = folder / (name + std::string(k_first));
  parts[1].path = folder / (name + std::string(k_second));
  constexpr int k_tries = 10;
  for (int attempt = 0; attempt < k_tries; ++attempt) {
    const Result<int> first = open_part(parts[0].path);
    if (!first) return fail(first.error());
    parts[0].descriptor = *first;
    if (flock(*first, LOCK_EX | LOCK_NB) != 0)
      return fail(ErrorKind::refused, fmt::format("{} belongs to another process", parts[0].path.string()),
                  "");
    if (still_named(*first, parts[0].path)) break;
    ::close(std::exchange(parts[0].descriptor, -1));
  }
  const Result<int> second = open_part(parts[1].path);
  if (!second) return fail(second.error());
  parts[1].descriptor = *second;
  return journal;
}

Journal::~Journal() {
  const bool done = released();
  for (auto part = impl_->parts.rbegin(); part != impl_->parts.rend(); ++part) {
    std::error_code gone;
    if (done && part->descriptor >= 0) std::filesystem::remove(part->path, gone);
    if (part->descriptor >= 0) ::close(part->descriptor);
  }
}

Result<std::uint64_t> Journal::append(std::string_view record) {
  if (record.size() > k_record_bytes)
    return fail(ErrorKind::invalid, fmt::format("a record of {} bytes is too large to keep", record.size()),
                "");
  const std::scoped_lock lock(impl_->mutex);
  Part& other = impl_->parts[1 - impl_->current];
  if (impl_->parts[impl_->current].end >= k_turn_bytes && other.is_free(impl_->released)) {
    other.end = 0;
    impl_->current = 1 - impl_->current;
  }
  Part& part = impl_->parts[impl_->current];
  const std::uint64_t number = impl_->number + 1;
  const Header header{k_magic, static_cast<std::uint32_t>(record.size()), number, checksum(number, record)};
  errno = ENOSPC;  // for a write that takes nothing and gives no reason
  if (!write_at(part.descriptor, header, record, part.end)) return fail(failed("write", part.path, errno));
  part.end += sizeof header + record.size();
  part.newest = impl_->number = number;
  return number;
}

Result<void> Journal::sync(std::uint64_t number) {
  const std::scoped_lock turn(impl_->syncing);
  if (impl_->synced >= number) return {};
  const std::uint64_t upto = last();
  for (const Part& part : impl_->parts)
    if (fdatasync(part.descriptor) != 0) return fail(failed("sync", part.path, errno));
  impl_->synced = upto;
  return {};
}

void Journal::release(std::uint64_t number) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->released = std::max(impl_->released, number);
}

std::uint64_t Journal::last() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->number;
}

bool Journal::released() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->released >= impl_->number;
}

bool any_journal(const std::filesystem::path& folder) {
  return !journals_in(folder).empty();
}

Result<std::size_t> recover_journals(
    const std::filesystem::path& folder,
    const std::function<Result<void>(const std::vector<std::string>& records)>& take) {
  std::size_t records = 0;
  for (const std::filesystem::path& first : journals_in(folder)) {
    const Result<std::size_t> one = recover_one(first, take);
    if (!one) return fail(one.error());
    records += *one;
  }
  return records;
}

}  // namespace exai::io
