#include "store/change_codec.hpp"

#include <cstring>

namespace exai::store {
namespace {

constexpr std::uint32_t k_change_version = 1;

void put(std::string& out, std::uint64_t number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof number);
}

void put(std::string& out, std::string_view text) {
  put(out, std::uint64_t{text.size()});
  out += text;
}

void put(std::string& out, Wall at) {
  put(out, static_cast<std::uint64_t>(at.time_since_epoch().count()));
}

/// Takes from the front; once something does not fit, all that follows is empty and `good` is false.
class ChangeReader {
 public:
  explicit ChangeReader(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number() {
    std::uint64_t value = 0;
    if (rest_.size() < sizeof value) {
      good_ = false;
      rest_ = {};
      return 0;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  std::string text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  Wall time() { return Wall(Wall::duration(static_cast<Wall::rep>(number()))); }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::string encode_change(const ConversationChange& change) {
  std::string out;
  std::size_t size = 256 + (change.state ? change.state->size() : 0);
  for (const Message& message : change.messages) size += message.content.size() + 256;
  out.reserve(size);
  put(out, std::uint64_t{k_change_version});
  put(out, change.id);
  put(out, change.owner);
  put(out, change.created);
  put(out, change.updated);
  put(out, std::uint64_t{change.position});
  put(out, std::uint64_t{change.messages.size()});
  for (const Message& message : change.messages) {
    for (const std::string* text :
         {&message.role, &message.content, &message.tool, &message.provider, &message.model})
      put(out, *text);
    put(out, message.at);
  }
  put(out, std::uint64_t{change.state ? 1U : 0U});
  if (change.state) put(out, *change.state);
  return out;
}

Result<ConversationChange> decode_change(std::string_view record) {
  ChangeReader reader(record);
  ConversationChange change;
  const bool known = reader.number() == k_change_version;
  change.id = reader.text();
  change.owner = reader.text();
  change.created = reader.time();
  change.updated = reader.time();
  change.position = reader.number();
  const std::uint64_t messages = reader.number();
  for (std::uint64_t i = 0; i < messages && reader.good(); ++i) {
    Message message;
    for (std::string* text :
         {&message.role, &message.content, &message.tool, &message.provider, &message.model})
      *text = reader.text();
    message.at = reader.time();
    change.messages.push_back(std::move(message));
  }
  if (reader.number() == 1) change.state = reader.text();
  if (known && reader.good() && reader.at_end()) return change;
  return fail(ErrorKind::invalid, "a record of the journal is not one of this program's",
              "a newer program wrote it: start that one, or move the *.journal.* files away");
}

}  // namespace exai::store
