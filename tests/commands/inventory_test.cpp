// A registered thing that disappears fails here; tests/data/inventory.txt is changed on purpose only.
#include "cli/command.hpp"
#include "cli/output/writer.hpp"
#include "core/check.hpp"
#include "core/settings.hpp"
#include "io/files.hpp"
#include "models/providers/provider.hpp"
#include "runbooks/embedded.hpp"
#include "tests/catch.hpp"
#include "tools/prompts/prompt.hpp"
#include "tools/resources/resource.hpp"
#include "tools/tool.hpp"
#include "tools/workflows/workflow.hpp"

#include <cstdlib>
#include <fstream>
#include <set>

using namespace exai;

namespace {

template <class R>
void add(std::set<std::string>& names, const std::string& kind) {
  for (const R* record : Registered<R>::all()) names.insert(kind + " " + std::string(record->name()));
}

std::set<std::string> registered() {
  std::set<std::string> names;
  add<Check>(names, "check");
  add<cli::Command>(names, "command");
  add<cli::Writer>(names, "format");
  add<tools::Tool>(names, "tool");
  add<models::Provider>(names, "provider");
  add<tools::Resource>(names, "resource");
  add<tools::Prompt>(names, "prompt");
  for (const Setting& setting : settings()) names.insert("setting " + std::string(setting.key));
  for (const runbooks::Embedded& book : runbooks::embedded_runbooks())
    names.insert("runbook " + std::string(book.name));
  const auto workflows = tools::embedded_workflows();
  REQUIRE(workflows);
  for (const tools::WorkflowSource& workflow : *workflows) names.insert("workflow " + workflow.name);
  std::erase_if(names, [](const std::string& name) {
    return name.starts_with("tool test_") || name.starts_with("command test_");  // the tests' own
  });
  return names;
}

}  // namespace

TEST_CASE("everything registered is in the inventory, and everything in the inventory is registered",
          "[inventory]") {
  if (const char* const accept = std::getenv("EXAI_ACCEPT"); accept != nullptr) {  // ./run accept
    std::ofstream file(accept);
    for (const std::string& name : registered()) file << name << '\n';
    REQUIRE(file.flush());
    return;
  }
  const auto text = io::read_file(EXAI_SOURCE_DIR "/tests/data/inventory.txt");
  REQUIRE(text);
  std::set<std::string> listed;
  for (std::size_t from = 0; from < text->size();) {
    const std::size_t end = std::min(text->find('\n', from), text->size());
    if (end > from) listed.insert(text->substr(from, end - from));
    from = end + 1;
  }
  for (const std::string& name : registered()) {
    INFO("not in tests/data/inventory.txt (./run accept adds it): " << name);
    CHECK(listed.count(name) == 1);
  }
  for (const std::string& name : listed) {
    INFO("not registered any more: " << name);
    CHECK(registered().count(name) == 1);
  }
}
