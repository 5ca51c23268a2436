// One call's world for a tool: a real store, the real provider client, a simulator behind it.
#pragma once

#include "engine/runtime.hpp"
#include "io/random.hpp"
#include "models/router.hpp"
#include "store/store.hpp"
#include "tests/models/provider_fixture.hpp"
#include "tests/tools/structured.hpp"
#include "tools/tool.hpp"

#include <memory>
#include <mutex>

namespace exai::test {

class FixedView : public engine::ServerView {
 public:
  [[nodiscard]] std::vector<ToolRow> tools() const override {
    return {{"chat", "Chat", "core"}, {"status", "Status", "core"}, {"version", "Version", "advanced"}};
  }
  [[nodiscard]] std::vector<HiddenRow> hidden_tools() const override { return hidden; }
  [[nodiscard]] std::vector<std::string> activity_tail(std::size_t lines) const override {
    return log_tail(LogFile::activity, lines);
  }
  [[nodiscard]] std::vector<std::string> log_tail(LogFile log, std::size_t lines) const override {
    std::vector<std::string> all = log == LogFile::activity ? activity : server_log;
    all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(std::min(lines, all.size())));
    return all;
  }
  [[nodiscard]] std::filesystem::path log_folder() const override { return folder; }
  [[nodiscard]] std::vector<std::string> last_errors(std::size_t lines) const override {
    return std::vector<std::string>(lines, "an error");
  }
  [[nodiscard]] Millis uptime() const override { return Millis{90'000}; }
  [[nodiscard]] std::vector<PermitRow> permits() const override { return {{"global", 1, 24}}; }

  std::vector<std::string> activity{"a", "b", "c"}, server_log;
  std::vector<HiddenRow> hidden;
  std::filesystem::path folder;
};

/// The runtime of a call, made before the call that it is handed to.
inline std::shared_ptr<const engine::Runtime> runtime_of(Config config, const std::filesystem::path& root) {
  auto made = engine::make_runtime(std::move(config), root);
  if (!made) FAIL(made.error().message);
  return std::move(*made);
}

/// What a call reaches, owned; stands before the call itself.
struct ToolWorld {
  models::ProviderPermits permits;
  engine::Metrics counted{{"chat"}};
  FixedView fixed_view;
  std::unique_ptr<store::Store> home;
  std::unique_ptr<engine::ConversationMemory> conversations;
  std::unique_ptr<models::Caches> cached_answers;
  engine::Services reach;
};

/// What each run of a tool may take.
constexpr Millis k_patience{20000};

class ToolCall : private ToolWorld, public engine::CallContext {
 public:
  /// Files may be named below `root`.
  explicit ToolCall(Config config, const std::filesystem::path& root = "/")
      : CallContext(reach, runtime_of(std::move(config), root),
                    {.request_id = "r1",
                     .caller = {.principal = {.name = "test"}},
                     .deadline = Deadline::after(k_patience)}) {
    for (const models::Provider* provider : Registered<models::Provider>::all())
      permits.set_limit(std::string(provider->id), 4);
    auto opened = store::open_sqlite(":memory:");
    REQUIRE(opened);
    home = std::move(*opened);
    reach.store = home.get();
    reach.view = &fixed_view;
    reach.new_id = io::random_uuid;
    reach.http = io::http_exchange;
    live_in(system_clock());
  }
  Result<engine::ToolOutput> run(std::string_view tool, const Json& arguments) {
    const tools::Tool* known = tools::find_tool(tool);
    REQUIRE(known != nullptr);
    return run(*known, arguments);
  }
  Result<engine::ToolOutput> run(const tools::Tool& tool, const Json& arguments) {
    facts().deadline = Deadline::after(k_patience);
    auto answer = tool.run(arguments, *this);
    if (!answer) return fail(answer.error());
    REQUIRE(std::holds_alternative<engine::ToolOutput>(*answer));
    return std::get<engine::ToolOutput>(std::move(*answer));
  }
  /// The structured content of a call that must succeed.
  Json ask(std::string_view tool, const Json& arguments) {
    auto output = run(tool, arguments);
    if (!output) FAIL(output.error().message);
    REQUIRE(output->content.size() == 1);
    CHECK(Json::parse(output->content[0]["text"].get<std::string>()) == test::structured(*output));
    return test::structured(*output);
  }

  void log(engine::ClientLog, Json) override {}
  void begin_task() override {}
  void let_poll() override {}
  void changed(engine::Change, std::string) override {}
  void progress(const engine::Progress& progress) override {
    const std::scoped_lock lock(progress_mutex_);
    streamed += progress.text;
    if (!progress.message.empty()) messages.push_back(progress.message);
  }
  Result<models::Reply> chat(const models::ChatRequest& request,
                             const std::function<void(std::string_view)>& on_delta) override {
    return router_->chat(runtime(), request, in_time(), {}, on_delta);
  }
  Result<models::ProviderAnswer> ask(const models::ProviderRequest& ask) override {
    return router_->ask(runtime(), ask, in_time(), {});
  }

  /// Another time, way to providers and source of ids than the usual ones; they must outlive the calls.
  void use(const Clock& clock, models::ProviderTransport& transport, std::function<std::string()> ids = {}) {
    if (ids) reach.new_id = std::move(ids);
    router_ = std::make_unique<models::ModelRouter>(
        models::ModelRouter::Services{permits, counted, clock, transport});
    live_in(clock);
  }

  std::string streamed;
  std::vector<std::string> messages;  ///< messages of progress
  engine::Metrics& metrics() { return counted; }
  /// Forgets all and remembers in that store from now on, as after a restart.
  void remember_in(store::Store& other) {
    conversations.reset();  // writes what is not written yet
    conversations = std::make_unique<engine::ConversationMemory>(other.conversations(), system_clock(),
                                                                 engine::ConversationLimits{}, nullptr);
    reach.memory = conversations.get();
  }
  void become(std::string principal, Scope scope = Scope::admin) {
    facts().caller.principal = {std::move(principal), scope};
  }
  FixedView& view() { return fixed_view; }

 private:
  std::mutex progress_mutex_;  // tools report progress from threads of their own

  void live_in(const Clock& clock) {
    reach.clock = &clock;
    conversations = std::make_unique<engine::ConversationMemory>(home->conversations(), clock,
                                                                 engine::ConversationLimits{}, nullptr);
    reach.memory = conversations.get();
    cached_answers = std::make_unique<models::Caches>(config(), clock, [this] { counted.cache_hit(); });
    reach.caches = cached_answers.get();
  }
  /// As the router's clock sees it.
  [[nodiscard]] Deadline in_time() const {
    return Deadline::after(k_patience, &clock() == &system_clock() ? hurried_ : clock());
  }

  HurriedClock hurried_;
  std::unique_ptr<models::ModelRouter> router_ = std::make_unique<models::ModelRouter>(
      models::ModelRouter::Services{permits, counted, hurried_, models::network()});
};

}  // namespace exai::test
