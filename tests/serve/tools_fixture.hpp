// One call's world for a tool: a real store, the real provider client, a simulator behind it.
#pragma once

#include "engine/runtime.hpp"
#include "io/random.hpp"
#include "models/router.hpp"
#include "store/store.hpp"
#include "tests/serve/provider_fixture.hpp"
#include "tests/serve/structured.hpp"
#include "tools/tool.hpp"

#include <memory>
#include <mutex>

namespace exai::test {

class FixedView : public serve::ServerView {
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

class ToolCall : public serve::CallContext {
 public:
  /// Files may be named below `root`.
  explicit ToolCall(Config config, const std::filesystem::path& root = "/") {
    auto made = serve::make_runtime(std::move(config), root);
    if (!made) FAIL(made.error().message);
    runtime_ = std::move(*made);
    for (const serve::Provider* provider : Registered<serve::Provider>::all())
      permits_.set_limit(std::string(provider->id), 4);
    auto opened = store::open_sqlite(":memory:");
    REQUIRE(opened);
    store_ = std::move(*opened);
    memory_ = std::make_unique<serve::ConversationMemory>(store_->conversations(), system_clock(),
                                                          serve::ConversationLimits{}, nullptr);
    caches_ =
        std::make_unique<serve::Caches>(runtime_->config, system_clock(), [this] { metrics_.cache_hit(); });
  }
  Result<serve::ToolOutput> run(std::string_view tool, const Json& arguments) {
    const serve::Tool* known = serve::find_tool(tool);
    REQUIRE(known != nullptr);
    return run(*known, arguments);
  }
  Result<serve::ToolOutput> run(const serve::Tool& tool, const Json& arguments) {
    auto answer = tool.run(arguments, *this);
    if (!answer) return fail(answer.error());
    REQUIRE(std::holds_alternative<serve::ToolOutput>(*answer));
    return std::get<serve::ToolOutput>(std::move(*answer));
  }
  /// The structured content of a call that must succeed.
  Json ask(std::string_view tool, const Json& arguments) {
    auto output = run(tool, arguments);
    if (!output) FAIL(output.error().message);
    REQUIRE(output->content.size() == 1);
    CHECK(Json::parse(output->content[0]["text"].get<std::string>()) == test::structured(*output));
    return test::structured(*output);
  }

  [[nodiscard]] const Config& config() const override { return runtime_->config; }
  [[nodiscard]] const Clock& clock() const override { return *clock_; }
  [[nodiscard]] Deadline deadline() const override { return Deadline::after(Millis{20000}); }
  [[nodiscard]] std::stop_token stop() const override { return {}; }
  [[nodiscard]] const std::string& request_id() const override { return request_id_; }
  [[nodiscard]] const std::string& principal() const override { return principal_; }
  [[nodiscard]] bool may(serve::Scope scope) const override { return scope_ >= scope; }
  [[nodiscard]] const ModelCatalogue& models() const override { return runtime_->models; }
  [[nodiscard]] const serve::ServerView& server() const override { return view_; }
  [[nodiscard]] const serve::ClientFacts& client() const override { return client_; }
  [[nodiscard]] const Json& input(const std::string&) const override { return none_; }
  [[nodiscard]] const Json& state() const override { return none_; }
  void log(serve::ClientLog, Json) override {}
  void begin_task() override {}
  void let_poll() override {}
  void changed(serve::Change, std::string) override {}
  void progress(const serve::Progress& progress) override {
    const std::scoped_lock lock(telling_);
    streamed += progress.text;
    if (!progress.message.empty()) told.push_back(progress.message);
  }
  Result<serve::Reply> chat(const serve::ChatRequest& request,
                            const std::function<void(std::string_view)>& on_delta) override {
    return router_->chat(*runtime_, request, in_time(), {}, on_delta);
  }
  Result<serve::ProviderAnswer> ask(const serve::ProviderRequest& ask) override {
    return router_->ask(*runtime_, ask, in_time(), {});
  }
  [[nodiscard]] const serve::Workspace& workspace() const override { return runtime_->workspace; }
  [[nodiscard]] std::string new_id() const override { return ids_ ? ids_() : io::random_uuid(); }
  serve::ConversationMemory& memory() override { return *memory_; }
  serve::Caches& caches() override { return *caches_; }
  store::Store& store() override { return *store_; }

  /// Another time, way to providers and source of ids than the usual ones; they must outlive the calls.
  void use(const Clock& clock, serve::ProviderTransport& transport, std::function<std::string()> ids = {}) {
    clock_ = &clock;
    ids_ = std::move(ids);
    router_ = std::make_unique<serve::ModelRouter>(
        serve::ModelRouter::Services{permits_, metrics_, clock, transport});
    memory_ = std::make_unique<serve::ConversationMemory>(store_->conversations(), clock,
                                                          serve::ConversationLimits{}, nullptr);
    caches_ = std::make_unique<serve::Caches>(runtime_->config, clock, [this] { metrics_.cache_hit(); });
  }

  std::string streamed;
  std::vector<std::string> told;  ///< messages of progress
  serve::Metrics& metrics() { return metrics_; }
  /// Forgets all and remembers in that store from now on, as after a restart.
  void remember_in(store::Store& store) {
    memory_.reset();  // writes what is not written yet
    memory_ = std::make_unique<serve::ConversationMemory>(store.conversations(), system_clock(),
                                                          serve::ConversationLimits{}, nullptr);
  }
  void become(std::string principal, serve::Scope scope = serve::Scope::admin) {
    principal_ = std::move(principal);
    scope_ = scope;
  }
  FixedView& view() { return view_; }

 private:
  std::mutex telling_;  // tools report progress from threads of their own
  /// As the router's clock sees it.
  [[nodiscard]] Deadline in_time() const {
    return Deadline::after(Millis{20000}, clock_ == &system_clock() ? hurried_ : *clock_);
  }

  std::shared_ptr<const serve::Runtime> runtime_;
  serve::ProviderPermits permits_;
  serve::Metrics metrics_{{"chat"}};
  HurriedClock hurried_;
  const Clock* clock_ = &system_clock();
  std::function<std::string()> ids_;
  std::unique_ptr<serve::ModelRouter> router_ = std::make_unique<serve::ModelRouter>(
      serve::ModelRouter::Services{permits_, metrics_, hurried_, serve::network()});
  FixedView view_;
  serve::ClientFacts client_;
  Json none_;
  std::string request_id_ = "r1", principal_ = "test";
  serve::Scope scope_ = serve::Scope::admin;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<serve::ConversationMemory> memory_;
  std::unique_ptr<serve::Caches> caches_;
};

}  // namespace exai::test
