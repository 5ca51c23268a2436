#include "core/forms.hpp"

#include "tests/catch.hpp"

using namespace exai;

TEST_CASE("hosts that Host and Origin may name, in every form that guides show", "[core][forms]") {
  struct Row {
    const char *pattern, *scheme, *host;
    int port;  // 0 = none
    bool as_host, as_origin;
  };
  const Row row = GENERATE(values<Row>({
      {"mcp.example.com", "https", "mcp.example.com", 0, true, true},
      {"mcp.example.com", "http", "mcp.example.com", 8443, true, true},
      {"MCP.Example.com.", "http", "mcp.example.com", 0, true, true},
      {"mcp.example.com", "https", "evil-mcp.example.com", 0, false, false},
      {"mcp.example.com", "https", "mcp.example.com.evil.net", 0, false, false},
      {"mcp.example.com:*", "https", "mcp.example.com", 9000, true, true},
      {"mcp.example.com:8443", "https", "mcp.example.com", 8443, true, true},
      {"mcp.example.com:8443", "https", "mcp.example.com", 8444, false, false},
      {"mcp.example.com:8443", "https", "mcp.example.com", 0, false, false},
      {"mcp.example.com:443", "https", "mcp.example.com", 0, true, true},
      {"*.example.com", "https", "a.example.com", 0, true, true},
      {"*.example.com", "https", "a.b.example.com", 0, true, true},
      {"*.example.com", "https", "example.com", 0, false, false},
      {"*.example.com", "https", "evilexample.com", 0, false, false},
      {"https://app.example.com", "https", "app.example.com", 0, true, true},
      {"https://app.example.com", "https", "app.example.com", 443, true, true},
      {"https://app.example.com", "http", "app.example.com", 0, true, false},
      {"https://app.example.com", "https", "app.example.com", 8443, true, false},
      {"https://app.example.com:8443/", "https", "app.example.com", 8443, true, true},
      {"[2001:db8::1]:8000", "http", "2001:db8::1", 8000, true, true},
      {"[2001:db8::1]:8000", "http", "2001:db8::1", 8001, false, false},
      {"2001:db8::1", "http", "2001:db8::1", 8001, true, true},
  }));
  INFO(row.pattern << " for " << row.scheme << "://" << row.host << ":" << row.port);
  const auto pattern = parse_host_pattern(row.pattern);
  REQUIRE(pattern);
  const auto port =
      row.port == 0 ? std::nullopt : std::optional<std::uint16_t>(static_cast<std::uint16_t>(row.port));
  CHECK(pattern->allows_host(row.host, port) == row.as_host);
  CHECK(pattern->allows_origin(row.scheme, row.host, port) == row.as_origin);
}

TEST_CASE("hosts that could never match are refused", "[core][forms]") {
  const char* const text = GENERATE("*", "*.com", "a*.example.com", "a.example;b.example", "a b", "https://",
                                    "https://a/x", "ftp://a", "a:0", "a:70000", "a:x", "a:", "user@a", "[::1",
                                    "[::1]x", "[a.example]", "-a", "a-", "a..b", "1.2.3", "256.1.1.1", "");
  INFO(text);
  CHECK_FALSE(parse_host_pattern(text));
}

TEST_CASE("addresses and names of listeners", "[core][forms]") {
  for (const char* good :
       {"localhost", "127.0.0.1", "0.0.0.0", "::", "::1", "[::1]", "fe80::1%eth0", "::ffff:10.0.0.1",
        "a_b.internal", "xn--bcher-kva.example", "2001:db8:1:2:3:4:5:6"})
    CHECK(parse_host(good));
  for (const char* bad : {"", "127.0.0.1:80", "http://a", "a b", "1.2.3", "01.2.3.4", "1.2.3.4.5", "::1::2",
                          "1:2:3", "g::1", "a..b", "-a.example", "[127.0.0.1]", "*", "a/b"}) {
    INFO(bad);
    CHECK_FALSE(parse_host(bad));
  }
  CHECK(*parse_host("[FE80::1]") == "fe80::1");
}

TEST_CASE("money, delays and drives have one form", "[core][forms]") {
  CHECK(*parse_usd("2.50") == 2.5);
  for (const char* bad : {"", "-1", "1,5", "5 USD", "$5", "nan", "inf", "1e400", "five"})
    CHECK_FALSE(parse_usd(bad));
  CHECK(*parse_delays("1, 250ms,2s") == std::vector<Millis>{Millis{1000}, Millis{250}, Millis{2000}});
  for (const char* bad : {"1x", "1s;2s", "-1s", "soon"}) CHECK_FALSE(parse_delays(bad));
  CHECK(parse_drive_mapping("C:/app")->letter == 'c');
  for (const char* bad : {"foo", "C:app", "C", "1:/x", "CC:/x", "C:\\x"})
    CHECK_FALSE(parse_drive_mapping(bad));
}

TEST_CASE("characters that nobody sees are named", "[core][forms]") {
  CHECK_FALSE(invisible_character("plain text, größer, 漢字, \xF0\x9F\x98\x80"));
  for (const char* hidden :
       {"a\xC2\xA0", "\xE2\x80\x8B", "\xEF\xBB\xBFx", "a\xE2\x80\xAE", "a\x7F", "a\nb", "\xC2\xAD"})
    CHECK(invisible_character(hidden));
}
