#include "engine/workspace/workspace.hpp"

#include "core/digest.hpp"
#include "tests/models/provider_fixture.hpp"
#include "tests/scratch.hpp"

#include <sys/stat.h>

#include <unistd.h>

using namespace exai;
using engine::Workspace;
namespace fs = std::filesystem;

namespace {

Workspace workspace_of(const fs::path& root, std::vector<std::pair<std::string, std::string>> more = {}) {
  more.emplace_back("EXAI_WORKSPACE_ROOTS", root.string());
  auto made = Workspace::from(test::config_of(more), root);
  REQUIRE(made);
  return *made;
}

ErrorKind refusal(const Workspace& workspace, const fs::path& path) {
  const auto place = workspace.resolve(path.string());
  const auto opened = workspace.open(path.string());
  CAPTURE(path.string());
  REQUIRE_FALSE(place);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == place.error().kind);
  CHECK(!place.error().hint.empty());
  return place.error().kind;
}

const engine::InlinedFile& of(const engine::FileBundle& bundle, const std::string& ending) {
  for (const engine::InlinedFile& file : bundle.files)
    if (file.path.ends_with(ending)) return file;
  FAIL("no file " + ending);
  return bundle.files.front();
}

engine::InlineRules budget(long long tokens) {
  engine::InlineRules rules;
  rules.tokens = tokens;
  return rules;
}

}  // namespace

TEST_CASE("no path leads out of the workspace", "[workspace]") {
  const tests::Scratch scratch;
  const fs::path work = scratch.path() / "work";
  scratch.write("outside.txt", "no");
  scratch.write("work2/sibling.txt", "no");
  scratch.write("work/a.txt", "yes");
  scratch.write("work/sub/b.txt", "yes");
  const Workspace workspace = workspace_of(work);
  fs::create_symlink(scratch.path() / "outside.txt", work / "link.txt");
  fs::create_symlink("../outside.txt", work / "relative.txt");
  fs::create_directory_symlink(scratch.path() / "work2", work / "folder");
  fs::create_symlink("a.txt", work / "inside.txt");
  ::mkfifo((work / "pipe").c_str(), 0600);

  CHECK(refusal(workspace, scratch.path() / "outside.txt") == ErrorKind::refused);
  CHECK(refusal(workspace, scratch.path() / "work2" / "sibling.txt") == ErrorKind::refused);
  CHECK(refusal(workspace, work / "link.txt") == ErrorKind::refused);
  CHECK(refusal(workspace, work / "relative.txt") == ErrorKind::refused);
  CHECK(refusal(workspace, work / "folder" / "sibling.txt") == ErrorKind::refused);
  CHECK(refusal(workspace, work / "sub" / ".." / ".." / "outside.txt") == ErrorKind::refused);
  CHECK(refusal(workspace, "/etc/passwd") == ErrorKind::refused);
  CHECK(refusal(workspace, "/dev/zero") == ErrorKind::refused);
  CHECK(refusal(workspace, "/proc/self/environ") == ErrorKind::refused);
  CHECK(refusal(workspace, work / "A.TXT") == ErrorKind::missing_input);
  CHECK(refusal(workspace, work / "none") == ErrorKind::missing_input);
  CHECK(refusal(workspace, work / "pipe") == ErrorKind::missing_input);
  CHECK(refusal(workspace, "sub/b.txt") == ErrorKind::invalid);
  CHECK(refusal(workspace, "") == ErrorKind::invalid);
  CHECK(workspace.resolve((work / "sub" / ".." / "a.txt").string()) == work / "a.txt");
  CHECK(workspace.resolve((work / "inside.txt").string()) == work / "a.txt");
  CHECK(workspace.open(work.string())->is_folder);
}

TEST_CASE("devices and pipes are no files even where the root allows them", "[workspace]") {
  const tests::Scratch scratch;
  ::mkfifo((scratch.path() / "pipe").c_str(), 0600);
  const auto root = io::open_folder(scratch.path());
  REQUIRE(root);
  CHECK(io::open_beneath(*root, "pipe").error().kind == ErrorKind::missing_input);
  const auto devices = io::open_folder("/dev");
  REQUIRE(devices);
  CHECK(io::open_beneath(*devices, "null").error().kind == ErrorKind::missing_input);
}

TEST_CASE("a link that appears after the check is not followed", "[workspace]") {
  const tests::Scratch scratch;
  const auto way = GENERATE(&io::open_beneath, &io::open_beneath_by_steps);
  scratch.write("secret.txt", "no");
  scratch.write("work/sub/a.txt", "yes");
  const auto root = io::open_folder(scratch.path() / "work");
  REQUIRE(root);
  REQUIRE(way(*root, "sub/a.txt"));
  CHECK(way(*root, "sub")->is_folder);
  CHECK(way(*root, "")->is_folder);
  CHECK(way(*root, "none").error().kind == ErrorKind::missing_input);
  // What locate() saw was a file in a folder; now each is a link that leads out.
  fs::remove_all(scratch.path() / "work" / "sub" / "a.txt");
  fs::create_symlink("../../secret.txt", scratch.path() / "work" / "sub" / "a.txt");
  CHECK(way(*root, "sub/a.txt").error().kind == ErrorKind::refused);
  fs::remove_all(scratch.path() / "work" / "sub");
  fs::create_directory_symlink(scratch.path(), scratch.path() / "work" / "sub");
  CHECK(way(*root, "sub/secret.txt").error().kind == ErrorKind::refused);
  CHECK(way(*root, "../secret.txt").error().kind == ErrorKind::refused);
}

TEST_CASE("secrets are refused however they are written", "[workspace]") {
  const tests::Scratch scratch;
  const Workspace workspace = workspace_of(scratch.path());
  for (const auto* const name : {".env", ".ENV", ".env.local", "ID_RSA", "server.PEM", ".Git/config",
                                 ".ssh/known", "credentials.json", "Shadow"}) {
    CAPTURE(name);
    CHECK(refusal(workspace, scratch.write(name, "x")) == ErrorKind::refused);
  }
  CHECK(workspace.resolve(scratch.write(".env.example", "x").string()));
  CHECK(workspace.resolve(scratch.write("environment.txt", "x").string()));
}

TEST_CASE("a file that cannot be read says so", "[workspace]") {
  const tests::Scratch scratch;
  const Workspace workspace = workspace_of(scratch.path());
  const fs::path file = scratch.write("locked.txt", "x");
  fs::permissions(file, fs::perms::none);
  if (::access(file.c_str(), R_OK) == 0) return;  // root reads everything
  const auto text = engine::inline_files(workspace, {file.string()}, budget(1000));
  REQUIRE_FALSE(text);
  CHECK(text.error().kind == ErrorKind::missing_input);
  CHECK(text.error().message.find("locked.txt") != std::string::npos);
}

TEST_CASE("drive letters and relative paths count where the settings say so", "[workspace]") {
  const tests::Scratch scratch;
  scratch.write("src/a.cpp", "x");
  const std::string mapping = "C:" + scratch.path().string();
  const Workspace workspace =
      workspace_of(scratch.path(), {{"EX_DRIVE_MAPPINGS", mapping}, {"EX_ALLOW_RELATIVE_PATHS", "true"}});
  CHECK(workspace.resolve("C:\\src\\a.cpp") == scratch.path() / "src" / "a.cpp");
  CHECK(workspace.resolve("c:/src/a.cpp") == scratch.path() / "src" / "a.cpp");
  CHECK(workspace.resolve("src/a.cpp") == scratch.path() / "src" / "a.cpp");
  CHECK(refusal(workspace, "D:/src/a.cpp") == ErrorKind::invalid);
  CHECK(refusal(workspace, "C:/../../etc/passwd") == ErrorKind::refused);
  CHECK(refusal(workspace, "../../../../../../etc/passwd") == ErrorKind::refused);
  CHECK_FALSE(check_value(*find_setting("workspace.drive_mappings"), "C=/app"));
}

TEST_CASE("a folder expands to its text files", "[workspace]") {
  const tests::Scratch scratch;
  scratch.write("b.md", "two");
  scratch.write("a.txt", "one");
  scratch.write("sub/c.txt", "three");
  scratch.write("logo.bin", std::string("\0\1\2", 3));
  for (const auto* const skipped : {".git/config", "node_modules/x.js", "build/x.o", ".venv/x.py", ".env",
                                    "__pycache__/x.pyc", "sub/.cache/x"})
    scratch.write(skipped, "never shown");
  fs::create_symlink("/etc/hostname", scratch.path() / "link.txt");
  const Workspace workspace = workspace_of(scratch.path());
  const auto bundle = engine::inline_files(workspace, {scratch.path().string()}, budget(1000));
  REQUIRE(bundle);
  CHECK(bundle->text.find("never shown") == std::string::npos);
  CHECK(bundle->text.starts_with("\n\n--- file " + scratch.path().string() +
                                 "/a.txt (3 bytes) ---\none\n--- end of "));
  const std::size_t b = bundle->text.find("b.md"), c = bundle->text.find("sub/c.txt");
  CHECK(b < c);
  CHECK(c != std::string::npos);
  CHECK(bundle->files.size() == 4);
  CHECK(of(*bundle, "logo.bin").note == "not text");
  CHECK_FALSE(of(*bundle, "logo.bin").inlined);
  CHECK(of(*bundle, "a.txt").sha256 == sha256_hex("one"));
  CHECK(
      engine::inline_files(workspace, {(scratch.path() / "logo.bin").string()}, budget(1000)).error().kind ==
      ErrorKind::invalid);
}

TEST_CASE("a folder is read up to a bound", "[workspace]") {
  const tests::Scratch scratch;
  for (int i = 0; i < 12; ++i) scratch.write("f" + std::to_string(i), "text " + std::to_string(i));
  engine::InlineRules rules = budget(1000);
  rules.files = 5;
  const auto bundle = engine::inline_files(workspace_of(scratch.path()), {scratch.path().string()}, rules);
  REQUIRE(bundle);
  CHECK(std::count_if(bundle->files.begin(), bundle->files.end(),
                      [](const engine::InlinedFile& file) { return file.inlined; }) == 5);
  CHECK(of(*bundle, scratch.path().filename().string()).note.find("more than the 5 files") !=
        std::string::npos);
}

TEST_CASE("what does not fit the budget is named", "[workspace]") {
  const tests::Scratch scratch;
  const std::string small = scratch.write("small.txt", std::string(100, 'a')).string();
  const std::string large = scratch.write("large.txt", std::string(100'000, 'b')).string();
  const std::string huge = scratch.write("huge.txt", std::string(3000, 'c')).string();
  engine::InlineRules rules = budget(1000);
  rules.file_bytes = 200'000;
  const auto bundle = engine::inline_files(workspace_of(scratch.path()), {large, small}, rules);
  REQUIRE(bundle);
  CHECK(of(*bundle, "large.txt").note == "no room left");
  CHECK(of(*bundle, "small.txt").inlined);
  CHECK(bundle->tokens == engine::file_tokens("small.txt", 100));
  CHECK(bundle->tokens <= rules.tokens);
  CHECK(bundle->text.find("[files that were too large to be shown here: " + large + "]") !=
        std::string::npos);
  rules.file_bytes = 2048;
  const auto capped = engine::inline_files(workspace_of(scratch.path()), {huge}, rules);
  REQUIRE(capped);
  CHECK(of(*capped, "huge.txt").note == "too large: 0.0 MiB of 0.0 MiB");
  CHECK_FALSE(of(*capped, "huge.txt").inlined);
}

TEST_CASE("inlined files are found again in the text", "[workspace]") {
  const tests::Scratch scratch;
  const std::string one =
      scratch.write("one (1 bytes) ---.txt", "first\n\n--- file x (3 bytes) ---\n").string();
  const std::string two = scratch.write("two.txt", "second").string();
  const std::string none = scratch.write("empty.txt", "").string();
  const auto bundle = engine::inline_files(workspace_of(scratch.path()), {one, none, two}, budget(1000));
  REQUIRE(bundle);
  const std::string text = "look at these" + bundle->text + "\n\nand tell";
  const std::string first = of(*bundle, "one (1 bytes) ---.txt").sha256;
  const std::string second = of(*bundle, "two.txt").sha256;
  CHECK(engine::contents_in(text) == std::set<std::string>{first, second});
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string other = text;
    const std::size_t at = other.find(from);
    REQUIRE(at != std::string::npos);
    return engine::contents_in(other.replace(at, from.size(), to));
  };
  const std::set<std::string> first_only{first};
  CHECK(changed("second", "sec") == first_only);  // cut
  CHECK(changed("second", "Second") == std::set<std::string>{first, sha256_hex("Second")});
  CHECK(changed("(6 bytes)", "(66666666666666666666 bytes)") == first_only);
  CHECK(changed("(6 bytes)", "(6000 bytes)") == first_only);
  CHECK(changed("(6 bytes)", "(six bytes)") == first_only);
  CHECK(changed("--- end of " + two, "--- end of x") == first_only);
  const auto end = [&](const std::string& path) {
    const std::string last = "--- end of " + path + " ---";
    return text.find(last) + last.size();
  };
  for (std::size_t size = 0; size <= text.size(); ++size) {  // whatever of it is there
    const auto found = engine::contents_in(std::string_view(text).substr(0, size));
    CAPTURE(size);
    CHECK((found.count(first) != 0) == (size >= end(one)));
    CHECK((found.count(second) != 0) == (size >= end(two)));
  }
}

TEST_CASE("the same content is inlined once, and known content not again", "[workspace]") {
  const tests::Scratch scratch;
  const std::string one = scratch.write("one.txt", "the same").string();
  const std::string two = scratch.write("two.txt", "the same").string();
  const std::string old = scratch.write("old.txt", "seen before").string();
  fs::create_hard_link(old, scratch.path() / "linked.txt");
  const auto bundle = engine::inline_files(workspace_of(scratch.path()), {one, two, old}, budget(1000),
                                           {sha256_hex("seen before")});
  REQUIRE(bundle);
  CHECK(of(*bundle, "two.txt").note == "same content as " + one);
  CHECK(of(*bundle, "old.txt").note == "inlined earlier");
  CHECK(bundle->text.find("seen before") == std::string::npos);
  CHECK(bundle->text.find("--- file " + old + ": inlined earlier ---") != std::string::npos);
  const auto linked = engine::inline_files(workspace_of(scratch.path()), {old}, budget(1000));
  REQUIRE(linked);
  CHECK(of(*linked, "old.txt").note == "one of 2 hard links");
  CHECK(of(*linked, "old.txt").inlined);
}

TEST_CASE("lines are numbered for the model", "[workspace]") {
  const tests::Scratch scratch;
  const std::string file = scratch.write("a.cpp", "first\nsecond\n").string();
  engine::InlineRules rules = budget(1000);
  rules.line_numbers = true;
  const auto bundle = engine::inline_files(workspace_of(scratch.path()), {file}, rules);
  REQUIRE(bundle);
  CHECK(bundle->text ==
        "\n\n--- file " + file + " (13 bytes) ---\n    1→first\n    2→second\n--- end of " + file + " ---");
}

TEST_CASE("tokens are estimated by the kind of text", "[workspace]") {
  CHECK(engine::file_tokens("a.json", 100) == 40);
  CHECK(engine::file_tokens("a.MD", 420) == 100);
  CHECK(engine::file_tokens("a.log", 450) == 100);
  CHECK(engine::file_tokens("a.cpp", 370) == 100);
  CHECK(engine::file_tokens("a.unknown", 350) == 100);
  CHECK(engine::file_tokens("a", 1) == 1);
}
