#include "store/change_codec.hpp"

#include "store/record_codec.hpp"

namespace exai::store {
namespace {

constexpr std::uint64_t k_change_version = 1;

}  // namespace

std::string encode_change(const ConversationChange& change) {
  std::size_t size = 256 + (change.state ? change.state->size() : 0);
  for (const Message& message : change.messages) size += message.content.size() + 256;
  RecordWriter out(size);
  out.number(k_change_version).text(change.id).text(change.owner).time(change.created).time(change.updated);
  out.number(change.position).number(change.messages.size());
  for (const Message& message : change.messages) {
    for (const std::string* text :
         {&message.role, &message.content, &message.tool, &message.provider, &message.model})
      out.text(*text);
    out.time(message.at);
  }
  out.number(change.state ? 1 : 0);
  if (change.state) out.text(*change.state);
  return out.take();
}

Result<ConversationChange> decode_change(std::string_view record) {
  RecordReader reader(record);
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
