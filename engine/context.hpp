// CallContext: the only thing a tool may reach the world with.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"
#include "core/timeouts.hpp"
#include "engine/caller.hpp"
#include "engine/conversations/memory.hpp"
#include "engine/runtime.hpp"
#include "engine/workspace/workspace.hpp"
#include "io/http.hpp"
#include "models/answer_cache.hpp"
#include "models/catalogue.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace exai::engine {

/// What a running tool reports to its caller. `text` is a partial answer of the model (a delta), `message` a
/// line for a person.
struct Progress {
  std::string text{};
  std::string message{};
  double done = 0, total = 0;  ///< how far the work is; total 0 = not known
};

/// What may change under a client that has seen it.
enum class Change : std::uint8_t { tools, prompts, resources, resource };

/// What tools that describe the server (status, health, version, listmodels) may see of it.
class ServerView {
 public:
  virtual ~ServerView() = default;
  struct ToolRow {
    std::string name, title;
    std::string tier = "advanced";  ///< core, advanced or diagnostic
  };
  [[nodiscard]] virtual std::vector<ToolRow> tools() const = 0;
  /// A tool that the settings hide, and why: "not in the profile lean (TOOL_PROFILE)".
  struct HiddenRow {
    std::string name, reason;
  };
  [[nodiscard]] virtual std::vector<HiddenRow> hidden_tools() const = 0;
  /// Last lines of logs/mcp_activity.log, newest last.
  [[nodiscard]] virtual std::vector<std::string> activity_tail(std::size_t lines) const = 0;
  /// Last ERROR or CRITICAL lines of logs/mcp_server.log.
  [[nodiscard]] virtual std::vector<std::string> last_errors(std::size_t lines) const = 0;
  enum class LogFile : std::uint8_t { activity, server };
  /// The last lines of that log, newest last; none when there is no log yet.
  [[nodiscard]] virtual std::vector<std::string> log_tail(LogFile log, std::size_t lines) const = 0;
  /// Where both logs are; empty = the server writes none.
  [[nodiscard]] virtual std::filesystem::path log_folder() const = 0;
  [[nodiscard]] virtual Millis uptime() const = 0;
  /// In-flight and permitted calls: {"global", 3, 24} and one row per provider.
  struct PermitRow {
    std::string name;
    int in_use = 0, limit = 0;
  };
  [[nodiscard]] virtual std::vector<PermitRow> permits() const = 0;
  /// Circuits of models that have failed lately: {"glm", "glm-4.6", "open", 4, 90 s}.
  struct BreakerRow {
    std::string provider, model;
    std::string state;  ///< closed, open, half_open
    int failures = 0;
    Millis retry_after{0};
  };
  [[nodiscard]] virtual std::vector<BreakerRow> breakers() const { return {}; }
};

/// What a running tool may reach of the server, the same for all calls; all of it outlives them.
struct Services {
  const Clock* clock = nullptr;
  ConversationMemory* memory = nullptr;
  models::Caches* caches = nullptr;
  store::Store* store = nullptr;
  const ServerView* view = nullptr;
  std::function<std::string()> new_id{};  ///< a UUID, unguessable unless a cassette plays
  io::HttpSender http{};                  ///< refuses everything while a cassette plays
};

/// What is known of a call before it runs.
struct CallFacts {
  std::string request_id{};
  Caller caller{};
  Deadline deadline;
  std::stop_token stop{};
  Json inputs = Json::object();  ///< what the client answered to the requests of an InputRequired, by key
  Json state = nullptr;          ///< of that InputRequired; null in the first round
};

/// One call's world, passed by reference; valid during the call only. All members may be used from the
/// pool's thread that runs the tool. What it only knows is plain; what it does is left to who runs it.
class CallContext {
 public:
  CallContext(const Services& services, std::shared_ptr<const Runtime> runtime, CallFacts facts)
      : services_(services), runtime_(std::move(runtime)), facts_(std::move(facts)) {}
  virtual ~CallContext() = default;
  CallContext(const CallContext&) = delete;
  CallContext& operator=(const CallContext&) = delete;
  CallContext(CallContext&&) = delete;
  CallContext& operator=(CallContext&&) = delete;

  [[nodiscard]] const Config& config() const { return runtime_->config; }
  [[nodiscard]] const models::ModelCatalogue& models() const { return runtime_->models; }
  [[nodiscard]] const Workspace& workspace() const { return runtime_->workspace; }
  [[nodiscard]] const Clock& clock() const { return *services_.clock; }
  [[nodiscard]] Deadline deadline() const { return facts_.deadline; }
  [[nodiscard]] std::stop_token stop() const { return facts_.stop; }
  [[nodiscard]] const std::string& request_id() const { return facts_.request_id; }
  [[nodiscard]] const std::string& principal() const { return facts_.caller.principal.name; }
  /// Whether the caller's key has that scope.
  [[nodiscard]] bool may(Scope scope) const { return facts_.caller.principal.may(scope); }
  [[nodiscard]] std::string new_id() const { return services_.new_id(); }
  /// An exchange with somebody who is no model provider, as io::http_exchange. `refused` while a cassette
  /// plays: those answers are not in it.
  [[nodiscard]] Result<io::HttpResponse> http(const io::HttpRequest& request) const {
    return services_.http(request);
  }
  [[nodiscard]] const ServerView& server() const { return *services_.view; }
  [[nodiscard]] const ClientFacts& client() const { return facts_.caller.client; }
  /// What the client answered to the requests of an InputRequired, by key; null = not answered. An
  /// elicitation's answer is {"action":...,"content":...}, a model's its message, the roots' {"roots":[...]}.
  [[nodiscard]] const Json& input(const std::string& key) const;
  /// The state of the last InputRequired; null in the first round.
  [[nodiscard]] const Json& state() const { return facts_.state; }
  [[nodiscard]] ConversationMemory& memory() { return *services_.memory; }
  [[nodiscard]] models::Caches& caches() { return *services_.caches; }
  /// The store itself; blocking.
  [[nodiscard]] store::Store& store() { return *services_.store; }

  /// Tells the caller; drops silently when nobody listens. Thread-safe.
  virtual void progress(const Progress& progress) = 0;
  /// A line for the client's log, if it wants lines of this level.
  virtual void log(ClientLog level, Json data) = 0;
  /// From here on the work is a task where the client can have it so: the request is answered with a handle,
  /// and the client asks for the rest. For tools that say so (Tool::task); again is harmless.
  virtual void begin_task() = 0;
  /// This will take a while: a transport that keeps results may let go of the connection and have the client
  /// come back for them.
  virtual void let_poll() = 0;
  /// Tells all clients that want to know; `uri` for Change::resource.
  virtual void changed(Change what, std::string uri) = 0;
  /// Asks the model's provider, under its permit and the smaller of the provider's and the call's deadline.
  /// Deltas of a streamed answer go to `on_delta`. Errors: config (no key: names the variable), busy,
  /// timeout, cancelled, provider, not_found (model), budget.
  virtual Result<models::Reply> chat(const models::ChatRequest& request,
                                     const std::function<void(std::string_view)>& on_delta) = 0;
  /// Asks a provider for something else than a chat. Errors as chat().
  virtual Result<models::ProviderAnswer> ask(const models::ProviderRequest& request) = 0;

 protected:
  [[nodiscard]] const CallFacts& facts() const { return facts_; }
  [[nodiscard]] CallFacts& facts() { return facts_; }
  [[nodiscard]] const Runtime& runtime() const { return *runtime_; }

 private:
  const Services& services_;
  std::shared_ptr<const Runtime> runtime_;
  CallFacts facts_;
};

/// Inline: touches nothing outside and ends in bounded time, runs on the loop thread. Blocking: runs on the
/// pool.
enum class Work : std::uint8_t { inline_, blocking };

/// What the engine runs: a tool with its arguments, the reading of a resource, the making of a prompt.
struct Job {
  std::string name;       ///< of the tool, or of the method ("resources/read"): a label of metrics and logs
  std::string subject{};  ///< what a refusal names instead, where the name says too little: a resource
  Work work = Work::blocking;
  timeouts::Layer budget = timeouts::Layer::simple;  ///< its deadline comes from this layer
  Scope scope = Scope::viewer;                       ///< what the caller's key must have
  std::function<Result<CallAnswer>(CallContext&)> run;
  std::function<bool(const ConversationMemory&)> quick{};  ///< Tool::quick
};

/// One record, whoever holds it: the request that waits for it, the call, the pool.
using SharedJob = std::shared_ptr<const Job>;

}  // namespace exai::engine
