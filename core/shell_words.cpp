#include "core/shell_words.hpp"

#include <utility>

#include <fmt/core.h>

namespace exai {
namespace {

class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}
  Result<std::vector<std::string>> words();

 private:
  Result<void> single_quoted();
  Result<void> double_quoted();
  Result<void> escaped();
  void add(char c) {
    word_ += c;
    begun_ = true;
  }
  void end_word() {
    if (begun_) words_.push_back(std::exchange(word_, {}));
    begun_ = false;
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::vector<std::string> words_;
  std::string word_;
  bool begun_ = false;  ///< also by quotes with nothing in them: '' is a word
};

auto open_quote(char quote) {
  return fail(ErrorKind::invalid, fmt::format("the quote {} is not closed", quote),
              fmt::format("write the second {0}, or \\{0} for the character itself", quote));
}

Result<void> Splitter::single_quoted() {
  const std::size_t end = line_.find('\'', at_);
  if (end == std::string_view::npos) return open_quote('\'');
  word_ += line_.substr(at_, end - at_);
  begun_ = true;
  at_ = end + 1;
  return {};
}

Result<void> Splitter::double_quoted() {
  constexpr std::string_view k_escapable = "$`\"\\";
  begun_ = true;
  while (at_ < line_.size()) {
    const char c = line_[at_++];
    if (c == '"') return {};
    if (c != '\\' || at_ == line_.size()) {
      word_ += c;
      continue;
    }
    const char next = line_[at_];
    if (next == '\n') {
      ++at_;  // the line continues
    } else if (k_escapable.find(next) != std::string_view::npos) {
      word_ += next;
      ++at_;
    } else {
      word_ += c;
    }
  }
  return open_quote('"');
}

Result<void> Splitter::escaped() {
  if (at_ == line_.size())
    return fail(ErrorKind::invalid, "a backslash stands at the end", "write \\\\ for the character itself");
  const char next = line_[at_++];
  if (next != '\n') add(next);
  return {};
}

Result<std::vector<std::string>> Splitter::words() {
  while (at_ < line_.size()) {
    const char c = line_[at_++];
    Result<void> read;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
      end_word();
    else if (c == '\'')
      read = single_quoted();
    else if (c == '"')
      read = double_quoted();
    else if (c == '\\')
      read = escaped();
    else
      add(c);
    if (!read) return fail(read.error());
  }
  end_word();
  return std::move(words_);
}

}  // namespace

Result<std::vector<std::string>> shell_words(std::string_view line) {
  return Splitter(line).words();
}

}  // namespace exai
