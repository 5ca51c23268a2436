#include "core/packed.hpp"

#include "io/yaml.hpp"
#include "models/catalogue.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"
#include "tools/workflows/workflow.hpp"

#include <filesystem>

using namespace exai;

namespace {

/// Whether two documents have the same nodes at the same places.
bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.scalar != b.scalar || to_string(a.where) != to_string(b.where)) return false;
  if (a.items.size() != b.items.size() || a.fields.size() != b.fields.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i)
    if (!same(a.items[i], b.items[i])) return false;
  for (std::size_t i = 0; i < a.fields.size(); ++i)
    if (a.fields[i].name != b.fields[i].name || !same(a.fields[i].value, b.fields[i].value)) return false;
  return true;
}

}  // namespace

TEST_CASE("a packed document is the document, places included", "[core][packed]") {
  const auto text = GENERATE(
      values<std::string>({"", "word", "[]", "{}", "a: 'x: 3:y\n\n  z'\n\"b 1:\": [~, {c: ''}, [1, 2]]\n",
                           "u: \"gr\u00fc\u00df\"\n"}));
  const auto node = io::parse_yaml(text, "x.yaml");
  REQUIRE(node);
  const auto back = unpack(pack(*node), "x.yaml");
  REQUIRE(back);
  CHECK(same(*node, *back));
}

TEST_CASE("a damaged packed document is an error at every cut", "[core][packed]") {
  const std::string packed = pack(*io::parse_yaml("a: [b, {c: d}]\ne: f\n", "x.yaml"));
  for (std::size_t size = 0; size < packed.size(); ++size) {
    INFO(size);
    const auto cut = unpack(packed.substr(0, size), "x.yaml");
    REQUIRE_FALSE(cut);
    CHECK(cut.error().kind == ErrorKind::internal);
  }
  CHECK_FALSE(unpack(packed + "n", "x.yaml"));
  CHECK_FALSE(unpack("s 1 1 99999999999999999999:x", "x.yaml"));
  CHECK_FALSE(unpack("l 1 1 4000000000:", "x.yaml"));
}

TEST_CASE("what is built in is what the source tree says", "[core][packed]") {
  CHECK(same(*models::embedded_models(),
             *io::parse_yaml(tests::source_text("models/models.yaml"), "models/models.yaml")));
  CHECK(same(*models::embedded_routes(),
             *io::parse_yaml(tests::source_text("models/routes.yaml"), "models/routes.yaml")));
  const auto workflows = tools::embedded_workflows();
  REQUIRE(workflows);
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(EXAI_SOURCE_DIR "/tools/workflows"))
    if (file.path().extension() == ".yaml") ++files;
  CHECK(files > 0);
  CHECK(workflows->size() == files);
  for (const tools::WorkflowSource& source : *workflows) {
    INFO(source.file);
    CHECK(same(source.document, *io::parse_yaml(tests::source_text(source.file), source.file)));
  }
}
