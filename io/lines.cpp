#include "io/lines.hpp"

#include "io/loaded_library.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/core.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

namespace exai::io {
namespace {

constexpr std::size_t k_piece = std::size_t{64} << 10U;
using LineSink = std::function<bool(std::string_view)>;

Error damaged(std::string_view why) {
  return make_error(ErrorKind::missing_input, fmt::format("is damaged: {}", why));
}

/// Bytes of the file in, content out. False: the sink wants no more.
class Unpacker {
 public:
  Unpacker() = default;
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  virtual ~Unpacker() = default;
  virtual Result<bool> feed(std::string_view bytes, const LineSink& sink) = 0;
  virtual Result<void> finish() { return {}; }
};

class Plain final : public Unpacker {
 public:
  Result<bool> feed(std::string_view bytes, const LineSink& sink) override { return sink(bytes); }
};

class Gzip final : public Unpacker {
 public:
  Gzip() {
    constexpr int k_gzip_head = 16;
    ready_ = ::inflateInit2(&stream_, MAX_WBITS + k_gzip_head) == Z_OK;
  }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip() override { ::inflateEnd(&stream_); }

  Result<bool> feed(std::string_view bytes, const LineSink& sink) override {
    if (!ready_) return fail(ErrorKind::internal, "zlib could not be started");
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    while (stream_.avail_in > 0) {
      if (ended_) {  // gzip files may be joined
        ::inflateReset(&stream_);
        ended_ = false;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
      stream_.avail_out = static_cast<uInt>(piece_.size());
      const int code = ::inflate(&stream_, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return fail(damaged(stream_.msg != nullptr ? stream_.msg : "no gzip data"));
      ended_ = code == Z_STREAM_END;
      if (!sink({piece_.data(), piece_.size() - stream_.avail_out})) return false;
      if (code == Z_BUF_ERROR && stream_.avail_out == piece_.size()) break;
    }
    return true;
  }
  Result<void> finish() override {
    if (ended_) return {};
    return fail(damaged("it ends in the middle"));
  }

 private:
  z_stream stream_{};
  std::array<char, k_piece> piece_{};
  bool ready_ = false, ended_ = false;
};

/// libzstd as far as it is needed; loaded when the first such file is read, for few have one.
struct ZstdInput {
  const void* bytes;
  std::size_t size, at;
};
struct ZstdOutput {
  void* bytes;
  std::size_t size, at;
};
struct ZstdLibrary {
  void* (*create)() = nullptr;
  std::size_t (*release)(void*) = nullptr;
  std::size_t (*decompress)(void*, ZstdOutput*, ZstdInput*) = nullptr;
  unsigned (*is_error)(std::size_t) = nullptr;
  const char* (*error_name)(std::size_t) = nullptr;

  static const ZstdLibrary* load() {
    static ZstdLibrary all;
    static const bool k_whole = [] {
      auto library = LoadedLibrary::open("libzstd.so.1", "libzstd1");
      return library && library->take("ZSTD_createDStream", all.create)
                            .take("ZSTD_freeDStream", all.release)
                            .take("ZSTD_decompressStream", all.decompress)
                            .take("ZSTD_isError", all.is_error)
                            .take("ZSTD_getErrorName", all.error_name)
                            .whole();
    }();
    return k_whole ? &all : nullptr;
  }
};

class Zstd final : public Unpacker {
 public:
  explicit Zstd(const ZstdLibrary& library) : library_(library), stream_(library.create()) {}
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;
  ~Zstd() override { library_.release(stream_); }

  Result<bool> feed(std::string_view bytes, const LineSink& sink) override {
    if (stream_ == nullptr) return fail(ErrorKind::internal, "libzstd could not be started");
    ZstdInput in{bytes.data(), bytes.size(), 0};
    bool full = false;  // then there may be more without further input
    while (in.at < in.size || full) {
      ZstdOutput out{piece_.data(), piece_.size(), 0};
      const std::size_t code = library_.decompress(stream_, &out, &in);
      if (library_.is_error(code) != 0) return fail(damaged(library_.error_name(code)));
      ended_ = code == 0;
      full = out.at == out.size;
      if (!sink({piece_.data(), out.at})) return false;
    }
    return true;
  }
  Result<void> finish() override {
    if (ended_) return {};
    return fail(damaged("it ends in the middle"));
  }

 private:
  const ZstdLibrary& library_;
  void* stream_;
  std::array<char, k_piece> piece_{};
  bool ended_ = false;
};

/// By the first bytes: a name may say anything.
Result<std::unique_ptr<Unpacker>> unpacker_for(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.starts_with("\x1f\x8b"sv)) return std::make_unique<Gzip>();
  if (head.starts_with("\x28\xb5\x2f\xfd"sv)) {
    if (const ZstdLibrary* const library = ZstdLibrary::load()) return std::make_unique<Zstd>(*library);
    return fail(ErrorKind::missing_input, "is compressed with zstd",
                "apt-get install libzstd1, or unzstd it");
  }
  if (head.starts_with("\xfd"
                       "7zXZ\0"sv))
    return fail(ErrorKind::missing_input, "is compressed with xz", "unxz it");
  if (head.starts_with("BZh"sv))
    return fail(ErrorKind::missing_input, "is compressed with bzip2", "bunzip2 it");
  return std::make_unique<Plain>();
}

struct File {
  int descriptor;
  explicit File(const std::filesystem::path& path)
      : descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

Result<void> read_lines(const File& file, const LineSink& take) {
  const auto unreadable = [] { return fail(ErrorKind::missing_input, std::strerror(errno)); };
  if (file.descriptor < 0) return unreadable();
  struct stat facts {};
  if (::fstat(file.descriptor, &facts) != 0) return unreadable();
  if (S_ISDIR(facts.st_mode)) return fail(ErrorKind::missing_input, "is a folder");
  std::unique_ptr<Unpacker> unpacker;
  LineSplitter lines;
  const LineSink split = [&](std::string_view bytes) { return lines.feed(bytes, take); };
  std::array<char, k_piece> piece{};
  for (;;) {
    const ssize_t got = ::read(file.descriptor, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable();
    if (got == 0) break;
    const std::string_view bytes(piece.data(), static_cast<std::size_t>(got));
    if (!unpacker) {
      auto found = unpacker_for(bytes);
      if (!found) return fail(found.error());
      unpacker = std::move(*found);
    }
    const Result<bool> more = unpacker->feed(bytes, split);
    if (!more) return fail(more.error());
    if (!*more) return {};
  }
  lines.finish(take);
  return unpacker ? unpacker->finish() : Result<void>{};
}

}  // namespace

bool LineSplitter::feed(std::string_view bytes, const std::function<bool(std::string_view)>& take) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (line_.empty() && end != std::string_view::npos && part.size() <= k_max_line) {
      if (!take(part)) return false;
    } else {
      line_ += part.substr(0, k_max_line - std::min(k_max_line, line_.size()));
      if (end == std::string_view::npos) return true;
      const bool more = take(line_);
      line_.clear();
      if (!more) return false;
    }
    bytes.remove_prefix(end + 1);
  }
  return true;
}

bool LineSplitter::finish(const std::function<bool(std::string_view)>& take) {
  const bool more = line_.empty() || take(line_);
  line_.clear();
  return more;
}

Result<void> each_line(const std::filesystem::path& path, const std::function<bool(std::string_view)>& take) {
  const File file(path);
  auto read = read_lines(file, take);
  if (read) return read;
  Error error = std::move(read).error();
  const std::string why = std::exchange(error.message, {});
  error.message = why.starts_with("is ") ? fmt::format("{} {}", path.string(), why)
                                         : fmt::format("cannot read {}: {}", path.string(), why);
  return fail(std::move(error));
}

}  // namespace exai::io
