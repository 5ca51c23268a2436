#include "core/redis_url.hpp"

#include "core/config.hpp"
#include "tests/catch.hpp"

using namespace exai;

TEST_CASE("the URL of a Redis is read as its clients write it", "[core][redis]") {
  struct Row {
    const char* url;
    const char* name;
    const char* user;
    const char* password;
    int database;
    bool tls;
  };
  const Row row = GENERATE(values<Row>({
      {"redis://h", "h:6379", "", "", 0, false},
      {"redis://h/", "h:6379", "", "", 0, false},
      {"REDIS://h:6380/3", "h:6380", "", "", 3, false},
      {"rediss://redis.example:6380/15", "redis.example:6380", "", "", 15, true},
      {"redis://127.0.0.1", "127.0.0.1:6379", "", "", 0, false},
      {"redis://[::1]:7000/1", "[::1]:7000", "", "", 1, false},
      {"redis://[::1]", "[::1]:6379", "", "", 0, false},
      {"redis://:pw@h", "h:6379", "", "pw", 0, false},
      {"redis://u:pw@h:1/2", "h:1", "u", "pw", 2, false},
      {"redis://u@h", "h:6379", "u", "", 0, false},
      {"redis://:p%40w%2F%25%3a@h", "h:6379", "", "p@w/%:", 0, false},
      {"redis://:p@w@h", "h:6379", "", "p@w", 0, false},
      {"redis://:a:b@h", "h:6379", "", "a:b", 0, false},
      {"unix:///run/redis.sock", "unix:/run/redis.sock", "", "", 0, false},
      {"unix:///run/redis.sock?db=4", "unix:/run/redis.sock", "", "", 4, false},
      {"unix://u:pw@/run/a%20b.sock", "unix:/run/a b.sock", "u", "pw", 0, false},
      {"redis+unix:///r.sock", "unix:/r.sock", "", "", 0, false},
  }));
  INFO(row.url);
  const auto read = parse_redis_url(row.url);
  REQUIRE(read);
  CHECK(read->name() == row.name);
  CHECK(read->user == row.user);
  CHECK(read->password.reveal() == row.password);
  CHECK(read->database == row.database);
  CHECK(read->tls == row.tls);
}

TEST_CASE("what is no URL of a Redis is refused without repeating it", "[core][redis]") {
  const auto [url, why] = GENERATE(table<std::string, std::string>({
      {"", "no scheme"},
      {"h:6379", "no scheme"},
      {"http://hunter2.example", "REST"},
      {"postgres://hunter2", "only redis"},
      {"redis://", "no host"},
      {"redis://:hunter2@", "no host"},
      {"redis://h:0", "port"},
      {"redis://h:65536", "port"},
      {"redis://h:", "port"},
      {"redis://:hunter2@h:port", "port"},
      {"redis://h/x", "number"},
      {"redis://h/-1", "number"},
      {"redis://h/1/2", "number"},
      {"redis://h/99999999999", "number"},
      {"redis://:hunter2@h?ssl_cert_reqs=none", "?"},
      {"redis://:hunter2@h#x", "#"},
      {"redis://:hun/ter2@h", "%2F"},
      {"redis://:hunter2%@h", "%25"},
      {"redis://:hunter2%2@h", "%25"},
      {"redis://:hunter2%zz@h", "%25"},
      {"redis://:hunter2@h h", "blanks"},
      {"redis://:hunter2@a..b", "neither a name"},
      {"redis://:hunter2@[::1", "bracket"},
      {"redis://::1", "brackets"},
      {"unix://hunter2", "absolute"},
      {"unix://", "names no socket"},
      {"unix:///", "names no socket"},
      {"unix:///run/r.sock?x=1", "?db=N"},
      {"unix:///run/r.sock?db=x", "number"},
      {"unix:///" + std::string(200, 'x'), "107"},
      {"redis://" + std::string(9000, 'x'), "longer"},
  }));
  INFO(url);
  const auto read = parse_redis_url(url);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == ErrorKind::invalid);
  CHECK((read.error().message + read.error().hint).find("hun") == std::string::npos);
  CHECK(read.error().message.find(why) != std::string::npos);
  CHECK_FALSE(read.error().hint.empty());
}

TEST_CASE("the password of Redis stands in its URL or in its own setting", "[core][redis]") {
  const std::string long_one(32, 'p'), other(32, 'q');
  const auto asked = [](std::vector<RawSetting> values) {
    std::vector<Finding> findings;
    return redis_address(Config::build({{OriginKind::flag, "", std::move(values)}}, findings));
  };
  CHECK_FALSE(asked({}).value());
  CHECK_FALSE(asked({{"redis.password", long_one}}).value());
  CHECK(asked({{"redis.url", "redis://h"}}).value()->password.empty());
  CHECK(asked({{"redis.url", "redis://h"}, {"redis.password", long_one}}).value()->password.reveal() ==
        long_one);
  CHECK(asked({{"redis.url", "redis://:x@h"}}).value()->password.reveal() == "x");
  CHECK(asked({{"redis.url", "redis://:" + long_one + "@h"}, {"redis.password", long_one}}).value());
  const auto both = asked({{"redis.url", "redis://:" + other + "@h"}, {"redis.password", long_one}});
  REQUIRE_FALSE(both);
  CHECK(both.error().kind == ErrorKind::config);
  CHECK(both.error().message == "REDIS_URL and REDIS_PASSWORD hold different passwords");
}
