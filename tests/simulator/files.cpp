#include "tests/simulator/files.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::simulator {
namespace {

constexpr std::string_view k_json = "application/json";

std::string between(std::string_view text, std::string_view begin, std::string_view end) {
  const std::size_t at = text.find(begin);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + begin.size());
  return std::string(text.substr(0, text.find(end)));
}

/// One part's value of multipart/form-data, by its name.
struct Part {
  std::string head, value;
};
Part part_of(const RawRequest& request, const std::string& name) {
  const std::string boundary = "--" + between(request.head, "boundary=", "\r\n");
  std::string_view body = request.body;
  for (std::size_t at = body.find(boundary); at != std::string_view::npos; at = body.find(boundary)) {
    body.remove_prefix(at + boundary.size() + 2);
    const std::size_t split = body.find("\r\n\r\n");
    if (split == std::string_view::npos) break;
    const std::string head(body.substr(0, split));
    if (head.find("name=\"" + name + "\"") == std::string::npos) continue;
    const std::string_view rest = body.substr(split + 4);
    return {head, std::string(rest.substr(0, rest.find("\r\n" + boundary)))};
  }
  return {};
}

Json facts(const std::string& id, const ShelvedFile& file) {
  return {{"id", id},
          {"object", "file"},
          {"filename", file.name},
          {"purpose", file.purpose},
          {"status", "processed"},
          {"bytes", file.content.size()},
          {"created_at", 1'700'000'000}};
}

Sent answer_one(Connection& connection, const RawRequest& request, const std::string& rest,
                FileShelf& shelf) {
  const std::string id = rest.substr(0, rest.find('/'));
  const std::optional<ShelvedFile> file = shelf.get(id);
  if (!file) return answer_error(connection, 404, "no such file: " + id, {});
  if (rest.ends_with("/content"))
    return answer_body(connection, "text/plain", "text of " + file->name + ": " + file->content);
  if (request.method == "DELETE") {
    shelf.remove(id);
    return answer_body(connection, k_json, dump_json({{"id", id}, {"deleted", true}}));
  }
  return answer_body(connection, k_json, dump_json(facts(id, *file)));
}

}  // namespace

std::string FileShelf::put(ShelvedFile file) {
  const std::lock_guard lock(mutex_);
  std::string id = fmt::format("file-{}", next_++);
  files_.emplace(id, std::move(file));
  return id;
}

std::optional<ShelvedFile> FileShelf::get(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(id);
  return found == files_.end() ? std::nullopt : std::optional(found->second);
}

bool FileShelf::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  return files_.erase(id) != 0;
}

std::map<std::string, ShelvedFile> FileShelf::all() const {
  const std::lock_guard lock(mutex_);
  return files_;
}

std::optional<Sent> answer_files(Connection& connection, const RawRequest& request, FileShelf& shelf) {
  const std::string path = request.path.substr(0, request.path.find('?'));
  const std::size_t at = path.find("/files");
  if (at == std::string::npos) return std::nullopt;
  const std::string rest = path.substr(at + 6);
  if (rest.size() > 1) return answer_one(connection, request, rest.substr(1), shelf);
  if (request.method == "POST") {
    const Part file = part_of(request, "file");
    if (file.head.empty()) return answer_error(connection, 400, "no file in the form", {});
    ShelvedFile shelved{between(file.head, "filename=\"", "\""), part_of(request, "purpose").value,
                        file.value};
    const std::string id = shelf.put(shelved);
    return answer_body(connection, k_json, dump_json(facts(id, shelved)));
  }
  Json list = Json::array();
  for (const auto& [id, file] : shelf.all()) list.push_back(facts(id, file));
  return answer_body(connection, k_json, dump_json({{"object", "list"}, {"data", std::move(list)}}));
}

std::optional<Sent> answer_search(Connection& connection, const RawRequest& request) {
  const std::string path = request.path.substr(0, request.path.find('?'));
  const Json asked = parse_json(request.body).value_or(Json::object());
  if (path.ends_with("/web_search")) {
    const std::string query = asked.value("search_query", "");
    Json result{
        {"title", "About " + query}, {"link", "https://example.org/1"}, {"content", "all of " + query}};
    return answer_body(connection, k_json,
                       dump_json({{"id", "s1"},
                                  {"search_intent", Json::array({{{"query", query}}})},
                                  {"search_result", Json::array({result})}}));
  }
  if (path.ends_with("/v7.0/search"))
    return answer_body(connection, k_json,
                       R"({"webPages": {"value": [{"name": "Bing one", "url": "https://example.org/b",
                           "snippet": "found by Bing"}]}})");
  if (path.ends_with("/search") && request.method == "POST")
    return answer_body(
        connection, k_json,
        dump_json({{"results", Json::array({{{"title", "Tavily one"},
                                             {"url", "https://example.org/t"},
                                             {"content", "about " + asked.value("query", "")}}})}}));
  if (path.ends_with("/html/"))
    return answer_body(
        connection, "text/html",
        R"(<html><body><a rel="nofollow" class="result__a" href="//duckduckgo.com/l/?uddg=https%3A%2F%2Fexample.org%2Fd&amp;rut=1">Duck &amp; <b>one</b></a>
<a class="result__snippet" href="x">a <b>plain</b> answer</a>
<a rel="nofollow" class="result__a" href="https://example.org/e">Duck two</a></body></html>)");
  return std::nullopt;
}

}  // namespace exai::simulator
