#include "io/yaml.hpp"

#include "tests/catch.hpp"

using namespace exai;

TEST_CASE("scalars stay text and every node knows its line", "[io][yaml]") {
  const auto node = io::parse_yaml("a: yes\nb: 010\nc:\n  - 1.50\n  - ~\n", "x.yaml");
  REQUIRE(node);
  CHECK(node->text("a") == "yes");
  CHECK(node->text("b") == "010");
  CHECK(node->find("c")->items[0].scalar == "1.50");
  CHECK(node->find("c")->items[1].kind == Node::Kind::null);
  CHECK(node->find("b")->where.line == 2);
  CHECK(io::parse_yaml("", "x.yaml")->kind == Node::Kind::null);
}

TEST_CASE("what would be lost or explode is refused with its place", "[io][yaml]") {
  const auto twice = io::parse_yaml("port: 1\nhost: a\nport: 2\n", "x.yaml");
  REQUIRE_FALSE(twice);
  CHECK(twice.error().where->line == 3);
  CHECK(twice.error().message.find("port") != std::string::npos);

  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i <= 8; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) bomb += std::string(j > 0 ? ", " : "") + "*a" + std::to_string(i - 1);
    bomb += "]\n";
  }
  const auto exploded = io::parse_yaml(bomb, "x.yaml");
  REQUIRE_FALSE(exploded);
  CHECK(exploded.error().message.find("100,000") != std::string::npos);

  CHECK_FALSE(io::parse_yaml(std::string(100, '[') + std::string(100, ']'), "x.yaml"));
  const auto broken = io::parse_yaml("a: [1\nb: 2", "x.yaml");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().kind == ErrorKind::config);
  CHECK(broken.error().where->file == "x.yaml");
}
