// Items of content: text, image, audio, embedded resources and links to them.
#include "core/base64.hpp"
#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/derive/findings.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::suite {
namespace {

struct ContentRow {
  std::string_view type;
  std::string_view since;  ///< the first revision that has it
  void (*judge)(const Json& item, const std::string& at, FindingList& findings);
};

struct MagicRow {
  std::string_view mime_type, bytes;
};

constexpr MagicRow k_magic[] = {{"image/png", "\x89PNG\r\n"},
                                {"image/jpeg", "\xFF\xD8\xFF"},
                                {"image/gif", "GIF8"},
                                {"image/webp", "RIFF"},
                                {"audio/wav", "RIFF"}};

void judge_mime_type(const Json& object, bool needed, std::string_view family, const std::string& at,
                     FindingList& findings) {
  const bool there = needed ? findings.needed_member(object, "mimeType", "string", "content.mime-type", at)
                            : findings.optional_member(object, "mimeType", "string", "content.mime-type", at);
  if (!there || !object.contains("mimeType")) return;
  const std::string type = text_of(object, "mimeType");
  if (!is_mime_type(type))
    findings.error("content.mime-type", at + "/mimeType",
                   "\"" + type.substr(0, 60) + "\" is no MIME type: write type/subtype, as in image/png");
  else if (!family.empty() && !to_lower(type).starts_with(family))
    findings.warning(
        "content.mime-type", at + "/mimeType",
        fmt::format("{} does not begin with {}: name what the data is", type.substr(0, 60), family));
}

void judge_base64(const Json& object, const char* key, const std::string& at, FindingList& findings) {
  if (!findings.needed_member(object, key, "string", "content.base64", at)) return;
  const std::optional<std::string> bytes = read_base64(text_of(object, key));
  if (!bytes)
    return findings.error("content.base64", at + "/" + key,
                          "the data is not base64 of RFC 4648: use the common alphabet with padding, without "
                          "\"data:\" before it and without line breaks");
  const std::string type = to_lower(text_of(object, "mimeType"));
  for (const MagicRow& row : k_magic)
    if (row.mime_type == type && !bytes->starts_with(row.bytes))
      findings.warning("content.magic", at + "/" + key,
                       fmt::format("the data does not begin as {} does: name what the data is", type));
}

void judge_text_item(const Json& item, const std::string& at, FindingList& findings) {
  findings.needed_member(item, "text", "string", "content.text", at);
}

void judge_image(const Json& item, const std::string& at, FindingList& findings) {
  judge_base64(item, "data", at, findings);
  judge_mime_type(item, true, "image/", at, findings);
}

void judge_audio(const Json& item, const std::string& at, FindingList& findings) {
  judge_base64(item, "data", at, findings);
  judge_mime_type(item, true, "audio/", at, findings);
}

/// A scheme and something behind it; a path alone names nothing for a client elsewhere.
bool has_scheme(const std::string& uri) {
  const std::size_t colon = uri.find(':');
  if (colon == std::string::npos || colon == 0) return false;
  return std::all_of(uri.begin(), uri.begin() + static_cast<std::ptrdiff_t>(colon), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
  });
}

void judge_uri(const Json& object, const std::string& at, FindingList& findings) {
  if (findings.needed_member(object, "uri", "string", "content.uri", at) &&
      !has_scheme(text_of(object, "uri")))
    findings.error(
        "content.uri", at + "/uri",
        "\"" + text_of(object, "uri").substr(0, 100) + "\" is no URI: begin with a scheme, as in file:///");
}

void judge_resource(const Json& item, const std::string& at, FindingList& findings) {
  if (!findings.needed_member(item, "resource", "object", "content.resource", at)) return;
  const Json& resource = item["resource"];
  const std::string inside = at + "/resource";
  judge_uri(resource, inside, findings);
  judge_mime_type(resource, false, "", inside, findings);
  judge_meta(resource, inside, findings);
  if (resource.contains("blob"))
    judge_base64(resource, "blob", inside, findings);
  else if (resource.contains("text"))
    findings.needed_member(resource, "text", "string", "content.resource", inside);
  else
    findings.error("content.resource", inside, "the resource has neither text nor blob: send one of them");
}

void judge_link(const Json& item, const std::string& at, FindingList& findings) {
  judge_uri(item, at, findings);
  findings.needed_member(item, "name", "string", "content.link", at);
  for (const char* key : {"title", "description"})
    findings.optional_member(item, key, "string", "content.link", at);
  findings.optional_member(item, "size", "number", "content.link", at);
  judge_mime_type(item, false, "", at, findings);
}

constexpr ContentRow k_content_rows[] = {{"text", "", judge_text_item},
                                         {"image", "", judge_image},
                                         {"audio", "2025-03-26", judge_audio},
                                         {"resource", "", judge_resource},
                                         {"resource_link", "2025-06-18", judge_link}};

void judge_audience(const Json& annotations, const std::string& at, FindingList& findings) {
  if (!annotations.contains("audience")) return;
  const Json& audience = annotations["audience"];
  const bool right =
      audience.is_array() && std::all_of(audience.begin(), audience.end(),
                                         [](const Json& who) { return who == "user" || who == "assistant"; });
  if (!right)
    findings.error("content.annotations", at + "/audience",
                   "audience is a list of \"user\" and \"assistant\"");
}

void judge_annotations(const Json& item, const std::string& at, FindingList& findings) {
  if (!findings.optional_member(item, "annotations", "object", "content.annotations", at)) return;
  const Json& annotations = member_of(item, "annotations");
  if (!annotations.is_object()) return;
  const std::string inside = at + "/annotations";
  judge_audience(annotations, inside, findings);
  if (findings.optional_member(annotations, "priority", "number", "content.annotations", inside)) {
    const auto priority = number_of(annotations, "priority");
    if (priority && (*priority < 0 || *priority > 1))
      findings.error("content.annotations", inside + "/priority", "priority is a number from 0 to 1");
  }
  findings.optional_member(annotations, "lastModified", "string", "content.annotations", inside);
}

}  // namespace

bool is_mime_type(std::string_view text) {
  const std::string_view essence = trim(text.substr(0, text.find(';')));
  const std::size_t slash = essence.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == essence.size()) return false;
  return essence.find('/', slash + 1) == std::string_view::npos &&
         std::all_of(essence.begin(), essence.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 ||
                  std::string_view("!#$&-^_.+/*").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

void judge_content_item(const Json& item, const std::string& at, std::string_view revision,
                        FindingList& findings) {
  if (!item.is_object())
    return findings.error(
        "content.object", at,
        fmt::format("an item of content is an object, got {}: send {{\"type\": \"text\", \"text\": "
                    "…}}",
                    item.type_name()));
  if (!findings.needed_member(item, "type", "string", "content.type", at)) return;
  const std::string type = text_of(item, "type");
  judge_meta(item, at, findings);
  judge_annotations(item, at, findings);
  const auto* row = std::find_if(std::begin(k_content_rows), std::end(k_content_rows),
                                 [&](const ContentRow& each) { return each.type == type; });
  if (row == std::end(k_content_rows))
    return findings.warning("content.type", at + "/type",
                            "no revision of the protocol has content of type \"" + type.substr(0, 60) +
                                "\", and clients drop it: use text, image, audio, resource or resource_link");
  if (revision < row->since)
    findings.warning(
        "content.type", at + "/type",
        fmt::format("content of type {} exists since protocol {}, and {} was agreed on: send text or a "
                    "resource instead",
                    type, row->since, revision));
  row->judge(item, at, findings);
}

}  // namespace exai::suite
