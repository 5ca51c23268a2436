#include "core/json.hpp"

#include <atomic>
#include <memory>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <simdjson.h>

namespace exai {
namespace {

// A request is read before anything else happens to it, and nlohmann's own reader, one character at a time,
// was a fifth of a small call. simdjson reads; what it does not take nlohmann's reads again, and says where
// the mistake is. Both agree on what is right and what it means (tests/core/json_test.cpp).

using simdjson::dom::element_type;
using JsonReader = simdjson::dom::parser;

/// One reader is kept for the next text: making it costs more than most texts do, and one for each thread
/// would be memory for nothing.
class Spare {
 public:
  explicit Spare(std::size_t size) : reader_(size <= k_max_spare ? place().exchange(nullptr) : nullptr) {
    if (!reader_) reader_ = std::make_unique<JsonReader>();
  }
  Spare(const Spare&) = delete;
  Spare& operator=(const Spare&) = delete;
  ~Spare() {
    if (reader_->capacity() <= k_max_spare) delete place().exchange(reader_.release());
  }
  JsonReader& operator*() { return *reader_; }

 private:
  static constexpr std::size_t k_max_spare = std::size_t{64}
                                             << 10U;  // of a text; the reader holds some 16 times that
  static std::atomic<JsonReader*>& place() {
    static std::atomic<JsonReader*> k_place;
    return k_place;
  }
  std::unique_ptr<JsonReader> reader_;
};

/// This simdjson takes a lone half of a surrogate pair, which is not text.
bool names_surrogates(std::string_view text) {
  for (std::size_t at = text.find("\\u"); at != std::string_view::npos; at = text.find("\\u", at + 2))
    if (at + 2 < text.size() && (text[at + 2] == 'd' || text[at + 2] == 'D')) return true;
  return false;
}

/// False when it is nested deeper than `levels`.
bool build(const simdjson::dom::element& from, int levels, Json& to) {
  switch (from.type()) {
    case element_type::OBJECT: {
      if (levels == 0) return false;
      to = Json::object();
      auto& members = to.get_ref<Json::object_t&>();
      const simdjson::dom::object object = from.get_object().value_unsafe();
      for (const auto& [name, value] : object)
        if (!build(value, levels - 1, members[std::string(name)])) return false;
      return true;
    }
    case element_type::ARRAY: {
      if (levels == 0) return false;
      to = Json::array();
      auto& items = to.get_ref<Json::array_t&>();
      const simdjson::dom::array array = from.get_array().value_unsafe();
      for (const auto& value : array)
        if (!build(value, levels - 1, items.emplace_back())) return false;
      return true;
    }
    case element_type::STRING:
      to = std::string(from.get_string().value_unsafe());
      return true;
    case element_type::INT64: {
      const std::int64_t number = from.get_int64().value_unsafe();
      if (number < 0)
        to = number;
      else
        to = static_cast<std::uint64_t>(number);
      return true;
    }
    case element_type::UINT64:
      to = from.get_uint64().value_unsafe();
      return true;
    case element_type::DOUBLE:
      to = from.get_double().value_unsafe();
      return true;
    case element_type::BOOL:
      to = from.get_bool().value_unsafe();
      return true;
    case element_type::NULL_VALUE:
      to = nullptr;
      return true;
  }
  return false;
}

Result<Json> read_slowly(std::string_view text, int max_depth) {
  // nlohmann's reader takes a NUL for the end and would leave what follows unread.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    return fail(ErrorKind::invalid, fmt::format("not JSON: a NUL byte at byte {}", nul + 1));
  bool too_deep = false;
  const Json::parser_callback_t watch = [&](int depth, Json::parse_event_t event, Json&) {
    if (depth >= max_depth &&
        (event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start))
      too_deep = true;
    return !too_deep;
  };
  try {
    Json value = Json::parse(text, watch);
    if (too_deep)
      return fail(ErrorKind::invalid, fmt::format("JSON is nested deeper than {} levels", max_depth));
    return value;
  } catch (const Json::parse_error& error) {
    return fail(ErrorKind::invalid, fmt::format("not JSON: syntax error at byte {}", error.byte));
  } catch (const std::exception& error) {
    return fail(ErrorKind::invalid, fmt::format("not JSON: {}", error.what()));
  }
}

}  // namespace

Result<Json> parse_json(std::string_view text, int max_depth) {
  if (!text.empty() && !names_surrogates(text)) {
    Spare reader(text.size());
    simdjson::dom::element root;
    Json value;
    if ((*reader).parse(text.data(), text.size()).get(root) == simdjson::SUCCESS &&
        build(root, max_depth, value))
      return value;
  }
  return read_slowly(text, max_depth);
}

}  // namespace exai
