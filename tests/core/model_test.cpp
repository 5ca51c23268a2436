#include "io/yaml.hpp"
#include "models/catalogue.hpp"
#include "tests/catch.hpp"

using namespace exai;
using namespace exai::models;

namespace {

Result<ModelCatalogue> read(std::string_view yaml) {
  const auto document = io::parse_yaml(yaml, "m.yaml");
  REQUIRE(document);
  return ModelCatalogue::from(*document);
}

constexpr std::string_view k_one =
    "version: 1\nmodels:\n  - {name: a, provider: glm, context: 100, max_output: 10";

}  // namespace

TEST_CASE("the embedded catalogue is valid and complete", "[model]") {
  const auto document = embedded_models();
  REQUIRE(document);
  const auto catalogue = ModelCatalogue::from(*document);
  REQUIRE(catalogue);
  CHECK(catalogue->models().size() == document->find("models")->items.size());
  const Model* k2 = catalogue->find("KIMI-K2");
  REQUIRE(k2 != nullptr);
  CHECK(k2->name == "kimi-k2-0905-preview");
  CHECK(k2->context == 262144);
  CHECK(k2->price->output == 2.5);
  const Model* flash = catalogue->find("glm-4.5-flash");
  REQUIRE(flash != nullptr);
  CHECK_FALSE(flash->thinking);
  CHECK(flash->price->input == 0);
  // Differently priced models are never aliases of each other.
  CHECK(catalogue->find("glm-4.5-x")->price->input > catalogue->find("glm-4.5-air")->price->input);
  CHECK_FALSE(catalogue->find("moonshot-v1-8k")->price);
  CHECK(catalogue->find("gpt") == nullptr);
}

TEST_CASE("mistakes in a catalogue are named with their line", "[model]") {
  const std::string one(k_one);
  CHECK(read(one + "}"));
  struct Case {
    std::string yaml, word;
  };
  for (const auto& [yaml, word] : std::vector<Case>{
           {"version: 2\nmodels: []", "version"},
           {"version: 1\nmodels: []", "models"},
           {"version: 1\nmodel: []\nmodels: []", "unknown key 'model'"},
           {one + ", contxt: 3}", "contxt"},
           {one + ", images: yes}", "images"},
           {one + ", price: {input: 1, output: 2}}", "cached_input"},
           {one + ", price: {input: -1, cached_input: 0, output: 2}}", "input"},
           {one + ", aliases: [A]}", "used twice"},
           {one + "}\n  - {name: b, provider: glm, context: 10, max_output: 11}", "max_output"},
           {one + "}\n  - {name: b, provider: glm, context: many, max_output: 1}", "context"},
           {one + "}\n  - {provider: glm, context: 10, max_output: 1}", "name"},
       }) {
    CAPTURE(yaml);
    const auto refused = read(yaml);
    REQUIRE(!refused);
    CHECK(refused.error().kind == ErrorKind::config);
    CHECK(refused.error().message.find(word) != std::string::npos);
    REQUIRE(refused.error().where);
    CHECK(refused.error().where->line > 0);
  }
}
