#include "core/address.hpp"

#include "tests/catch.hpp"

using namespace exai;

namespace {

struct Row {
  const char* text;
  const char* host;
  int port;  // -1: none
};

}  // namespace

TEST_CASE("an address is read in every form that people write", "[core][address]") {
  const Row rows[] = {{"8000", "", 8000},
                      {":8000", "", 8000},
                      {"0", "", 0},
                      {"localhost:8000", "localhost", 8000},
                      {"127.0.0.1:8000", "127.0.0.1", 8000},
                      {"my_host-1.example:65535", "my_host-1.example", 65535},
                      {"[::1]:8000", "::1", 8000},
                      {"[::]:8000", "::", 8000},
                      {"[fe80::1%eth0]:80", "fe80::1%eth0", 80},
                      {"[fe80::1%25eth0]:80", "fe80::1%25eth0", 80},
                      {"[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", 80},
                      {"localhost", "localhost", -1},
                      {"[::1]", "::1", -1},
                      {"http://[::1]:8000/mcp", "::1", 8000},
                      {"http://host", "host", 80},
                      {"ws://host/", "host", 80},
                      {"https://host/x", "host", 443},
                      {"WSS://Host?x", "Host", 443},
                      {"redis://host:6379", "host", 6379},
                      {"redis://host", "host", -1}};
  for (const Row& row : rows) {
    INFO(row.text);
    const auto address = parse_address(row.text);
    REQUIRE(address);
    CHECK(address->host == row.host);
    CHECK(address->has_port == (row.port >= 0));
    if (row.port >= 0) CHECK(address->port == row.port);
  }
  CHECK(parse_address("http://h:1/a/b?c#d")->path == "/a/b?c");
  CHECK(parse_address("HTTP://h")->scheme == "http");
}

TEST_CASE("what is not an address is refused, and a password in it is not repeated", "[core][address]") {
  for (const char* text : {"",
                           ":",
                           "::",
                           "::1",
                           "::1:8000",
                           "1:2:3",
                           "[::1",
                           "[::1]8000",
                           "[::1]:",
                           "[]:80",
                           "[host]:80",
                           "[127.0.0.1]:80",
                           "host:",
                           "host:port",
                           "host:-1",
                           "host:+1",
                           "host:65536",
                           "host:99999999999",
                           "host: 80",
                           " host:80",
                           "host:80 ",
                           "ho st:80",
                           "host:8\n0",
                           "-host:80",
                           "host..x:80",
                           ".host:80",
                           "8000:80",
                           "65536",
                           "http://",
                           "http://:80",
                           "http:///x",
                           "://host",
                           "http://host:0",
                           "http://host:x",
                           "http://user:secret@host",
                           "user:secret@host:80",
                           "[::1%]:80",
                           "[::1%a-name-of-16-chars]:80",
                           "[::1%a/b]:80"}) {
    INFO(text);
    const auto address = parse_address(text);
    REQUIRE_FALSE(address);
    CHECK(address.error().kind == ErrorKind::invalid);
    CHECK_FALSE(address.error().message.empty());
    CHECK((address.error().message + address.error().hint).find("secret") == std::string::npos);
  }
}

TEST_CASE("an address is written so that it reads back", "[core][address]") {
  for (const char* host : {"localhost", "127.0.0.1", "::1", "fe80::1%eth0"}) {
    const auto again = parse_address(format_address(host, 80));
    REQUIRE(again);
    CHECK(again->host == host);
    CHECK(again->port == 80);
    const auto url = parse_address("http://" + url_host(host) + "/");
    REQUIRE(url);
    CHECK(url->host == host);
  }
  CHECK(reachable_host("0.0.0.0") == "127.0.0.1");
  CHECK(reachable_host("::") == "::1");
  CHECK(reachable_host("") == "127.0.0.1");
  CHECK(reachable_host("example.org") == "example.org");
}
