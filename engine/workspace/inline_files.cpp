#include "core/digest.hpp"
#include "core/text.hpp"
#include "engine/workspace/folder_files.hpp"
#include "engine/workspace/workspace.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <unordered_map>

#include <fmt/core.h>

namespace exai::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_header_room = 128;  // of one file's two header lines, besides its path
constexpr std::size_t k_named = 50;         // files that are named for lack of room

struct Candidate {
  std::string shown;
  std::shared_ptr<const io::Opened> root;
  fs::path below;
  std::uint64_t bytes = 0;
  bool named = false;  ///< by the caller itself, not found in a folder
};

std::string mebibytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024.0 * 1024.0));
}

/// From paths to text, one file after the other, each read to the place where it stays.
class FileInliner {
 public:
  FileInliner(const Workspace& workspace, const InlineRules& rules, const std::set<std::string>& known)
      : workspace_(workspace), rules_(rules), known_(known) {}

  Result<FileBundle> run(const std::vector<std::string>& paths) {
    for (const std::string& path : paths)
      if (Result<void> done = gather(path); !done) return fail(done.error());
    reserve();
    for (const Candidate& candidate : candidates_)
      if (Result<void> done = add(candidate); !done) return fail(done.error());
    name_the_rest();
    return std::move(result_);
  }

 private:
  Result<void> gather(const std::string& path);
  Result<void> gather_folder(const std::string& path, const Workspace::Place& place,
                             const std::shared_ptr<const io::Opened>& root);
  void reserve();
  Result<void> add(const Candidate& candidate);
  Result<std::size_t> read(const io::Opened& file, std::string& into) const {
    return io::append_file(file, into, rules_.file_bytes);
  }
  Result<void> add_content(const Candidate& candidate, const io::Opened& file, InlinedFile& record);
  bool takes(const Candidate& candidate, InlinedFile& record);
  void append_numbered(std::string_view content);
  void name_the_rest();

  const Workspace& workspace_;
  const InlineRules& rules_;
  const std::set<std::string>& known_;
  std::map<fs::path, std::shared_ptr<const io::Opened>> roots_;
  std::vector<Candidate> candidates_;
  std::unordered_map<std::string, std::string> seen_;  // hash -> path
  std::vector<std::string> left_out_;
  std::string scratch_;  // of one file, where lines get numbers
  FileBundle result_;
};

Result<void> FileInliner::gather(const std::string& path) {
  const Result<Workspace::Place> place = workspace_.locate(path);
  if (!place) return fail(place.error());
  std::shared_ptr<const io::Opened>& root = roots_[place->root];
  if (root == nullptr) {
    Result<io::Opened> opened = io::open_folder(place->root);
    if (!opened) return fail(opened.error());
    root = std::make_shared<const io::Opened>(std::move(*opened));
  }
  const Result<io::Opened> opened = io::open_beneath(*root, place->below);
  if (!opened)
    return fail(opened.error().kind,
                fmt::format("cannot read {}: {}", printable(path), opened.error().message),
                opened.error().hint);
  if (opened->is_folder) return gather_folder(path, *place, root);
  if (candidates_.size() >= rules_.files)
    return fail(ErrorKind::invalid, fmt::format("more than {} files", rules_.files),
                "name those that matter most");
  candidates_.push_back({path, root, place->below, opened->size, true});
  return {};
}

Result<void> FileInliner::gather_folder(const std::string& path, const Workspace::Place& place,
                                        const std::shared_ptr<const io::Opened>& root) {
  const std::size_t room = rules_.files - std::min(rules_.files, candidates_.size());
  const Result<FoundFiles> found = folder_files(*root, place.below, room);
  if (!found)
    return fail(found.error().kind, fmt::format("cannot read {}: {}", printable(path), found.error().message),
                found.error().hint);
  std::string shown = path;
  while (shown.size() > 1 && shown.ends_with('/')) shown.pop_back();
  for (const FoundFile& file : found->files) {
    const fs::path inside = file.below.lexically_relative(place.below.empty() ? fs::path(".") : place.below);
    candidates_.push_back(
        {shown + "/" + inside.lexically_normal().string(), root, file.below, file.bytes, false});
  }
  if (found->more)
    result_.files.push_back(
        {path, {}, 0, 0, false, fmt::format("has more than the {} files that are looked at", rules_.files)});
  return {};
}

/// All the room at once: growing step by step would copy the text again and again, and need twice its size.
void FileInliner::reserve() {
  std::size_t room = 0;
  long long tokens = 0;
  for (const Candidate& candidate : candidates_) {
    const long long needs = file_tokens(candidate.below, candidate.bytes);
    if (candidate.bytes > rules_.file_bytes || tokens + needs > rules_.tokens) continue;
    tokens += needs;
    room += static_cast<std::size_t>(candidate.bytes) + 2 * candidate.shown.size() + k_header_room;
    if (rules_.line_numbers) room += static_cast<std::size_t>(candidate.bytes) / 3;
  }
  result_.text.reserve(room + 4096);
  result_.files.reserve(result_.files.size() + candidates_.size());
}

Result<void> FileInliner::add(const Candidate& candidate) {
  InlinedFile record{candidate.shown, {}, candidate.bytes, file_tokens(candidate.below, candidate.bytes),
                     false,           {}};
  if (candidate.bytes > rules_.file_bytes) {
    record.note =
        fmt::format("too large: {} of {}", mebibytes(candidate.bytes), mebibytes(rules_.file_bytes));
    left_out_.push_back(candidate.shown);
  } else {
    const Result<io::Opened> file = io::open_beneath(*candidate.root, candidate.below);
    if (file) {
      if (file->links > 1) record.note = fmt::format("one of {} hard links", file->links);
      if (Result<void> done = add_content(candidate, *file, record); !done) return done;
    } else if (candidate.named) {
      return fail(file.error().kind,
                  fmt::format("cannot read {}: {}", printable(candidate.shown), file.error().message),
                  file.error().hint);
    } else {
      record.note = "cannot be read: " + file.error().message;
    }
  }
  result_.files.push_back(std::move(record));
  return {};
}

Result<void> FileInliner::add_content(const Candidate& candidate, const io::Opened& file,
                                      InlinedFile& record) {
  std::string& text = result_.text;
  const std::size_t before = text.size();
  const std::string shown = printable(candidate.shown);
  if (!rules_.line_numbers)
    fmt::format_to(std::back_inserter(text), "\n\n--- file {} ({} bytes) ---\n", shown, file.size);
  scratch_.clear();
  const Result<std::size_t> size = read(file, rules_.line_numbers ? scratch_ : text);
  if (!size) {  // it grew meanwhile
    text.resize(before);
    record.note = "cannot be read: " + size.error().message;
    return {};
  }
  const std::string_view content =
      rules_.line_numbers ? std::string_view(scratch_) : std::string_view(text).substr(text.size() - *size);
  const bool is_text = std::memchr(content.data(), 0, content.size()) == nullptr && is_utf8(content);
  record.bytes = *size;
  record.tokens = file_tokens(candidate.below, *size);
  if (!is_text) {
    text.resize(before);
    record.note = "not text";
    if (!candidate.named) return {};
    return fail(ErrorKind::invalid, fmt::format("{} is not UTF-8 text", shown), "give images in 'images'");
  }
  record.sha256 = sha256_hex(content);
  if (!takes(candidate, record)) {
    text.resize(before);
    if (record.note != k_no_room)
      fmt::format_to(std::back_inserter(text), "\n\n--- file {}: {} ---", shown, printable(record.note));
    return {};
  }
  record.inlined = true;
  result_.tokens += record.tokens;
  if (rules_.line_numbers) {
    fmt::format_to(std::back_inserter(text), "\n\n--- file {} ({} bytes) ---\n", shown, *size);
    append_numbered(content);
  }
  fmt::format_to(std::back_inserter(text), "\n--- end of {} ---", shown);
  return {};
}

/// Whether the content goes along; the record says why not.
bool FileInliner::takes(const Candidate& candidate, InlinedFile& record) {
  const auto [first, fresh] = seen_.emplace(record.sha256, candidate.shown);
  if (!fresh) {
    record.note = "same content as " + first->second;
  } else if (known_.count(record.sha256) != 0) {
    record.note = "inlined earlier";
  } else if (result_.tokens + record.tokens > rules_.tokens) {
    record.note = k_no_room;
    left_out_.push_back(candidate.shown);
    seen_.erase(first);
  } else {
    return true;
  }
  return false;
}

/// "   12→text", for a model that is to name lines.
void FileInliner::append_numbered(std::string_view content) {
  std::size_t number = 0;
  while (!content.empty()) {
    const std::string_view line = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(content.size(), line.size() + 1));
    fmt::format_to(std::back_inserter(result_.text), "{:5}→{}{}", ++number, line,
                   content.empty() ? "" : "\n");
  }
}

void FileInliner::name_the_rest() {
  if (left_out_.empty()) return;
  std::string& text = result_.text;
  text += "\n\n[files that were too large to be shown here:";
  for (std::size_t i = 0; i < std::min(left_out_.size(), k_named); ++i)
    fmt::format_to(std::back_inserter(text), "{} {}", i == 0 ? "" : ",", printable(left_out_[i]));
  if (left_out_.size() > k_named)
    fmt::format_to(std::back_inserter(text), " and {} more", left_out_.size() - k_named);
  text += "]";
}

/// The content of a file in the frame that add_content() puts around it. `text` begins with the file's name;
/// empty when no whole frame follows.
std::string_view framed_content(std::string_view text) {
  const std::string_view header = text.substr(0, text.find('\n'));
  const std::size_t open = header.rfind(" (");
  if (open == std::string_view::npos) return {};
  std::size_t size = 0;
  const std::string_view rest = header.substr(open + 2);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
  if (error != std::errc() || rest.substr(static_cast<std::size_t>(end - rest.data())) != " bytes) ---")
    return {};
  text.remove_prefix(std::min(text.size(), header.size() + 1));
  if (size >= text.size()) return {};
  const std::string ending = fmt::format("\n--- end of {} ---", header.substr(0, open));
  return text.substr(size, ending.size()) == ending ? text.substr(0, size) : std::string_view();
}

}  // namespace

std::set<std::string> contents_in(std::string_view text) {
  constexpr std::string_view k_begin = "\n--- file ";
  std::set<std::string> hashes;
  for (std::size_t at = text.find(k_begin); at != std::string_view::npos; at = text.find(k_begin, at)) {
    at += k_begin.size();
    const std::string_view content = framed_content(text.substr(at));
    if (content.empty()) continue;
    hashes.insert(sha256_hex(content));
    at = static_cast<std::size_t>(content.data() - text.data()) + content.size();
  }
  return hashes;
}

long long file_tokens(const std::filesystem::path& path, std::uint64_t bytes) {
  // Tenths of bytes a token, by what the ending says of the text.
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 20> k_ratios{
      {{".json", 25}, {".jsonl", 25}, {".xml", 30},  {".html", 30}, {".csv", 30}, {".yaml", 30}, {".yml", 30},
       {".md", 42},   {".txt", 42},   {".rst", 42},  {".log", 45},  {".cpp", 37}, {".hpp", 37},  {".cc", 37},
       {".c", 37},    {".h", 37},     {".java", 37}, {".rs", 37},   {".go", 37},  {".cs", 37}}};
  const std::string ending = to_lower(path.extension().string());
  const auto known =
      std::find_if(k_ratios.begin(), k_ratios.end(), [&](const auto& row) { return row.first == ending; });
  const std::uint64_t ratio = known == k_ratios.end() ? 35 : known->second;
  return static_cast<long long>((bytes * 10 + ratio - 1) / ratio);
}

Result<FileBundle> inline_files(const Workspace& workspace, const std::vector<std::string>& paths,
                                const InlineRules& rules, const std::set<std::string>& known) {
  return FileInliner(workspace, rules, known).run(paths);
}

}  // namespace exai::engine
