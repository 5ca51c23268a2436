#include "store/record_codec.hpp"

#include <bit>
#include <cstring>

namespace exai::store {

RecordWriter& RecordWriter::number(std::uint64_t value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out_.append(bytes, sizeof value);
  return *this;
}

RecordWriter& RecordWriter::text(std::string_view value) {
  number(value.size());
  out_ += value;
  return *this;
}

RecordWriter& RecordWriter::time(Wall at) {
  return number(static_cast<std::uint64_t>(at.time_since_epoch().count()));
}

RecordWriter& RecordWriter::some_number(std::optional<std::int64_t> value) {
  number(value ? 1 : 0);
  return value ? number(static_cast<std::uint64_t>(*value)) : *this;
}

RecordWriter& RecordWriter::some_real(std::optional<double> value) {
  number(value ? 1 : 0);
  return value ? number(std::bit_cast<std::uint64_t>(*value)) : *this;
}

std::string_view RecordReader::taken(std::size_t size) {
  if (size > rest_.size()) {
    good_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view front = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return front;
}

std::uint64_t RecordReader::number() {
  std::uint64_t value = 0;
  if (const std::string_view bytes = taken(sizeof value); !bytes.empty())
    std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::string RecordReader::text() {
  return std::string(taken(number()));
}

std::optional<std::int64_t> RecordReader::some_number() {
  return number() == 1 ? std::optional(static_cast<std::int64_t>(number())) : std::nullopt;
}

std::optional<double> RecordReader::some_real() {
  return number() == 1 ? std::optional(std::bit_cast<double>(number())) : std::nullopt;
}

}  // namespace exai::store
