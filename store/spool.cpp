#include "store/spool.hpp"

#include "core/digest.hpp"
#include "io/files.hpp"
#include "store/record_codec.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

namespace exai::store {
namespace {

constexpr std::string_view k_spool_ending = ".run";
constexpr std::string_view k_spool_title = "exai spool 1 ";  // then the SHA-256 of what follows the line
constexpr std::uint64_t k_tests = 1, k_report = 2;
constexpr std::uint64_t k_record_bytes = std::uint64_t{1} << 30U;
constexpr int k_tries = 100;  // for a free number, while others take them

template <class Reader, class Record>
void visit_texts(Reader&& visit, Record& record) {
  visit(record.key, record.name, record.format, record.host, record.branch, record.commit, record.watcher,
        record.notes);
}

std::string encoded(const RecordedTests& tests) {
  RecordWriter out(512 + tests.results.size() * 256);
  out.number(k_tests).time(tests.run.at);
  visit_texts([&](const auto&... text) { (out.text(text), ...); }, tests.run);
  out.some_real(tests.run.duration).some_real(tests.run.cost_usd).number(tests.results.size());
  for (const ResultRecord& result : tests.results) {
    out.number(static_cast<std::uint64_t>(result.status));
    for (const std::string* text :
         {&result.tool, &result.variation, &result.provider, &result.model, &result.execution, &result.input,
          &result.output, &result.error, &result.file})
      out.text(*text);
    out.some_real(result.duration).some_real(result.memory_mb).some_real(result.cpu_percent);
    out.some_real(result.cost_usd).some_number(result.tokens).some_number(result.quality);
    out.some_number(result.line);
  }
  return out.take();
}

std::string encoded(const RunRecord& run) {
  RecordWriter out(512 + run.report_json.size());
  out.number(k_report);
  for (const std::string* text :
       {&run.run_id, &run.title, &run.host, &run.version, &run.verdict, &run.report_json})
    out.text(*text);
  out.time(run.started).number(static_cast<std::uint64_t>(run.duration.count()));
  out.number(static_cast<std::uint64_t>(run.exit_code));
  return out.take();
}

ResultRecord read_result(RecordReader& in) {
  ResultRecord result;
  const std::uint64_t status = in.number();
  result.status =
      status <= static_cast<std::uint64_t>(Outcome::error) ? static_cast<Outcome>(status) : Outcome::error;
  for (std::string* text : {&result.tool, &result.variation, &result.provider, &result.model,
                            &result.execution, &result.input, &result.output, &result.error, &result.file})
    *text = in.text();
  result.duration = in.some_real();
  result.memory_mb = in.some_real();
  result.cpu_percent = in.some_real();
  result.cost_usd = in.some_real();
  result.tokens = in.some_number();
  result.quality = in.some_number();
  result.line = in.some_number();
  return result;
}

RecordedTests read_tests(RecordReader& in) {
  RecordedTests tests;
  tests.run.at = in.time();
  visit_texts([&](auto&... text) { ((text = in.text()), ...); }, tests.run);
  tests.run.duration = in.some_real();
  tests.run.cost_usd = in.some_real();
  const std::uint64_t count = in.number();
  for (std::uint64_t i = 0; i < count && in.good(); ++i) tests.results.push_back(read_result(in));
  return tests;
}

RunRecord read_report(RecordReader& in) {
  RunRecord run;
  for (std::string* text : {&run.run_id, &run.title, &run.host, &run.version, &run.verdict, &run.report_json})
    *text = in.text();
  run.started = in.time();
  run.duration = Millis(in.number());
  run.exit_code = static_cast<int>(in.number());
  return run;
}

Error not_a_record(const std::filesystem::path& file, std::string_view why) {
  return make_error(ErrorKind::invalid, fmt::format("{} holds no run: {}", file.string(), why),
                    "a newer program may have written it; else it is damaged and can be removed");
}

/// The number in a name "000000000012.run"; 0 for another file.
std::uint64_t number_in(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  if (!name.ends_with(k_spool_ending)) return 0;
  const std::string_view digits(name.data(), name.size() - k_spool_ending.size());
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return problem == std::errc{} && end == digits.data() + digits.size() ? number : 0;
}

}  // namespace

bool may_wait(const Error& error) {
  return error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout ||
         error.kind == ErrorKind::busy;
}

Result<void> Spool::add(const RecordedTests& tests) const {
  return put(encoded(tests));
}

Result<void> Spool::add(const RunRecord& run) const {
  return put(encoded(run));
}

Result<void> Spool::put(std::string record) const {
  const std::string text = fmt::format("{}{}\n{}", k_spool_title, sha256_hex(record), record);
  const auto before = waiting();
  if (!before) return fail(before.error());
  if (before->size() >= k_max_waiting)
    return fail(ErrorKind::busy,
                fmt::format("{} runs wait in {} for the database already", before->size(), folder_.string()),
                "exai probe postgres says why it is not reached");
  std::uint64_t number = before->empty() ? 0 : number_in(before->back().file);
  for (int attempt = 0; attempt < k_tries; ++attempt) {
    const Result<bool> written =
        io::write_new(folder_ / fmt::format("{:012}{}", ++number, k_spool_ending), text, 0600);
    if (!written) return fail(written.error());
    if (*written) return {};
  }
  return fail(ErrorKind::busy, fmt::format("other processes fill {}", folder_.string()), "try again");
}

Result<std::vector<Spool::Entry>> Spool::waiting() const {
  if (!io::is_there(folder_)) return std::vector<Entry>{};
  const auto files = io::list_files(folder_);
  if (!files) return fail(files.error());
  std::vector<Entry> entries;
  for (const io::FileFacts& file : *files)
    if (number_in(file.path) > 0) entries.push_back({file.path, file.written, file.size});
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return number_in(a.file) < number_in(b.file); });
  return entries;
}

Result<std::variant<RecordedTests, RunRecord>> Spool::read(const std::filesystem::path& file) {
  const Result<std::string> text = io::read_file(file, k_record_bytes);
  if (!text) return fail(text.error());
  std::string_view rest = *text;
  const std::size_t end = rest.find('\n');
  if (!rest.starts_with(k_spool_title) || end == std::string_view::npos)
    return fail(not_a_record(file, "its first line is another"));
  const std::string_view digest = rest.substr(k_spool_title.size(), end - k_spool_title.size());
  rest.remove_prefix(end + 1);
  if (sha256_hex(rest) != digest) return fail(not_a_record(file, "its checksum is wrong"));
  RecordReader in(rest);
  std::variant<RecordedTests, RunRecord> found;
  const std::uint64_t kind = in.number();
  if (kind == k_tests) found = read_tests(in);
  if (kind == k_report) found = read_report(in);
  if (kind == 0 || kind > k_report || !in.good() || !in.at_end())
    return fail(not_a_record(file, "its form is another"));
  return found;
}

Result<void> Spool::set_aside(const Entry& entry) const {
  const Result<std::string> text = io::read_file(entry.file, k_record_bytes);
  if (!text) return fail(text.error());
  if (auto kept = io::write_atomic(folder_ / "rejected" / entry.file.filename(), *text, 0600); !kept)
    return kept;
  return io::remove_file(entry.file);
}

Result<Spool::Replayed> Spool::replay(TestRuns& tests, Runs& runs) const {
  Replayed done;
  const auto entries = waiting();
  if (!entries) return fail(entries.error());
  for (const Entry& entry : *entries) {
    if (!io::is_there(entry.file)) continue;  // another process was quicker
    const auto record = read(entry.file);
    Result<void> saved;
    if (!record)
      saved = fail(record.error());
    else if (const auto* report = std::get_if<RunRecord>(&*record))
      saved = runs.save(*report);
    else if (const auto& recorded = std::get<RecordedTests>(*record);
             auto kept = tests.save(recorded.run, recorded.results))
      saved = {};
    else
      saved = fail(kept.error());
    if (saved) {
      if (auto removed = io::remove_file(entry.file); !removed) return fail(removed.error());
      ++done.saved;
      continue;
    }
    if (saved.error().kind != ErrorKind::invalid) return fail(saved.error());
    if (auto aside = set_aside(entry); !aside) return fail(aside.error());
    done.rejected.push_back(saved.error().message);
  }
  return done;
}

}  // namespace exai::store
