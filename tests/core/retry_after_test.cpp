#include "core/retry_after.hpp"

#include "tests/catch.hpp"

#include <vector>

using namespace exai;

namespace {
// 1994-11-06 08:49:00 UTC, 37 seconds before the dates of RFC 9110.
const Wall k_now{std::chrono::seconds(784'111'740)};

long long wait(std::string_view text, Wall now = k_now) {
  const auto found = parse_retry_after(text, now);
  return found ? found->count() : -1;
}
}  // namespace

TEST_CASE("Retry-After is a number, a fraction or a date, and never absurd", "[retry_after]") {
  struct Row {
    std::string_view text;
    long long ms;
  };
  for (const Row& row : std::vector<Row>{
           {"0", 0},
           {"7", 7000},
           {" 7 ", 7000},
           {"007", 7000},
           {"1.5", 1500},
           {"0.25", 250},
           {".5", 500},
           {"2.", 2000},
           {"1.2345", 1234},
           {"3600", 3'600'000},
           {"3601", 3'600'000},
           {"99999999999999999999999", 3'600'000},
           {"000000000000000000000000007", 7000},
           {"9223372036854775807", 3'600'000},
           {"-1", -1},
           {"", -1},
           {".", -1},
           {"1.2.3", -1},
           {"1e3", -1},
           {"soon", -1},
           {"7 seconds", -1},
           {"nan", -1},
           {"Sun, 06 Nov 1994 08:49:37 GMT", 37'000},
           {"sun, 6 nov 1994 08:49:37 gmt", 37'000},
           {"Sunday, 06-Nov-94 08:49:37 GMT", 37'000},
           {"Sun Nov  6 08:49:37 1994", 37'000},
           {"Sun Nov 06 08:49:37 1994", 37'000},
           {"Sun, 06 Nov 1994 08:48:37 GMT", 0},          // gone by
           {"Mon, 07 Nov 1994 08:49:37 GMT", 3'600'000},  // too long
           {"Fri, 31 Dec 9999 23:59:59 GMT", 3'600'000},
           {"Sun, 31 Feb 1994 08:49:37 GMT", -1},
           {"Sun, 06 Nov 1994 24:49:37 GMT", -1},
           {"Sun, 06 Nov 1994 08:49 GMT", -1},
           {"Sun, 06 Foo 1994 08:49:37 GMT", -1},
           {"06 Nov 1994", -1},
       }) {
    CAPTURE(row.text);
    CHECK(wait(row.text) == row.ms);
  }
}

TEST_CASE("a year of two digits is the nearest one", "[retry_after]") {
  const Wall now{std::chrono::seconds(1'795'800'000)};  // in 2026
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now) == Wall{std::chrono::seconds(784'111'777)});
  CHECK(parse_http_date("Friday, 06-Nov-26 08:49:37 GMT", now) ==
        parse_http_date("Fri, 06 Nov 2026 08:49:37 GMT", now));
  CHECK(parse_http_date("Friday, 06-Nov-75 08:49:37 GMT", now) ==
        parse_http_date("Wed, 06 Nov 2075 08:49:37 GMT", now));
}
