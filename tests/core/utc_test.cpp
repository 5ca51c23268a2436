#include "core/utc.hpp"

#include "tests/catch.hpp"

using namespace exai;

TEST_CASE("points in time are read and written in one form", "[core][utc]") {
  REQUIRE(parse_utc("2027-01-31T12:34:56Z"));
  CHECK(utc_seconds(*parse_utc("2027-01-31T12:34:56Z")) == "2027-01-31T12:34:56Z");
  CHECK(utc_seconds(*parse_utc("2028-02-29")) == "2028-02-29T00:00:00Z");
  for (const char* const wrong :
       {"", "2027", "2027-02-29", "2027-13-01", "2027-1-1", "2027-01-31T24:00:00Z", "2027-01-31T12:00:00",
        "2027-01-31 12:00:00Z", "2027-01-31T12:00:00+01:00", "9999-01-01", "1969-01-01", "+027-01-31"}) {
    INFO(wrong);
    CHECK_FALSE(parse_utc(wrong));
  }
}
