// Two surfaces of one server: each row of drift.json is judged as it says, and nothing that a server may send
// breaks the judge.
#include "suite/surface/diff.hpp"
#include "suite/surface/schema_diff.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"
#include "tests/suite/surfaces.hpp"

#include <map>
#include <set>

using namespace exai;
using namespace exai::suite;

namespace {

/// The surface that one side of a row describes, and the place that its expectations are relative to.
struct RowSide {
  Surface surface;
  std::string base;
};

RowSide side_of(const Json& row, std::size_t side) {
  for (const auto& [member, base] : {std::pair{"input", "inputSchema"}, {"output", "outputSchema"}}) {
    if (!row.contains(member)) continue;
    Json tool{{"name", "t"}, {"inputSchema", {{"type", "object"}}}};
    tool[base] = row[member][side];
    return {tests::with_tool(tool), std::string("tools.t.") + base};
  }
  if (row.contains("tool")) {
    Json tool = row["tool"][side];
    tool["name"] = "t";
    tool["inputSchema"] = {{"type", "object"}};
    return {tests::with_tool(tool), "tools.t"};
  }
  Surface surface = tests::with_tool({{"name", "other"}, {"inputSchema", {{"type", "object"}}}});
  if (row.contains("server")) {
    const Json& server = row["server"][side];
    surface.version = server.value("version", "1");
    surface.protocol = server.value("protocol", "2025-11-25");
    surface.instructions = server.value("instructions", "");
    surface.capabilities = server.value("capabilities", std::vector<std::string>{});
    return {surface, "server"};
  }
  for (const SurfaceList& list : k_surface_lists) {
    const std::string name(list.name);
    if (!row.contains(name)) continue;
    surface.*list.entries = row[name][side];
    return {surface, name};
  }
  FAIL("a row without a pair: " << row.dump());
  return {};
}

using Judged = std::map<std::string, std::set<std::string>>;

Judged expected(const Json& row, const std::string& base) {
  Judged found;
  for (const auto& [place, kinds] : row["expect"].items()) {
    const auto text = kinds.get<std::string>();
    const auto plus = text.find('+');
    found[base + place].insert(text.substr(0, plus));
    if (plus != std::string::npos) found[base + place].insert(text.substr(plus + 1));
  }
  return found;
}

Judged judged(const std::vector<SurfaceChange>& changes) {
  Judged found;
  for (const SurfaceChange& change : changes) {
    found[change.place].insert(std::string(to_string(change.kind)));
    CHECK_FALSE(change.why.empty());
  }
  return found;
}

Surface with_input(Json schema) {
  Json tool{{"name", "t"}};
  tool["inputSchema"] = std::move(schema);
  return tests::with_tool(std::move(tool));
}

std::vector<SurfaceChange> tool_changes(Json before, Json after) {
  return compare_surfaces(with_input(std::move(before)), with_input(std::move(after)));
}

}  // namespace

TEST_CASE("every pair of the corpus is judged as it was written down", "[suite][surface]") {
  const auto rows = parse_json(tests::source_text("tests/suite/drift.json"), k_file_depth);
  REQUIRE(rows);
  std::size_t pairs = 0;
  for (const Json& row : *rows) {
    if (row.contains("about")) continue;
    ++pairs;
    const RowSide before = side_of(row, 0), after = side_of(row, 1);
    INFO(row["what"].get<std::string>());
    CHECK(judged(compare_surfaces(before.surface, after.surface)) == expected(row, before.base));
    CHECK(compare_surfaces(before.surface, before.surface).empty());
    CHECK(compare_surfaces(after.surface, after.surface).empty());
  }
  CHECK(pairs >= 80);
}

TEST_CASE("what breaks callers one way does readers no harm, and the other way round", "[suite][surface]") {
  const auto rows = parse_json(tests::source_text("tests/suite/drift.json"), k_file_depth);
  REQUIRE(rows);
  for (const Json& row : *rows) {
    if (!row.contains("input")) continue;
    INFO(row["what"].get<std::string>());
    const Json &before = row["input"][0], &after = row["input"][1];
    const auto narrows = [](const std::vector<SchemaChange>& changes, SchemaEffect effect) {
      return std::any_of(changes.begin(), changes.end(),
                         [&](const SchemaChange& change) { return change.effect == effect; });
    };
    // Properties that come and go and defaults are judged by who reads them; everything else turns round.
    const auto names = [](const Json& schema) {
      std::set<std::string> found;
      const Json properties = schema.value("properties", Json::object());
      for (const auto& [name, property] : properties.items()) found.insert(name);
      return found;
    };
    if (row.dump().find(".default") != std::string::npos || names(before) != names(after)) continue;
    const auto there = compare_schemas(before, after, "s", SchemaFlow::input);
    const auto back = compare_schemas(after, before, "s", SchemaFlow::input);
    CHECK(narrows(there, SchemaEffect::narrowed) == narrows(back, SchemaEffect::widened));
    CHECK(narrows(there, SchemaEffect::widened) == narrows(back, SchemaEffect::narrowed));
  }
}

TEST_CASE("schemas that a stranger made to hurt end with a change that says so", "[suite][surface]") {
  SECTION("10,000 levels") {
    for (const char* keyword : {"items", "not", "additionalProperties"}) {
      const auto changes = tool_changes({{"type", "object"}}, tests::nested(10'000, keyword));
      REQUIRE(changes.size() == 1);
      CHECK(changes[0].kind == ChangeKind::breaking);
      CHECK(changes[0].why.find("levels") != std::string::npos);
      CHECK(tool_changes(tests::nested(10'000, keyword), tests::nested(10'000, keyword)).size() == 1);
      CHECK(tool_changes({{"type", "object"}}, tests::nested(240, keyword))[0].why.find("200 levels") !=
            std::string::npos);
    }
  }
  SECTION("references in circles") {
    const Json circle{{"$ref", "#/$defs/a"},
                      {"$defs", {{"a", {{"$ref", "#/$defs/b"}}}, {"b", {{"$ref", "#/$defs/a"}}}}}};
    const auto changes = tool_changes({{"type", "object"}}, circle);
    REQUIRE_FALSE(changes.empty());
    CHECK(changes[0].kind == ChangeKind::breaking);
  }
  SECTION("references that multiply") {
    Json schema{{"type", "object"}, {"properties", {{"a", {{"$ref", "#/$defs/d0"}}}}}};
    for (int level = 0; level < 60; ++level) {
      Json& node = schema["$defs"]["d" + std::to_string(level)];
      for (const char* name : {"x", "y", "z"})
        node["properties"][name] = {
            {"anyOf", {{{"$ref", "#/$defs/d" + std::to_string(level + 1)}}, {{"type", "null"}}}}};
    }
    schema["$defs"]["d60"] = {{"type", "string"}};
    Json other = schema;
    other["$defs"]["d60"] = {{"type", "integer"}};
    const auto changes = tool_changes(schema, other);
    REQUIRE_FALSE(changes.empty());
    CHECK(changes[0].kind == ChangeKind::breaking);
  }
  SECTION("more changes than anyone reads") {
    Json large{{"type", "object"}, {"properties", Json::object()}};
    for (int number = 0; number < 5000; ++number)
      large["properties"]["p" + std::to_string(number)] = {{"type", "string"}};
    const auto changes = tool_changes(large, {{"type", "object"}, {"additionalProperties", false}});
    CHECK(changes.size() == 201);
    CHECK(changes[0].kind == ChangeKind::breaking);
  }
}

TEST_CASE("keywords of the wrong type and bytes that are no text are judged", "[suite][surface]") {
  SECTION("wrong types everywhere") {
    const Json junk[] = {nullptr, true, 7, 1.5, "x", Json::array({1}), Json::object()};
    for (const char* keyword : {"type",
                                "enum",
                                "const",
                                "minimum",
                                "exclusiveMaximum",
                                "multipleOf",
                                "minLength",
                                "pattern",
                                "items",
                                "prefixItems",
                                "properties",
                                "required",
                                "additionalProperties",
                                "patternProperties",
                                "allOf",
                                "anyOf",
                                "oneOf",
                                "not",
                                "$ref",
                                "$defs",
                                "dependentRequired",
                                "uniqueItems",
                                "contains",
                                "default"})
      for (const Json& before : junk)
        for (const Json& after : junk) {
          const auto changes = tool_changes({{keyword, before}}, {{keyword, after}});
          INFO(keyword << " " << before.dump() << " " << after.dump());
          CHECK(changes.empty() == (before == after && before.type() == after.type()));
        }
  }
  SECTION("bytes that are no text") {
    const auto changes = tool_changes(
        {{"type", "object"}}, {{"type", "object"}, {"properties", {{"\xff\xfe", {{"enum", {"\xc3("}}}}}}});
    CHECK(changes.size() == 1);
  }
}

TEST_CASE("entries of every type are compared", "[suite][surface]") {
  const Json junk[] = {
      nullptr, true, 7, "x", Json::array(), Json::object(), Json{{"name", 5}}, Json{{"name", "t"}}};
  for (const SurfaceList& list : k_surface_lists)
    for (const Json& before : junk)
      for (const Json& after : junk) {
        Surface one, other;
        one.*list.entries = Json::array({before});
        other.*list.entries = Json::array({after});
        CHECK(compare_surfaces(one, other).empty() == (before == after));
      }
}

TEST_CASE("ten thousand tools are compared, and changes have a bound", "[suite][surface]") {
  Surface one, other;
  for (int number = 0; number < 10'000; ++number) {
    const Json tool{{"name", "t" + std::to_string(number)}, {"inputSchema", {{"type", "object"}}}};
    one.tools.push_back(tool);
    other.tools.push_back(tool);
    other.tools.back()["inputSchema"]["required"] = {"a", "b"};
  }
  const auto changes = compare_surfaces(one, other);
  CHECK(changes.size() == 10'001);
  CHECK(changes[0].why.find("more than") != std::string::npos);
  CHECK(compare_surfaces(one, one).empty());
}
