#include "core/url.hpp"

#include "tests/catch.hpp"

#include <vector>

#include <curl/curl.h>

#include <dlfcn.h>

using namespace exai;

namespace {

/// What libcurl itself makes of a URL; it is loaded as the program loads it.
struct CurlUrl {
  bool good = false;
  std::string host, port, path;
};

class CurlReader {
 public:
  CurlReader() : library_(::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL)) {
    REQUIRE(library_ != nullptr);
    make_ = take<decltype(&::curl_url)>("curl_url");
    drop_ = take<decltype(&::curl_url_cleanup)>("curl_url_cleanup");
    set_ = take<decltype(&::curl_url_set)>("curl_url_set");
    get_ = take<decltype(&::curl_url_get)>("curl_url_get");
    free_ = take<decltype(&::curl_free)>("curl_free");
  }
  CurlUrl read(const std::string& text) {
    CURLU* const url = make_();
    CurlUrl result;
    result.good = set_(url, CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
    if (result.good) {
      result.host = part(url, CURLUPART_HOST);
      result.port = part(url, CURLUPART_PORT);
      const std::string query = part(url, CURLUPART_QUERY);
      result.path = part(url, CURLUPART_PATH) + (query.empty() ? "" : "?" + query);
      result.good = !result.host.empty();
    }
    drop_(url);
    return result;
  }

 private:
  template <class Function>
  Function take(const char* name) {
    const auto function = reinterpret_cast<Function>(::dlsym(library_, name));
    REQUIRE(function != nullptr);
    return function;
  }
  std::string part(CURLU* url, CURLUPart which) {
    char* text = nullptr;
    if (get_(url, which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK || text == nullptr) return {};
    std::string copy = text;
    free_(text);
    return copy;
  }
  void* library_;
  decltype(&::curl_url) make_{};
  decltype(&::curl_url_cleanup) drop_{};
  decltype(&::curl_url_set) set_{};
  decltype(&::curl_url_get) get_{};
  decltype(&::curl_free) free_{};
};

std::string without_brackets(std::string host) {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

TEST_CASE("what is accepted, libcurl reads alike; what libcurl refuses, is refused", "[url]") {
  CurlReader curl;
  struct Row {
    std::string url;
    bool good;
  };
  for (const Row& row : std::vector<Row>{
           {"http://h", true},
           {"HTTPS://API.z.ai/api/paas/v4?x=1", true},
           {"http://h:8080/v1/", true},
           {"http://h:1/", true},
           {"http://h:65535/", true},
           {"http://h:080/", true},
           {"http://h?q", true},
           {"http://h/?", true},
           {"http://h/a?b=c?d", true},
           {"http://h//v1//", true},
           {"http://127.0.0.1:11434/v1", true},
           {"http://localhost:1234/v1", true},
           {"http://my_host/v1", true},
           {"http://xn--bcher-kva.example/", true},
           {"http://h.example.com./", true},
           {"http://[::1]:8079/", true},
           {"http://[2001:db8::1]/v1?x", true},
           {"http://h/%7Euser/%C3%BC", true},
           {"http://h/a;b=c", true},
           {"http://h/a@b:c", true},
           {"http://a%2db/", true},
           // never usable
           {"", false},
           {"http://", false},
           {"http://:80/", false},
           {"http://h:99999/v1", false},
           {"http://h:65536/", false},
           {"http://h:x/", false},
           {"http://h:80x/", false},
           {"http://h:-1/", false},
           {"http://h:80:80/", false},
           {"http://a b/v1", false},
           {"http://h/a b", false},
           {"http://h/\n", false},
           {"http://h/\x7f", false},
           {"http://\th/", false},
           {"http://[::1/v4", false},
           {"http://[::1]x/", false},
           {"http://[::g]/", false},
           {"http://[]/", false},
           {"http://::1/", false},
           {"http://1:2:3/", false},
           {"http://h{x}/", false},
           {"http://<host>/v1", false},
           {"http://\"h\"/", false},
           {"http://h\\x/", false},
           {"http://h,g/", false},
           {"http://h;g/", false},
           {"http://$HOST/v1", false},
           {"http://*/v1", false},
           {"http://a%20b/", false},
           {"http://a%2fb/", false},
       }) {
    CAPTURE(row.url);
    const auto ours = parse_url(row.url);
    const CurlUrl theirs = curl.read(row.url);
    CHECK(ours.has_value() == row.good);
    CHECK(theirs.good == row.good);
    if (!ours || !theirs.good) continue;
    CHECK(ours->host == without_brackets(theirs.host));
    CHECK(std::stoi(ours->port) == std::stoi(theirs.port));
    if (row.url != "http://h/?") CHECK(ours->path == theirs.path);
  }
}

TEST_CASE("URLs that would show a password or never reach anyone are refused, and not repeated", "[url]") {
  for (const char* const bad : {"localhost:80",
                                "h/v1",
                                "//h/v1",
                                "ftp://h/",
                                "file:///etc/passwd",
                                "redis://h",
                                "http:/h",
                                "http:h",
                                "http://h:0/",
                                "http://h:/",
                                "http://user:pw-secret@h/v1",
                                "http://user@h/",
                                "http://pw-secret@/",
                                "http://.h/",
                                "http://h..x/",
                                "http:// h/",
                                " http://h\r\n",
                                "http://h%/",
                                "http://(h)/",
                                "http://h&x/"}) {
    CAPTURE(bad);
    const auto refused = parse_url(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::invalid);
    CHECK_FALSE(refused.error().hint.empty());
    CHECK(refused.error().message.find("pw-secret") == std::string::npos);
  }
  CHECK_FALSE(parse_url("http://" + std::string(64, 'a') + "/"));
  CHECK_FALSE(parse_url("http://h/" + std::string(9000, 'a')));
  CHECK_FALSE(parse_url("http://[fe80::1%25a-name-of-16-chars]/"));
  CHECK_FALSE(parse_url("http://[fe80::1%25]x/"));
  CHECK(parse_url("http://[fe80::1%25eth0]:80/")->host == "fe80::1%25eth0");
  CHECK(parse_url("http://[fe80::1%eth0]/")->host == "fe80::1%eth0");
  CHECK(parse_url("ws://[::1]:8079")->path == "/");
  CHECK(parse_url("http://h/a#part")->path == "/a");
}

TEST_CASE("a path goes below a base URL in one way", "[url]") {
  struct Row {
    std::string base, path, url;
  };
  for (const Row& row : std::vector<Row>{
           {"http://h/v1", "/models", "http://h/v1/models"},
           {"http://h/v1/", "/models", "http://h/v1/models"},
           {"http://h/v1//", "/models", "http://h/v1/models"},
           {"http://h/v1/", "models", "http://h/v1/models"},
           {"http://h/v1", "//models", "http://h/v1/models"},
           {"http://h", "/models", "http://h/models"},
           {"http://h/", "/models", "http://h/models"},
           {" http://h/v1 ", "/models", "http://h/v1/models"},
           {"http://h/v1?api-version=3", "/models", "http://h/v1/models?api-version=3"},
           {"http://h/v1/?api-version=3", "/models", "http://h/v1/models?api-version=3"},
           {"http://h?k=1", "/models", "http://h/models?k=1"},
           {"http://h/v1?", "/models", "http://h/v1/models"},
           {"http://h/v1?a=1", "/files?limit=2", "http://h/v1/files?a=1&limit=2"},
           {"http://h/v1?a=1&", "/files?limit=2", "http://h/v1/files?a=1&limit=2"},
           {"http://h/v1", "/files?limit=2", "http://h/v1/files?limit=2"},
           {"http://h/v1?redirect=http://x/", "/models", "http://h/v1/models?redirect=http://x/"},
           {"http://h/v1/chat/completions", "/models", "http://h/v1/models"},
           {"http://h/v1/chat/completions/?a=1", "/chat/completions", "http://h/v1/chat/completions?a=1"},
           {"http://chat/completions", "/models", "http://chat/completions/models"},
           {"http://chat/chat/completions", "/models", "http://chat/models"},
           {"https://[::1]:8443/v1", "/models", "https://[::1]:8443/v1/models"},
       }) {
    CAPTURE(row.base, row.path);
    const auto url = url_below(row.base, row.path);
    REQUIRE(url);
    CHECK(*url == row.url);
  }
  for (const char* const bad : {"", "h/v1", "ws://h/v1", "http://h/v1#frag", "http://h/v1?x#",
                                "http://u:p@h/v1", "http://h:99999/v1", "http://a b/v1"}) {
    CAPTURE(bad);
    CHECK(url_below(bad, "/models").error().kind == ErrorKind::invalid);
  }
}

TEST_CASE("a query goes behind the one that is there", "[url]") {
  CHECK(url_with_query("http://h/s", "q=x") == "http://h/s?q=x");
  CHECK(url_with_query("http://h/s?a=1", "q=x") == "http://h/s?a=1&q=x");
  CHECK(url_with_query("http://h/s?", "q=x") == "http://h/s?q=x");
  CHECK(url_with_query("http://h/s?a=1&#f", "q=x") == "http://h/s?a=1&q=x");
}
