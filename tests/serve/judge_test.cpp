#include "serve/judge.hpp"

#include "core/dotenv.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"

using namespace exai;
using exai::tests::Scratch;
using serve::Purpose;

namespace {

serve::Judgement judged(const Scratch& scratch, std::string_view env, Purpose purpose) {
  std::vector<Finding> findings;
  const ConfigLayer layer = parse_dotenv(env, ".env", findings);
  Config config = Config::build({layer}, findings);
  return serve::judge_configuration(std::move(config), std::move(findings),
                                    {scratch.path(), purpose, false, nullptr});
}

}  // namespace

TEST_CASE("a bad setting that a purpose does not need is a note, one that it needs is refused",
          "[serve][judge]") {
  struct Row {
    const char* env;
    bool serve, stdio, shim;  // let through
  };
  const Row row = GENERATE(values<Row>({
      {"", true, true, true},
      {"REDIS_PASSWORD=dev", false, true, true},
      {"MCP_PORT=abc", false, true, false},
      {"MCP_PORT=8079", false, true, true},
      {"EXAI_API_KEYS=short", false, true, false},
      {"MCP_HOST=0.0.0.0", false, true, true},
      {"EXAI_WS_TOKEN=short", false, true, false},
      {"EXAI_KEYS_FILE=gone.yaml", false, true, true},
      {"SOMEBODY_ELSES='open", true, true, true},
      {"a line without a sign", false, true, true},
      {"LOG_LEVEL=nonsense", false, false, false},
      {"WORKFLOW_TOOL_TIMEOUT_SECS=abc", false, false, false},
      {"CLIENT_TOOL_DENYLIST=caht", false, false, true},
      {"DEFAULT_MODEL=gpt-4o", false, false, true},
      {"EXAI_WORKSPACE_ROOTS=gone", false, false, true},
      {"GLM_API_URL=http://h:99999/", false, false, false},
      {"DATABASE_URL=postgres://u:p@h/db\nHTTP_TIMEOUT=5", true, true, true},
  }));
  const Scratch scratch;
  for (const auto& [purpose, good] :
       {std::pair{Purpose::serve, row.serve}, {Purpose::stdio, row.stdio}, {Purpose::shim, row.shim}}) {
    const serve::Judgement judgement = judged(scratch, row.env, purpose);
    INFO(row.env << " for purpose " << static_cast<int>(purpose)
                 << (judgement.refusal() ? judgement.refusal()->message : std::string()));
    CHECK(judgement.good() == good);
    CHECK(judgement.refusal().has_value() == !good);
    if (purpose != Purpose::shim) CHECK((judgement.runtime != nullptr) == good);
  }
}

TEST_CASE("a refusal names the first problem, its place, and how many more there are", "[serve][judge]") {
  const Scratch scratch;
  const auto refusal =
      judged(scratch, "LOG_LEVEL=INFO\nMCP_PORT=abc\nRETRY_ATTEMPTS=99\nLOG_LEVEL=nonsense\n", Purpose::serve)
          .refusal();
  REQUIRE(refusal);
  CHECK(refusal->kind == ErrorKind::config);
  REQUIRE(refusal->where);
  CHECK(refusal->where->line >= 2);
  CHECK(refusal->hint.find("more: exai validate config") != std::string::npos);
}

TEST_CASE("a bad setting that a purpose does not need has its default while it runs", "[serve][judge]") {
  const Scratch scratch;
  const serve::Judgement judgement = judged(scratch, "MCP_PORT=abc\nREDIS_PASSWORD=dev", Purpose::stdio);
  REQUIRE(judgement.runtime);
  CHECK(judgement.runtime->config.port("http.port") == 8000);
  CHECK(judgement.runtime->config.text("redis.password").empty());
}

TEST_CASE("folders that are to be made may stand below any spelling of the root", "[serve][judge]") {
  for (const char* const root : {".", "./", "", "..", "./."}) {
    INFO(root);
    std::vector<Finding> findings;
    const ConfigLayer layer =
        parse_dotenv("EXAI_STATE_DIR=exai-test-none\nLOG_DIR=./exai-test-none/logs\n", ".env", findings);
    Config config = Config::build({layer}, findings);
    const serve::Judgement judgement = serve::judge_configuration(std::move(config), std::move(findings),
                                                                  {root, Purpose::serve, false, nullptr});
    INFO((judgement.refusal() ? judgement.refusal()->message : std::string()));
    CHECK(judgement.good());
  }
}
