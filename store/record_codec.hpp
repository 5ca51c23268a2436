// How records stand in the journal and in the spool: numbers of eight bytes, texts behind their length.
#pragma once

#include "core/deadline.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace exai::store {

class RecordWriter {
 public:
  explicit RecordWriter(std::size_t expected_bytes) { out_.reserve(expected_bytes); }
  RecordWriter& number(std::uint64_t value);
  RecordWriter& text(std::string_view value);
  RecordWriter& time(Wall at);
  RecordWriter& some_number(std::optional<std::int64_t> value);
  RecordWriter& some_real(std::optional<double> value);
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Takes from the front; once something does not fit, all that follows is empty and `good` is false.
class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number();
  std::string text();
  Wall time() { return Wall(Wall::duration(static_cast<Wall::rep>(number()))); }
  std::optional<std::int64_t> some_number();
  std::optional<double> some_real();
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  std::string_view taken(std::size_t size);

  std::string_view rest_;
  bool good_ = true;
};

}  // namespace exai::store
