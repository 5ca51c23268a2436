#include "models/cassette/echo.hpp"

#include "core/json.hpp"
#include "core/json_access.hpp"
#include "core/text.hpp"
#include "core/url.hpp"
#include "io/files.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::models {
namespace {

constexpr std::int64_t k_made_at = 1'700'000'000;  // every file: seconds since 1970
constexpr std::uint64_t k_most_bytes = std::uint64_t{100} << 20U;

CassetteExchange replied(int status, std::string_view type, std::vector<std::string> pieces) {
  CassetteExchange exchange;
  exchange.status = status;
  exchange.headers.emplace_back("content-type", type);
  for (std::string& piece : pieces) exchange.chunks.push_back({Millis{0}, std::move(piece)});
  return exchange;
}

CassetteExchange replied_json(const Json& body, int status = 200) {
  return replied(status, "application/json", {dump_json(body)});
}

CassetteExchange no_such(const std::string& what) {
  return replied_json({{"error", {{"message", "no such " + what}, {"type", "not_found"}}}}, 404);
}

std::string text_of_content(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  if (content.is_array())
    for (const Json& part : content)
      if (text_of(part, "type") == "text") return text_of(part, "text");
  return {};
}

/// What the user said first and last, and how many messages there were.
struct Heard {
  std::string first, last;
  std::size_t messages = 0;
};
Heard heard_in(const Json& asked) {
  Heard heard;
  const Json& messages = member_of(asked, "messages");
  if (!messages.is_array()) return heard;
  heard.messages = messages.size();
  bool any = false;
  for (const Json& message : messages) {
    if (text_of(message, "role") != "user") continue;
    heard.last = text_of_content(member_of(message, "content"));
    if (!any) heard.first = heard.last;
    any = true;
  }
  return heard;
}

/// An expert's answer for whoever asks for JSON, an echo for everybody else.
std::string spoken(const Heard& heard) {
  if (heard.last.find("JSON") == std::string::npos)
    return fmt::format("I got {} messages. Your first was: {}. Your last was: {}.", heard.messages,
                       heard.first, heard.last);
  return dump_json({{"status", "analysis_complete"},
                    {"analysis", "a rehearsal: " + std::string(beginning_of(heard.last, 2000))},
                    {"key_findings", Json::array({"nobody was asked"})},
                    {"recommendations", Json::array()},
                    {"confidence", "high"},
                    {"needs_more_info", false},
                    {"additional_context", ""}});
}

std::string event_of(const Json& data) {
  return "data: " + dump_json(data) + "\n\n";
}

CassetteExchange chat(const Json& asked) {
  const Heard heard = heard_in(asked);
  const std::string text = spoken(heard);
  const std::string model = text_of(asked, "model");
  const Json usage{{"prompt_tokens", estimate_tokens(heard.last)},
                   {"completion_tokens", estimate_tokens(text)}};
  const auto choice = [](const char* member, Json message, const Json& reason) {
    return Json::array({{{"index", 0}, {member, std::move(message)}, {"finish_reason", reason}}});
  };
  if (!asked.value("stream", false))
    return replied_json({{"id", "rehearsal"},
                         {"object", "chat.completion"},
                         {"model", model},
                         {"choices", choice("message", {{"role", "assistant"}, {"content", text}}, "stop")},
                         {"usage", usage}});
  const Json head{{"id", "rehearsal"}, {"object", "chat.completion.chunk"}, {"model", model}};
  std::vector<std::string> events;
  const std::string_view half = beginning_of(text, text.size() / 2);
  for (const std::string_view piece : {half, std::string_view(text).substr(half.size())}) {
    Json event = head;
    event["choices"] = choice("delta", {{"content", piece}}, nullptr);
    events.push_back(event_of(event));
  }
  Json last = head;
  last["choices"] = choice("delta", Json::object(), "stop");
  last["usage"] = usage;
  events.push_back(event_of(last));
  events.emplace_back("data: [DONE]\n\n");
  return replied(200, "text/event-stream", std::move(events));
}

CassetteExchange search(const Json& asked) {
  const std::string query = text_of(asked, "search_query");
  return replied_json({{"id", "rehearsal"},
                       {"search_intent", Json::array({{{"query", query}}})},
                       {"search_result", Json::array({{{"title", "About " + query},
                                                       {"link", "https://example.org/1"},
                                                       {"content", "all of " + query}}})}});
}

std::string id_of(int number) {
  return fmt::format("file-{}", number);
}

}  // namespace

CassetteExchange Echo::keep(const io::HttpRequest& request) {
  Kept kept;
  for (const io::FormPart& part : request.form) {
    if (part.name == "purpose") kept.purpose = part.value;
    if (part.file.empty()) continue;
    auto content = io::read_file(part.file, k_most_bytes);
    if (!content) return no_such("file");
    kept.content = std::move(*content);
    kept.name = part.file_name.empty() ? part.file.filename().string() : part.file_name;
  }
  if (kept.name.empty()) return replied_json({{"error", {{"message", "no file in the form"}}}}, 400);
  const std::scoped_lock lock(mutex_);
  const int number = next_++;
  Json facts{{"id", id_of(number)},     {"object", "file"},      {"filename", kept.name},
             {"purpose", kept.purpose}, {"status", "processed"}, {"bytes", kept.content.size()},
             {"created_at", k_made_at}};
  files_.emplace(number, std::move(kept));
  return replied_json(facts);
}

CassetteExchange Echo::files(const io::HttpRequest& request, const std::string& rest) {
  if (rest.empty() && request.method == "POST") return keep(request);
  const std::scoped_lock lock(mutex_);
  Json list = Json::array();
  for (const auto& [number, kept] : files_) {
    Json facts{{"id", id_of(number)},     {"object", "file"},      {"filename", kept.name},
               {"purpose", kept.purpose}, {"status", "processed"}, {"bytes", kept.content.size()},
               {"created_at", k_made_at}};
    if (rest == "/" + id_of(number) + "/content")
      return replied(200, "text/plain", {"text of " + kept.name + ": " + kept.content});
    if (rest == "/" + id_of(number)) {
      if (request.method != "DELETE") return replied_json(facts);
      files_.erase(number);
      return replied_json({{"id", facts["id"]}, {"deleted", true}});
    }
    list.push_back(std::move(facts));
  }
  if (!rest.empty()) return no_such("file");
  return replied_json({{"object", "list"}, {"data", std::move(list)}});
}

CassetteExchange Echo::answer(const io::HttpRequest& request) {
  const Result<Url> url = parse_url(request.url);
  const std::string path = url ? url->path.substr(0, url->path.find('?')) : "";
  const Json asked = parse_json(request.body).value_or(Json::object());
  if (path.ends_with("/chat/completions")) return chat(asked);
  if (path.ends_with("/web_search")) return search(asked);
  if (path.ends_with("/models")) return replied_json({{"object", "list"}, {"data", Json::array()}});
  if (const std::size_t at = path.find("/files"); at != std::string::npos)
    return files(request, path.substr(at + std::string_view("/files").size()));
  return no_such("address: " + path);
}

}  // namespace exai::models
