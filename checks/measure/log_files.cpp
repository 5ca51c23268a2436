#include "checks/measure/log_files.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace exai::checks {
namespace {

constexpr std::array<std::string_view, 4> k_packed_endings{".gz", ".zst", ".xz", ".bz2"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view without_packing(std::string_view file) {
  for (const std::string_view ending : k_packed_endings)
    if (file.ends_with(ending)) return file.substr(0, file.size() - ending.size());
  return file;
}

bool is_number(std::string_view text) {
  constexpr std::size_t k_max_digits = 5;
  return !text.empty() && text.size() <= k_max_digits && std::all_of(text.begin(), text.end(), is_digit);
}

/// "20261126", "2026-11-26", "2026-11-26_14", "20261126-1764165600": a year and more, in digits.
bool is_log_date(std::string_view text) {
  constexpr std::size_t k_min_digits = 6, k_max_size = 32;  // a month is a date, a number is none
  if (text.empty() || text.size() > k_max_size || !is_digit(text.front()) || !is_digit(text.back()))
    return false;
  const auto fits = [](char c) {
    return is_digit(c) || c == '-' || c == '_' || c == '.' || c == 'T' || c == ':';
  };
  return std::all_of(text.begin(), text.end(), fits) &&
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_digit)) >= k_min_digits;
}

/// What was put between or behind the name: ".3", "-20261126", ".2026-11-26".
bool is_rotation(std::string_view mark) {
  if (mark.size() < 2) return false;
  const std::string_view rest = mark.substr(1);
  return (mark.front() == '.' && (is_number(rest) || is_log_date(rest))) ||
         ((mark.front() == '-' || mark.front() == '_') && is_log_date(rest));
}

}  // namespace

bool belongs_to_log(std::string_view file, std::string_view stem) {
  constexpr std::string_view k_ending = ".log";
  const std::string_view plain = without_packing(file);
  if (!plain.starts_with(stem)) return false;
  std::string_view rest = plain.substr(stem.size());
  if (rest == k_ending) return true;
  if (rest.ends_with(k_ending)) return is_rotation(rest.substr(0, rest.size() - k_ending.size()));
  return rest.starts_with(k_ending) && is_rotation(rest.substr(k_ending.size()));
}

std::vector<std::filesystem::path> log_files(const std::filesystem::path& folder, std::string_view stem) {
  struct Row {
    std::filesystem::file_time_type written;
    std::filesystem::path path;
  };
  std::vector<Row> rows;
  std::set<std::string> names;
  std::set<std::filesystem::path> seen;  // a link to another of them is not a second log
  std::error_code problem;
  for (std::filesystem::directory_iterator item(folder, problem), end; !problem && item != end;
       item.increment(problem)) {
    const std::string name = item->path().filename().string();
    std::error_code gone;
    if (!belongs_to_log(name, stem) || !item->is_regular_file(gone)) continue;
    if (!seen.insert(std::filesystem::canonical(item->path(), gone)).second) continue;
    rows.push_back({std::filesystem::last_write_time(item->path(), gone), item->path()});
    names.insert(name);
  }
  std::erase_if(rows, [&](const Row& row) {
    const std::string name = row.path.filename().string();
    const std::string_view plain = without_packing(name);
    return plain != name && names.contains(std::string(plain));
  });
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.written < b.written; });
  std::vector<std::filesystem::path> paths;
  for (Row& row : rows) paths.push_back(std::move(row.path));
  return paths;
}

std::shared_ptr<const Result<std::vector<io::FileFacts>>> log_folder(const CheckContext& context) {
  using Files = Result<std::vector<io::FileFacts>>;
  const std::filesystem::path folder = context.path("log.dir");
  return context.measurements->once<Files>(
      folder.string(), context.asker(), [&] { return io::list_files(folder, true); },
      [](const Files&) { return true; });
}

}  // namespace exai::checks
