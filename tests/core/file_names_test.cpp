#include "core/file_names.hpp"

#include "tests/catch.hpp"

using namespace exai;

TEST_CASE("a path in a setting is relative to the root unless it is absolute", "[paths]") {
  CHECK(below("/srv/exai", "logs") == "/srv/exai/logs");
  CHECK(below("/srv/exai", "/var/log/exai") == "/var/log/exai");
  CHECK(below("/srv/exai", "../logs") == "/srv/exai/../logs");
  CHECK(below("", "logs") == "logs");
  CHECK(below("/srv/exai", "state") / k_lock_file == "/srv/exai/state/exai.lock");
}
