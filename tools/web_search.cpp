#include "tools/web_search.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"

#include <array>

#include <fmt/core.h>

namespace exai::tools {
namespace {

constexpr std::size_t k_max_results = 10;
constexpr std::size_t k_max_text = 1000;

std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain)
      result += c;
    else
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high = text[at] == '%' && at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[at + 2]) : -1;
    if (low >= 0) {
      result += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      result += text[at];
    }
  }
  return result;
}

/// Text of a piece of HTML: without tags, with the common entities.
std::string plain_text(std::string_view html) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> k_entities{{{"&amp;", "&"},
                                                                                     {"&lt;", "<"},
                                                                                     {"&gt;", ">"},
                                                                                     {"&quot;", "\""},
                                                                                     {"&#x27;", "'"},
                                                                                     {"&#39;", "'"},
                                                                                     {"&nbsp;", " "}}};
  std::string text;
  for (std::size_t at = 0; at < html.size() && text.size() < k_max_text;) {
    if (html[at] == '<') {
      const std::size_t end = html.find('>', at);
      at = end == std::string_view::npos ? html.size() : end + 1;
      continue;
    }
    const auto entity = std::find_if(k_entities.begin(), k_entities.end(), [&](const auto& known) {
      return html.substr(at, known.first.size()) == known.first;
    });
    if (entity != k_entities.end()) {
      text += entity->second;
      at += entity->first.size();
    } else {
      text += html[at++];
    }
  }
  return printable(trim(text));
}

std::string cut(const Json& object, const char* key) {
  return printable(beginning_of(text_of(object, key), k_max_text));
}

/// DuckDuckGo hands out links through itself: //duckduckgo.com/l/?uddg=https%3A%2F%2F...&rut=...
std::string target(std::string_view link) {
  constexpr std::string_view k_parameter = "uddg=";
  const std::size_t at = link.find(k_parameter);
  if (at == std::string_view::npos) return std::string(link);
  link.remove_prefix(at + k_parameter.size());
  return percent_decoded(link.substr(0, link.find('&')));
}

Json listed(const Json& items, const char* title, const char* url, const char* snippet) {
  Json results = Json::array();
  if (!items.is_array()) return results;
  for (const Json& item : items) {
    if (results.size() == k_max_results) break;
    const std::string link = cut(item, url);
    if (link.empty()) continue;
    results.push_back({{"title", cut(item, title)}, {"url", link}, {"snippet", cut(item, snippet)}});
  }
  return results;
}

Result<std::string> fetch(const engine::CallContext& context, io::HttpRequest request,
                          std::string_view backend, std::string_view key_variable) {
  request.deadline = context.deadline().within(context.config().duration("search.timeout"));
  request.stop = context.stop();
  request.max_body = std::size_t{2} << 20U;
  Result<io::HttpResponse> answer = context.http(request);
  if (!answer) return fail(std::move(answer.error()).during(fmt::format("searching with {}", backend)));
  if (answer->status == 401 || answer->status == 403)
    return fail(ErrorKind::config, fmt::format("{} refused the search (HTTP {})", backend, answer->status),
                key_variable.empty() ? "try another SEARCH_BACKEND"
                                     : fmt::format("set {} to a valid key", key_variable));
  if (answer->status != 200)
    return fail(ErrorKind::provider, fmt::format("{} did not search (HTTP {})", backend, answer->status),
                "try again, or another SEARCH_BACKEND");
  return std::move(answer->body);
}

Result<Json> duckduckgo(const engine::CallContext& context, const std::string& query) {
  io::HttpRequest request;
  request.url = url_with_query(context.config().text("search.duckduckgo_url"), "q=" + percent_encoded(query));
  const Result<std::string> page = fetch(context, std::move(request), "DuckDuckGo", {});
  if (!page) return fail(page.error());
  return duckduckgo_results(*page);
}

Result<Json> tavily(const engine::CallContext& context, const std::string& query) {
  const Secret key = context.config().secret("search.tavily_key");
  if (key.empty())
    return fail(ErrorKind::config, "SEARCH_BACKEND is tavily, but it has no key", "set TAVILY_API_KEY");
  io::HttpRequest request;
  request.method = "POST";
  request.url = context.config().text("search.tavily_url");
  request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + key.reveal()}};
  request.body = dump_json({{"query", query}, {"max_results", k_max_results}});
  const Result<std::string> body = fetch(context, std::move(request), "Tavily", "TAVILY_API_KEY");
  if (!body) return fail(body.error());
  const Result<Json> answer = parse_json(*body);
  if (!answer || !answer->is_object())
    return fail(ErrorKind::provider, "Tavily did not answer with JSON", "try again");
  return listed(answer->value("results", Json()), "title", "url", "content");
}

Result<Json> bing(const engine::CallContext& context, const std::string& query) {
  const Secret key = context.config().secret("search.bing_key");
  if (key.empty())
    return fail(ErrorKind::config, "SEARCH_BACKEND is bing, but it has no key", "set BING_SEARCH_API_KEY");
  io::HttpRequest request;
  request.url = url_with_query(context.config().text("search.bing_url"),
                               fmt::format("count={}&q={}", k_max_results, percent_encoded(query)));
  request.headers = {{"Ocp-Apim-Subscription-Key", key.reveal()}};
  const Result<std::string> body = fetch(context, std::move(request), "Bing", "BING_SEARCH_API_KEY");
  if (!body) return fail(body.error());
  const Result<Json> answer = parse_json(*body);
  if (!answer || !answer->is_object())
    return fail(ErrorKind::provider, "Bing did not answer with JSON", "try again");
  const Json pages = answer->value("webPages", Json::object());
  return listed(pages.is_object() ? pages.value("value", Json()) : Json(), "name", "url", "snippet");
}

}  // namespace

Json web_search_function() {
  return {{"type", "function"},
          {"function",
           {{"name", k_web_search_function},
            {"description", "Searches the web and gives titles, addresses and excerpts of pages."},
            {"parameters",
             {{"type", "object"},
              {"properties", {{"query", {{"type", "string"}, {"description", "What to search for"}}}}},
              {"required", Json::array({"query"})}}}}}};
}

Result<Json> web_search(const engine::CallContext& context, const std::string& query) {
  const std::string asked(trim(query).substr(0, 400));
  if (asked.empty()) return fail(ErrorKind::invalid, "the web search has no query", "give it in 'query'");
  const std::string& backend = context.config().text("search.backend");
  Result<Json> results = backend == "tavily" ? tavily(context, asked)
                         : backend == "bing" ? bing(context, asked)
                                             : duckduckgo(context, asked);
  if (!results) return fail(results.error());
  return Json{{"backend", backend}, {"query", printable(asked)}, {"results", std::move(*results)}};
}

Json duckduckgo_results(std::string_view page) {
  constexpr std::string_view k_title = "class=\"result__a\"";
  constexpr std::string_view k_snippet = "class=\"result__snippet\"";
  Json results = Json::array();
  for (std::size_t at = page.find(k_title); at != std::string_view::npos && results.size() < k_max_results;
       at = page.find(k_title)) {
    page.remove_prefix(at + k_title.size());
    const std::string_view one = page.substr(0, page.find(k_title));
    const auto inside = [](std::string_view text, std::string_view begin, std::string_view end) {
      const std::size_t from = text.find(begin);
      if (from == std::string_view::npos) return std::string_view();
      text.remove_prefix(from + begin.size());
      return text.substr(0, text.find(end));
    };
    const std::string url = target(inside(one, "href=\"", "\""));
    if (!url.starts_with("http")) continue;
    const std::size_t excerpt = one.find(k_snippet);
    results.push_back({{"title", plain_text(inside(one, ">", "</a>"))},
                       {"url", printable(url)},
                       {"snippet", excerpt == std::string_view::npos
                                       ? std::string()
                                       : plain_text(inside(one.substr(excerpt), ">", "</a>"))}});
  }
  return results;
}

}  // namespace exai::tools
