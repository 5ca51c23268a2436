#include "tests/serve/test_server.hpp"

#include "core/text.hpp"
#include "io/random.hpp"
#include "tests/catch.hpp"

#include <condition_variable>
#include <mutex>

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

namespace exai::tests {
namespace {

using namespace engine;
using namespace models;
using namespace serve;
using namespace serve::auth;
using namespace serve::exai_ws;
using namespace serve::mcp;
using namespace serve::net;
using namespace tools;

struct GateState {
  std::mutex mutex;
  std::condition_variable_any changed;
  bool open = true;
  int inside = 0, stopped = 0;
};
GateState& gate() {
  static GateState k_state;
  return k_state;
}

Result<CallAnswer> run_wait(const Json&, CallContext& context) {
  GateState& state = gate();
  std::unique_lock lock(state.mutex);
  ++state.inside;
  state.changed.notify_all();
  context.progress({"", "waiting"});
  const bool opened = state.changed.wait(lock, context.stop(), [&] { return state.open; });
  --state.inside;
  if (!opened) ++state.stopped;
  state.changed.notify_all();
  if (!opened) return fail(ErrorKind::cancelled, "told to stop");
  return text_output("done");
}

Result<CallAnswer> run_echo(const Json& arguments, CallContext&) {
  return text_output(arguments.value("text", std::string("nothing")), R"({"echo":true})");
}

Result<CallAnswer> run_throw(const Json&, CallContext&) {
  throw std::runtime_error("secret detail");
}

/// Fails as asked: `kind` is an error kind, `report` the text that a tool with is_error gives back.
Result<CallAnswer> run_fail(const Json& arguments, CallContext&) {
  if (const auto report = arguments.find("report"); report != arguments.end()) {
    ToolOutput output = text_output(report->get<std::string>());
    output.is_error = arguments.value("is_error", false);
    return output;
  }
  const std::string wanted = arguments.value("kind", std::string("config"));
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::provider); ++kind)
    if (to_string(static_cast<ErrorKind>(kind)) == wanted && wanted != "config")
      return fail(static_cast<ErrorKind>(kind), "failed as asked");
  return fail(ErrorKind::config, "GLM_API_KEY is not set", "set GLM_API_KEY");
}

Result<CallAnswer> run_stream(const Json&, CallContext& context) {
  context.progress({"Hel", ""});
  context.progress({"", "half way"});
  context.progress({"lo", ""});
  return text_output("Hello");
}

constexpr std::string_view k_echo_schema =
    R"({"type":"object","properties":{"text":{"type":"string","maxLength":200000},"times":{"type":"integer","minimum":1}},"additionalProperties":false})";
constexpr std::string_view k_empty_schema = R"({"type":"object","properties":{}})";

const Tool k_wait{.id = "test_wait",
                  .title = "Wait",
                  .description = "waits for the gate",
                  .input_schema = k_empty_schema,
                  .run = run_wait};
const Tool k_echo{.id = "test_echo",
                  .title = "Echo",
                  .description = "says it again",
                  .input_schema = k_echo_schema,
                  .work = Work::inline_,
                  .run = run_echo};
const Tool k_throw{.id = "test_throw",
                   .title = "Throw",
                   .description = "breaks",
                   .input_schema = k_empty_schema,
                   .run = run_throw};
const Tool k_fail{.id = "test_fail",
                  .title = "Fail",
                  .description = "fails",
                  .input_schema = k_empty_schema,
                  .run = run_fail};
const Tool k_stream{.id = "test_stream",
                    .title = "Stream",
                    .description = "streams",
                    .input_schema = k_empty_schema,
                    .run = run_stream};

ToolList test_tools() {
  return lasting({&k_echo, &k_fail, &k_stream, &k_throw, &k_wait});
}

/// What nobody without the scope of an admin may read or watch.
const tools::Resource k_admin_resource{
    .id = "test://for-admins",
    .label = "for admins",
    .title = "For admins",
    .description = "A resource with a scope of its own.",
    .mime = "text/plain",
    .scope = Scope::admin,
    .read = [](const tools::UriVariables&, engine::CallContext&) -> Result<engine::CallAnswer> {
      return engine::ResourceOutput{};
    }};

const tools::Resource k_admin_template{
    .id = "test://for-admins/{name}",
    .label = "for admins, by name",
    .title = "For admins, by name",
    .description = "The same as a template.",
    .mime = "text/plain",
    .scope = Scope::admin,
    .read = k_admin_resource.read,
    .complete = [](std::string_view, std::string_view, engine::CallContext&) {
      return std::vector<std::string>{"secret"};
    }};

std::vector<Document> test_documents() {
  return {{"test://a", "a", "A", "the first text", "text/plain", "alpha"},
          {"test://b", "b", "B", "the second text", "text/plain", "beta"}};
}

std::uint16_t port_of(const BoundSocket& listener) {
  return static_cast<std::uint16_t>(std::stoi(listener.address.substr(listener.address.rfind(':') + 1)));
}

std::unique_ptr<io::Log> test_log(const std::filesystem::path& folder) {
  io::LogOptions log;
  log.folder = folder;
  log.level = io::LogLevel::debug;
  return io::Log::open(std::move(log)).value();
}

}  // namespace

void Gate::close() {
  const std::scoped_lock lock(gate().mutex);
  gate().open = false;
  gate().stopped = 0;
}

void Gate::open() {
  const std::scoped_lock lock(gate().mutex);
  gate().open = true;
  gate().changed.notify_all();
}

bool Gate::entered(int calls) {
  std::unique_lock lock(gate().mutex);
  return gate().changed.wait_for(lock, std::chrono::seconds(10), [&] { return gate().inside == calls; });
}

int Gate::stopped() {
  const std::scoped_lock lock(gate().mutex);
  return gate().stopped;
}

Config config_of(const Settings& settings) {
  std::vector<Finding> findings;
  ConfigLayer layer;
  layer.kind = OriginKind::flag;
  layer.entries = settings;
  Config config = Config::build({layer}, findings);
  for (const Finding& finding : findings) FAIL(finding.message);
  return config;
}

TestServer::TestServer(const Settings& settings, const Clock& access_clock) : access_clock_(access_clock) {
  options_.root = scratch_.path();
  options_.in_memory = true;
  Result<std::shared_ptr<const Runtime>> runtime = make_runtime(config_of(settings), scratch_.path());
  if (!runtime) FAIL(runtime.error().message);
  const Config& config = (*runtime)->config;
  Result<Catalogue> catalogue = Catalogue::from(writer_, test_tools(), {&k_admin_resource, &k_admin_template},
                                                {}, catalogue_extras(config, test_documents()));
  if (!catalogue) FAIL(catalogue.error().message);
  Result<AccessPolicy> access = AccessPolicy::load(config, scratch_.path(), false, nullptr, access_clock);
  if (!access) FAIL(access.error().message);
  parts_.emplace(ServerInputs{.options = options_,
                              .runtime = *runtime,
                              .writer = writer_,
                              .catalogue = [&catalogue] { return std::move(*catalogue); },
                              .access = std::move(*access),
                              .log = test_log(scratch_ / "logs"),
                              .environment = Environment::open(config, options_, nullptr).value(),
                              .access_clock = access_clock});
  (void)parts_->catalogue.get();
  if (const Result<void> bound = parts_->listen({{"127.0.0.1", 0}, {"127.0.0.1", 0}, {"127.0.0.1", 0}});
      !bound)
    FAIL(bound.error().message);
  thread_ = std::thread([this] { parts_->net.run(); });
}

TestServer::~TestServer() {
  Gate::open();
  parts_->net.stop();
  thread_.join();
}

std::uint16_t TestServer::mcp() const {
  return port_of(parts_->bound_sockets()[0]);
}

std::uint16_t TestServer::websocket() const {
  return port_of(parts_->bound_sockets()[1]);
}

std::uint16_t TestServer::health() const {
  return port_of(parts_->bound_sockets()[2]);
}

void TestServer::replace_access(const Settings& settings) {
  const Config config = config_of(settings);
  Result<AccessPolicy> access =
      AccessPolicy::load(config, scratch_.path(), false, &parts_->access, access_clock_);
  if (!access) FAIL(access.error().message);
  on_loop([&] { parts_->replace_access(std::move(*access), config); });
}

void TestServer::on_loop(std::function<void()> job) {
  std::promise<void> done;
  parts_->net.loop().post([&] {
    job();
    done.set_value();
  });
  REQUIRE(done.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

TcpClient::TcpClient(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{10, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  REQUIRE(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

TcpClient::~TcpClient() {
  close(socket_);
}

void TcpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void TcpClient::half_close() {
  shutdown(socket_, SHUT_WR);
}

std::string TcpClient::some() {
  std::string text(65536, '\0');
  const ssize_t count = recv(socket_, text.data(), text.size(), 0);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

std::string TcpClient::until(std::string_view mark) {
  std::string text;
  while (text.find(mark) == std::string::npos) {
    const std::string more = some();
    if (more.empty()) break;
    text += more;
  }
  return text;
}

std::string TcpClient::all() {
  std::string text;
  for (std::string more = some(); !more.empty(); more = some()) text += more;
  return text;
}

WebSocketTestClient::WebSocketTestClient(std::uint16_t port, const std::string& head) : tcp_(port) {
  tcp_.send(
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
      head + "\r\n");
  const std::string answer = tcp_.until("\r\n\r\n");
  status = answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
  const std::size_t end = answer.find("\r\n\r\n");
  if (end != std::string::npos) bytes_ = answer.substr(end + 4);
}

void WebSocketTestClient::send(const std::string& text, unsigned char first) {
  std::string frame(1, static_cast<char>(first));
  if (text.size() < 126) {
    frame += static_cast<char>(0x80U | text.size());
  } else {
    const bool wide = text.size() > 0xFFFFU;
    frame += static_cast<char>(wide ? 0xFFU : 0xFEU);
    for (int shift = wide ? 56 : 8; shift >= 0; shift -= 8)
      frame += static_cast<char>((text.size() >> static_cast<unsigned>(shift)) & 0xFFU);
  }
  tcp_.send(frame + std::string(4, '\0') + text);  // a mask of zeros changes nothing
}

bool WebSocketTestClient::need(std::size_t count) {
  while (bytes_.size() < count) {
    const std::string more = tcp_.some();
    if (more.empty()) return false;
    bytes_ += more;
  }
  return true;
}

std::string WebSocketTestClient::receive() {
  if (!need(2)) return "";
  const auto at = [this](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes_[i]));
  };
  std::size_t size = at(1) & 0x7FU, begin = 2;
  const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (!need(2 + more)) return "";
  if (more > 0) size = 0;
  for (std::size_t i = 0; i < more; ++i) size = size * 256 + at(2 + i);
  begin += more;
  if (!need(begin + size)) return "";
  const std::size_t kind = at(0) & 0x0FU;
  std::string text = bytes_.substr(begin, size);
  bytes_.erase(0, begin + size);
  if (kind == 8)
    return "close " +
           std::to_string(static_cast<unsigned char>(text[0]) * 256 + static_cast<unsigned char>(text[1]));
  return text;
}

Json WebSocketTestClient::json() {
  const std::string text = receive();
  const Result<Json> value = parse_json(text);
  if (!value) FAIL("no JSON frame: " + text);
  return *value;
}

Json WebSocketTestClient::hello(const std::string& token) {
  send(dump_json({{"op", "hello"}, {"session_id", "mine"}, {"token", token}}));
  return json();
}

Json WebSocketTestClient::hello_again(const std::string& session, const std::string& token) {
  send(dump_json({{"op", "hello"}, {"session_id", session}, {"resume", true}, {"token", token}}));
  return json();
}

Json WebSocketTestClient::until(const std::string& op) {
  for (;;) {
    Json frame = json();
    if (frame.value("op", std::string()) == op) return frame;
  }
}

std::string HttpReply::header(const std::string& name) const {
  for (const std::string& line : split(head, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos && equals_ignoring_case(line.substr(0, colon), name))
      return std::string(trim(line.substr(colon + 1)));
  }
  return {};
}

HttpReply http(std::uint16_t port, const std::string& method, const std::string& path,
               const std::string& head, const std::string& body) {
  TcpClient client(port);
  std::string text = method + " " + path + " HTTP/1.1\r\nConnection: close\r\n" + head;
  if (head.find("Host:") == std::string::npos) text += "Host: 127.0.0.1\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  client.send(text + "\r\n" + body);
  const std::string answer = client.all();
  HttpReply reply;
  const std::size_t end = answer.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  reply.head = answer.substr(0, end);
  reply.body = answer.substr(end + 4);
  reply.status = std::stoi(answer.substr(9, 3));
  return reply;
}

HttpReply post(std::uint16_t port, const std::string& message, const std::string& session) {
  std::string head = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";
  if (!session.empty()) head += "Mcp-Session-Id: " + session + "\r\n";
  return http(port, "POST", "/mcp", head, message);
}

std::string initialize(std::uint16_t port) {
  const HttpReply reply = post(
      port,
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}})",
      "");
  REQUIRE(reply.status == 200);
  return reply.header("mcp-session-id");
}

std::string call(const std::string& id, const std::string& tool, const std::string& arguments,
                 const std::string& meta) {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"tools/call","params":{"name":")" + tool +
         R"(","arguments":)" + arguments + (meta.empty() ? "" : ",\"_meta\":" + meta) + "}}";
}

}  // namespace exai::tests
