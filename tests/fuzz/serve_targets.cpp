// What clients and issuers send to a server: heads, bodies, frames, messages, schemas, tokens, and the files
// that a server is given.
#include "io/yaml.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/schema.hpp"
#include "models/cassette/cassette.hpp"
#include "serve/auth/jwk.hpp"
#include "serve/auth/jwt.hpp"
#include "serve/net/body.hpp"
#include "serve/net/frames.hpp"
#include "serve/net/head.hpp"
#include "serve/net/upgrade.hpp"
#include "tests/fuzz/target.hpp"

#include <vector>

namespace exai::fuzz {
namespace {

/// What a connection would make of these bytes, cut in pieces of that size.
std::string http_verdict(std::string_view bytes, std::size_t piece) {
  std::string trace;
  serve::net::HeadReader head;
  serve::net::BodyReader body;
  bool in_body = false;
  while (!bytes.empty()) {
    std::string_view part = bytes.substr(0, std::min(piece, bytes.size()));
    const std::size_t taken = in_body ? body.take(part) : head.take(part);
    must(taken <= part.size());
    bytes.remove_prefix(taken);
    if (!in_body && head.state() == serve::net::HeadReader::State::refused)
      return trace + "refused head " + std::to_string(head.refusal().status);
    if (!in_body && head.state() == serve::net::HeadReader::State::done) {
      trace.append(head.request().method).append(" ").append(head.request().path).append("\n");
      (void)serve::net::judge_upgrade(head.request(), head.framing());
      body.begin(head.framing(), 4096);
      in_body = true;
    }
    if (in_body && body.state() == serve::net::BodyReader::State::refused)
      return trace + "refused body " + std::to_string(body.refusal().status);
    if (in_body && body.state() == serve::net::BodyReader::State::done) {
      trace += "body " + std::string(body.text()) + "\n";
      if (!head.framing().keep_alive) return trace + "closed";
      head.reset();
      in_body = false;
    } else {
      must(taken > 0);  // whoever waits for more has taken all there was
    }
  }
  return trace;
}

/// How a request is cut says nothing, and none of its bytes ever runs as another one.
void http(std::string_view bytes) {
  const std::string whole = http_verdict(bytes, bytes.size() + 1);
  must(http_verdict(bytes, 1) == whole);
  must(http_verdict(bytes, 5) == whole);
}

std::string frames_verdict(std::string_view bytes, std::size_t piece) {
  using Event = serve::net::FrameReader::Event;
  serve::net::FrameReader reader;
  reader.set_max(4096);
  std::string trace;
  while (!bytes.empty()) {
    const std::size_t taken = reader.take(bytes.substr(0, std::min(piece, bytes.size())));
    bytes.remove_prefix(taken);
    const Event event = reader.event();
    if (event == Event::none) {
      must(taken > 0);
      continue;
    }
    trace += std::to_string(static_cast<int>(event)) + ":" + std::to_string(reader.code()) + ":" +
             std::string(reader.payload()) + "\n";
    if (event == Event::close || event == Event::broken) return trace;
  }
  return trace;
}

void frames(std::string_view bytes) {
  const std::string whole = frames_verdict(bytes, bytes.size() + 1);
  must(frames_verdict(bytes, 1) == whole);
  must(frames_verdict(bytes, 3) == whole);
}

/// Every message is taken or answered with an error that can be written.
void message(std::string_view bytes) {
  const auto read = mcp::read_message(bytes);
  if (read) return;
  const std::string answer = mcp::rpc_error(read.error().id, read.error().error);
  must(parse_json(answer, k_file_depth).has_value());
}

/// The first value is a schema, the second one is judged by it.
void schema(std::string_view bytes) {
  const std::size_t line = bytes.find('\n');
  const Result<Json> first = parse_json(bytes.substr(0, line), k_file_depth);
  if (!first) return;
  const Result<mcp::Schema> compiled = mcp::Schema::compile(*first);
  if (!compiled || line == std::string_view::npos) return;
  Result<Json> value = parse_json(bytes.substr(line + 1), k_file_depth);
  if (!value) return;
  compiled->drop_nulls(*value);
  (void)mcp::to_line(compiled->check(*value));
}

/// The first line is a token, the rest the keys of its issuer. Nothing signs for a fuzzer.
void token(std::string_view bytes) {
  const std::size_t line = bytes.find('\n');
  (void)serve::auth::looks_like_jwt(bytes);
  serve::auth::JwkSet keys;
  if (line != std::string_view::npos)
    if (Result<serve::auth::JwkSet> read = serve::auth::JwkSet::parse(bytes.substr(line + 1)))
      keys = std::move(*read);
  (void)serve::auth::verify_jwt(bytes.substr(0, line), keys,
                                {"https://issuer.example", "https://host.example/mcp", Millis{60000}},
                                Wall(std::chrono::seconds(1'800'000'000)));
}

void cassette(std::string_view bytes) {
  (void)models::read_cassette(bytes, "cassette.yaml");
}

const Registered<Target> k_http{Target{"http", "heads and bodies of HTTP/1.1", http}};
const Registered<Target> k_frames{Target{"frames", "WebSocket frames", frames}};
const Registered<Target> k_message{Target{"jsonrpc", "JSON-RPC messages", message}};
const Registered<Target> k_schema{Target{"schema", "JSON Schema and values", schema}};
const Registered<Target> k_token{Target{"jwt", "tokens and keys of issuers", token}};
const Registered<Target> k_cassette{Target{"cassette", "recorded exchanges", cassette}};

}  // namespace
}  // namespace exai::fuzz
