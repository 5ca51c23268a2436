#include "io/lines.hpp"

#include "io/follow.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"

#include <vector>

#include <zlib.h>

using namespace exai;

namespace {

using Lines = std::vector<std::string>;

std::string gzip(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Read {
  Lines lines;
  Result<void> result;
};

Read read(const std::filesystem::path& path) {
  Read out;
  out.result = io::each_line(path, [&](std::string_view line) {
    out.lines.emplace_back(line);
    return true;
  });
  return out;
}

}  // namespace

TEST_CASE("lines are read whole, whatever the file is compressed with", "[io][lines]") {
  const tests::Scratch scratch;
  const std::string text = "one\n\ntwo\nlast without newline";
  const Lines lines{"one", "", "two", "last without newline"};
  CHECK(read(scratch.write("plain", text)).lines == lines);
  CHECK(read(scratch.write("a.gz", gzip(text))).lines == lines);
  CHECK(read(scratch.write("named-plain-but-packed.log", gzip(text))).lines == lines);
  CHECK(read(scratch.write("joined", gzip("one\n\ntw") + gzip("o\nlast without newline"))).lines == lines);
  const Read empty = read(scratch.write("empty", ""));
  CHECK(empty.result);
  CHECK(empty.lines.empty());
  // As zstd --no-check writes it; without its library the file is named instead of passed over.
  const std::string zstd(
      "\x28\xb5\x2f\xfd\x00\x58\xe9\x00\x00\x6f\x6e\x65\x0a\x0a\x74\x77\x6f\x0a\x6c\x61\x73\x74\x20\x77\x69"
      "\x74\x68\x6f\x75\x74\x20\x6e\x65\x77\x6c\x69\x6e\x65",
      38);
  const Read packed = read(scratch.write("z.zst", zstd));
  if (packed.result)
    CHECK(packed.lines == lines);
  else
    CHECK(packed.result.error().message.find("z.zst is compressed with zstd") != std::string::npos);
}

TEST_CASE("a damaged or unknown compression is named after what could be read", "[io][lines]") {
  const tests::Scratch scratch;
  std::string many;
  for (int i = 0; i < 50'000; ++i) many += std::to_string(i * 7919) + "\n";
  const std::string packed = gzip(many);
  const Read cut = read(scratch.write("cut.gz", packed.substr(0, packed.size() / 2)));
  CHECK_FALSE(cut.result);
  CHECK(cut.lines.size() > 1000);
  CHECK(cut.result.error().message.find("cut.gz is damaged") != std::string::npos);
  for (const auto& [name, bytes] : {std::pair<std::string, std::string>{"x.xz", std::string("\xfd"
                                                                                            "7zXZ\0rest",
                                                                                            10)},
                                    {"b.bz2", "BZh91AY"},
                                    {"d.gz", std::string("\x1f\x8b\xff\xff\xff", 5)}}) {
    INFO(name);
    const Read bad = read(scratch.write(name, bytes));
    REQUIRE_FALSE(bad.result);
    CHECK(bad.result.error().message.find(name) != std::string::npos);
  }
  CHECK_FALSE(read(scratch / "missing").result);
  CHECK_FALSE(read(scratch.path()).result);
}

TEST_CASE("a line of any length costs a bounded piece of memory", "[io][lines]") {
  const tests::Scratch scratch;
  const std::size_t huge = 5 * io::LineSplitter::k_max_line;
  const Read got = read(scratch.write("long.gz", gzip(std::string(huge, 'x') + "\nnext\n")));
  REQUIRE(got.lines.size() == 2);
  CHECK(got.lines[0].size() == io::LineSplitter::k_max_line);
  CHECK(got.lines[1] == "next");
}

TEST_CASE("lines are the same wherever their bytes are cut", "[io][lines]") {
  const std::string text = "a\n\nlonger line\r\nend";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Lines lines;
    const auto take = [&](std::string_view line) {
      lines.emplace_back(line);
      return true;
    };
    io::LineSplitter splitter;
    splitter.feed(std::string_view(text).substr(0, cut), take);
    splitter.feed(std::string_view(text).substr(cut), take);
    splitter.finish(take);
    INFO(cut);
    CHECK(lines == Lines{"a", "", "longer line\r", "end"});
  }
}

TEST_CASE("a file is followed over rotation, truncation and absence", "[io][lines]") {
  const tests::Scratch scratch;
  const auto path = scratch.write("a.log", "before\n");
  io::FollowedFile file(path);
  CHECK(file.began_at() == 7);
  const auto look = [&] {
    Lines lines;
    CHECK(file.look([&](std::string_view line) {
      lines.emplace_back(line);
      return true;
    }));
    return lines;
  };
  const auto append = [](const std::filesystem::path& to, const std::string& text) {
    std::ofstream(to, std::ios::app) << text;
  };
  CHECK(look().empty());
  append(path, "one\ntw");
  CHECK(look() == Lines{"one"});
  append(path, "o\n");
  CHECK(look() == Lines{"two"});
  append(path, "late\n");
  std::filesystem::rename(path, scratch / "a.1.log");
  append(path, "fresh\n");
  CHECK(look() == Lines{"late", "fresh"});
  std::filesystem::resize_file(path, 0);
  append(path, "new\n");
  CHECK(look() == Lines{"new"});
  std::filesystem::resize_file(path, 0);
  append(path, "two\n");  // as long as what was there
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::seconds(1));
  CHECK(look() == Lines{"two"});
  std::filesystem::remove(path);
  CHECK(look().empty());
  append(path, "again\n");
  CHECK(look() == Lines{"again"});
}
