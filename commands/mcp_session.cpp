#include "commands/mcp_session.hpp"

#include "checks/measure/own_server.hpp"
#include "commands/mcp_input.hpp"
#include "core/base64.hpp"
#include "core/shell_words.hpp"
#include "core/text.hpp"
#include "core/timeouts.hpp"
#include "io/files.hpp"
#include "io/http.hpp"

#include <cstdlib>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::commands::mcp_session {
namespace {

constexpr std::string_view k_stdio_hint = "exai tool list --stdio 'exai serve --stdio'";

bool may_carry_credentials(std::string_view name) {
  const std::string lower = to_lower(name);
  for (const std::string_view part : {"auth", "cookie", "token", "key", "secret"})
    if (lower.find(part) != std::string::npos) return true;
  return false;
}

/// The whole value and, as servers may repeat the latter alone, what stands after a scheme ("Bearer").
void remember(std::vector<Secret>& secrets, const std::string& value) {
  secrets.emplace_back(value);
  if (const auto blank = value.rfind(' '); blank != std::string::npos)
    secrets.emplace_back(value.substr(blank + 1));
}

Result<void> add_header(mcp::client::McpTarget& target, std::string name, std::string value) {
  const bool token = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
  });
  if (!token)
    return fail(ErrorKind::usage, fmt::format("\"{}\" is not a name of a header", printable(name)),
                "--header 'X-Name: value'");
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    return fail(ErrorKind::usage, fmt::format("the header {} has a line break", name));
  target.headers.emplace_back(std::move(name), std::move(value));
  return {};
}

Result<void> read_headers(const Args& args, mcp::client::McpTarget& target, std::vector<Secret>& secrets) {
  for (const std::string& text : args.all("--header")) {
    const auto colon = text.find(':');
    if (colon == std::string::npos)
      return fail(ErrorKind::usage, "--header needs NAME: VALUE", "--header 'X-Name: value'");
    std::string value(trim(std::string_view(text).substr(colon + 1)));
    const std::string name(trim(std::string_view(text).substr(0, colon)));
    if (may_carry_credentials(name)) remember(secrets, value);
    if (auto added = add_header(target, name, std::move(value)); !added) return added;
  }
  for (const std::string& text : args.all("--header-env")) {
    const auto equals = text.find('=');
    const std::string variable = equals == std::string::npos ? "" : text.substr(equals + 1);
    if (variable.empty())
      return fail(ErrorKind::usage, "--header-env needs NAME=VARIABLE",
                  "--header-env Authorization=MY_BEARER");
    const char* const value = std::getenv(variable.c_str());
    if (value == nullptr || *value == '\0')
      return fail(ErrorKind::config,
                  fmt::format("the variable {} of --header-env is not set", printable(variable)),
                  fmt::format("export {}='Bearer ...'", printable(variable)));
    remember(secrets, value);
    if (auto added = add_header(target, text.substr(0, equals), value); !added) return added;
  }
  return {};
}

template <class Enum>
Enum chosen(const Args& args, std::string_view option, std::initializer_list<Enum> all) {
  const std::string word = args.option(option).value_or("auto");
  for (const Enum one : all)
    if (mcp::client::to_string(one) == word) return one;
  return Enum::automatic;  // the command line knows the words already
}

bool is_ours(const std::string& text, const Config& config) {
  const auto url = io::parse_url(text);
  if (!url) return false;
  if (equals_ignoring_case(url->host, "localhost") || url->host.starts_with("127.") || url->host == "::1")
    return true;
  for (const std::string& own : {checks::mcp_url(config), checks::exai_ws_url(config)})
    if (const auto ours = io::parse_url(own); ours && ours->host == url->host && ours->port == url->port)
      return true;
  return false;
}

Result<Deadline> patience(const Context& context) {
  const auto profile = timeouts::find_profile(context.config, context.config.text("timeouts.profile"));
  if (!profile) return fail(profile.error());
  const auto hierarchy = timeouts::resolve(context.config, *profile);
  if (!hierarchy) return fail(hierarchy.error());
  return context.deadline.within((*hierarchy)[timeouts::Layer::client], context.clock);
}

Result<void> add_argument(Json& arguments, const std::string& pair) {
  const auto equals = pair.find('=');
  if (equals == std::string::npos || equals == 0 || pair.rfind(":=", 0) == 0)
    return fail(ErrorKind::usage, fmt::format("--arg needs NAME=VALUE, not \"{}\"", printable(pair)),
                "--arg prompt=hello, or --arg count:=3 for JSON");
  if (pair[equals - 1] != ':') {
    arguments[pair.substr(0, equals)] = pair.substr(equals + 1);
    return {};
  }
  auto value = parse_json(std::string_view(pair).substr(equals + 1));
  const std::string name = pair.substr(0, equals - 1);
  if (!value)
    return fail(ErrorKind::usage,
                fmt::format("--arg {} is not JSON: {}", printable(name), value.error().message),
                fmt::format("--arg {}=TEXT passes text", printable(name)));
  arguments[name] = std::move(*value);
  return {};
}

Error redacted(Error error, const Redactor& redactor) {
  error.message = redactor.apply(error.message);
  error.hint = redactor.apply(error.hint);
  for (std::string& doing : error.context) doing = redactor.apply(doing);
  return error;
}

Outcome redacted(Outcome outcome, const Redactor& redactor) {
  outcome.text = redactor.apply(outcome.text);
  outcome.json = redactor.apply(outcome.json);
  if (outcome.table)
    for (auto& row : outcome.table->rows)
      for (std::string& cell : row) cell = redactor.apply(cell);
  return outcome;
}

Result<Session> open(const mcp::client::McpTarget& target, const Context& context,
                     mcp::client::McpObserver observer) {
  const auto deadline = patience(context);
  if (!deadline) return fail(deadline.error());
  auto client = mcp::client::McpClient::connect(target, std::move(observer), *deadline, context.stop);
  if (client) return Session{std::move(*client), *deadline};
  Error error = std::move(client).error();
  if (error.hint.empty() && target.command.empty())
    error.hint = "exai serve starts our own server, exai status looks at it";
  if (error.kind == ErrorKind::refused && target.command.empty() && target.token.empty())
    error.hint = "--header-env Authorization=VARIABLE sends a token of yours";
  return fail(std::move(error));
}

}  // namespace

Result<mcp::client::McpTarget> target_of(const Args& args, const Context& context,
                                         std::vector<Secret>& secrets) {
  mcp::client::McpTarget target;
  target.transport = chosen(
      args, "--transport",
      {mcp::client::McpTransport::http, mcp::client::McpTransport::sse, mcp::client::McpTransport::websocket,
       mcp::client::McpTransport::exai_ws, mcp::client::McpTransport::stdio});
  target.era = chosen(args, "--era", {mcp::client::McpEra::legacy, mcp::client::McpEra::modern});
  target.tasks = args.has("--task");
  if (context.globals.verbose > 0) target.log_level = context.globals.verbose > 1 ? "debug" : "info";
  if (args.has("--stdio")) {
    auto words = shell_words(args.option("--stdio").value_or(""));
    if (!words)
      return fail(ErrorKind::usage, fmt::format("the command of --stdio: {}", words.error().message),
                  std::string(k_stdio_hint));
    target.command = std::move(*words);
    target.command.insert(target.command.end(), args.rest.begin(), args.rest.end());
    if (target.command.empty())
      return fail(ErrorKind::usage, "--stdio needs the server's command", std::string(k_stdio_hint));
    if (args.has("--server"))
      return fail(ErrorKind::usage, "--server and --stdio name two servers", "give one");
    return target;
  }
  if (!args.rest.empty())
    return fail(ErrorKind::usage, "words after -- are a server to start and need --stdio",
                std::string(k_stdio_hint));
  const bool socket = target.transport == mcp::client::McpTransport::exai_ws ||
                      target.transport == mcp::client::McpTransport::websocket;
  target.url = args.option("--server")
                   .value_or(socket ? checks::exai_ws_url(context.config) : checks::mcp_url(context.config));
  if (auto read = read_headers(args, target, secrets); !read) return fail(read.error());
  if (!is_ours(target.url, context.config)) return target;
  target.exai_ws_token = context.config.secret("ws.token");
  target.token = checks::own_key(context.config);
  return target;
}

Result<Outcome> with_session(const Args& args, Context& context, mcp::client::McpObserver observer,
                             const std::function<Result<Outcome>(Session&)>& body) {
  std::vector<Secret> secrets = context.config.secrets();
  const auto target = target_of(args, context, secrets);
  if (!target) return fail(target.error());
  const Redactor redactor(secrets);
  if (args.has("--trace"))
    observer.on_frame = [&](char way, std::string_view frame) {
      context.streams.err.write(fmt::format("{} {}\n", way, printable(redactor.apply(frame))));
    };
  observer.on_progress = [&](std::string_view line) {
    if (context.globals.verbose > 0) context.streams.err.write(printable(redactor.apply(line)) + "\n");
  };
  observer.on_note = [&](std::string_view line) {
    if (context.globals.quiet == 0)
      context.streams.err.write("note: " + printable(redactor.apply(line)) + "\n");
  };
  if (observer.on_text)
    observer.on_text = [&, shown = std::move(observer.on_text)](std::string_view text) {
      shown(redactor.apply(text));
    };
  auto input = mcp_input::answers(
      args, context, [&](const std::string& line) { context.streams.err.write(redactor.apply(line)); });
  if (!input) return fail(input.error());
  observer.input = std::move(*input);
  auto session = open(*target, context, std::move(observer));
  if (!session) return fail(redacted(std::move(session).error(), redactor));
  auto outcome = body(*session);
  if (!outcome) return fail(redacted(std::move(outcome).error(), redactor));
  return redacted(std::move(*outcome), redactor);
}

Result<Json> read_arguments(const Args& args) {
  Json arguments = Json::object();
  if (const auto file = args.option("--args-file")) {
    const auto text = io::read_file(*file, std::uint64_t{64} << 20U);
    if (!text) return fail(text.error());
    auto parsed = parse_json(*text, k_file_depth);
    if (!parsed || !parsed->is_object())
      return fail(ErrorKind::config,
                  parsed ? fmt::format("{} holds no JSON object", *file)
                         : fmt::format("{} is not JSON: {}", *file, parsed.error().message),
                  "{\"prompt\": \"hello\"}");
    arguments = std::move(*parsed);
  }
  for (const std::string& pair : args.all("--arg"))
    if (auto added = add_argument(arguments, pair); !added) return fail(added.error());
  return arguments;
}

std::string first_sentence(const std::string& text) {
  const auto end = text.find_first_of(".\n");
  return end == std::string::npos ? text : text.substr(0, end);
}

namespace {

/// "1234 bytes" of a base64 text, as far as it is one.
std::string size_of(const Json& item, const char* member) {
  const auto bytes = read_base64(text_of(item, member));
  return bytes ? fmt::format("{} bytes", bytes->size()) : "not base64";
}

/// "[kind one two]", without what is empty.
std::string in_brackets(std::string_view kind, std::initializer_list<std::string> facts) {
  std::string text = "[" + std::string(kind);
  for (const std::string& fact : facts)
    if (!fact.empty()) text += " " + fact;
  return text + "]";
}

std::string resource_text(const Json& resource) {
  if (std::string text = text_of(resource, "text"); !text.empty()) return text;
  const bool blob = resource.is_object() && resource.contains("blob");
  return in_brackets("resource", {text_of(resource, "uri"), text_of(resource, "mimeType"),
                                  blob ? size_of(resource, "blob") : ""});
}

}  // namespace

std::string content_text(const Json& item) {
  if (item.is_string()) return item.get<std::string>();
  if (!item.is_object()) return {};
  const std::string kind = text_of(item, "type");
  if (kind == "text") return text_of(item, "text");
  if (kind == "image" || kind == "audio")
    return in_brackets(kind, {text_of(item, "mimeType"), size_of(item, "data")});
  if (kind == "resource_link")
    return in_brackets(kind, {text_of(item, "uri"), text_of(item, "name"), text_of(item, "mimeType")});
  if (kind == "resource") return resource_text(item.contains("resource") ? item["resource"] : Json());
  return in_brackets(kind.empty() ? "content without a type" : kind, {text_of(item, "mimeType")});
}

std::string all_content_text(const Json& content) {
  if (!content.is_array()) return content_text(content);
  std::string text;
  for (const Json& item : content)
    if (const std::string part = content_text(item); !part.empty())
      text += (text.empty() || text.ends_with('\n') ? "" : "\n") + part;
  return text;
}

std::string result_json(const Json& result, const char* schema) {
  Json out = result.is_object() ? result : Json{{"result", result}};
  out["schema"] = schema;
  return dump_json(out);
}

Error unknown_entry(std::string_view kind, const std::string& name, const Json& entries, const char* member) {
  std::vector<std::string> known;
  for (const Json& entry : entries) known.push_back(text_of(entry, member));
  const std::string near = did_you_mean(name, known);
  return make_error(ErrorKind::not_found, fmt::format("the server has no {} \"{}\"", kind, printable(name)),
                    near.empty() ? fmt::format("exai {} list", kind) : near);
}

}  // namespace exai::commands::mcp_session
