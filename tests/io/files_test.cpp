#include "io/files.hpp"

#include "io/guard.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"

#include <fstream>
#include <thread>

#include <sys/stat.h>
#include <sys/wait.h>

#include <unistd.h>

using namespace exai;
using exai::tests::Scratch;

TEST_CASE("a file is replaced whole, with its mode, and nothing is left beside it", "[io][files]") {
  const Scratch scratch;
  const auto path = scratch / "deep/er/settings.env";
  REQUIRE(io::write_atomic(path, "old", 0600));
  REQUIRE(io::write_atomic(path, "new", 0640));
  CHECK(io::read_file(path).value() == "new");
  CHECK(io::file_facts(path)->mode == 0640);
  CHECK(io::list_files(path.parent_path())->size() == 1);
}

TEST_CASE("what cannot be read says which file and why", "[io][files]") {
  const Scratch scratch;
  const auto missing = io::read_file(scratch / "none");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::missing_input);
  CHECK(missing.error().message.find("none") != std::string::npos);
  const auto folder = io::read_file(scratch.path());
  REQUIRE_FALSE(folder);
  CHECK(folder.error().hint.find("folder") != std::string::npos);
  const auto large = io::read_file(scratch.write("large", std::string(2000, 'x')), 1000);
  REQUIRE_FALSE(large);
  CHECK(large.error().message.find("1000") != std::string::npos);
}

TEST_CASE("a pipe is read to its end, however late it comes, and one named by mistake does not hang",
          "[io][files]") {
  const Scratch scratch;
  REQUIRE(mkfifo((scratch / "pipe").c_str(), 0600) == 0);
  const auto nobody = io::read_file(scratch / "pipe", 1000, Deadline::after(Millis{20}));
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().kind == ErrorKind::missing_input);
  CHECK(nobody.error().message.find("pipe") != std::string::npos);
  std::thread writer([&] {
    std::ofstream out(scratch / "pipe", std::ios::binary);  // waits for the reader
    for (const char* const piece : {"one\n", "two\n", "three\n"}) out << piece << std::flush;
  });
  const auto read = io::read_file(scratch / "pipe");
  writer.join();
  CHECK(read.value_or("unread") == "one\ntwo\nthree\n");
}

TEST_CASE("the tail of a file is read from its end", "[io][files]") {
  const Scratch scratch;
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i) + "\n";
  const auto tail = io::tail_file(scratch.write("log", text), 3);
  REQUIRE(tail);
  CHECK(*tail == std::vector<std::string>{"line 19997", "line 19998", "line 19999"});
  CHECK(io::tail_file(scratch.write("short", "a\nb"), 10).value() == std::vector<std::string>{"a", "b"});
  CHECK(io::tail_file(scratch.write("empty", ""), 10).value().empty());
}

TEST_CASE("a lock is held by one, who is named to the other, and free afterwards", "[io][files]") {
  const Scratch scratch;
  {
    auto lock = io::LockFile::acquire(scratch / "state/exai.lock");
    REQUIRE(lock);
    REQUIRE(lock->write("{\"pid\":4711}\n"));
    const auto second = io::LockFile::acquire(scratch / "state/exai.lock");
    REQUIRE_FALSE(second);
    CHECK(second.error().kind == ErrorKind::refused);
    CHECK(second.error().message.find("4711") != std::string::npos);
  }
  CHECK(io::LockFile::acquire(scratch / "state/exai.lock"));
}

TEST_CASE("a dry run writes nothing", "[io][files]") {
  const Scratch scratch;
  // In a child: the switch is for the life of a process.
  const pid_t child = fork();
  if (child == 0) {
    io::set_dry_run(true);
    const auto written = io::write_atomic(scratch / "file", "x");
    _exit(!written && written.error().kind == ErrorKind::refused ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
  CHECK_FALSE(std::filesystem::exists(scratch / "file"));
}
