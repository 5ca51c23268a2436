#include "commands/mcp_session.hpp"
#include "core/base64.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "io/files.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::commands {
namespace {

using mcp_session::Session;

/// Resources and templates; a server may well have only one of the two.
struct Entries {
  Json resources, templates;
};

Result<Entries> entries_of(Session& session, const Context& context) {
  auto resources = session.client->list(mcp::client::McpList::resources, session.deadline, context.stop);
  if (!resources) return fail(resources.error());
  auto templates = session.client->list(mcp::client::McpList::templates, session.deadline, context.stop);
  if (!templates && templates.error().kind != ErrorKind::not_found) return fail(templates.error());
  return Entries{std::move(*resources), templates ? std::move(*templates) : Json::array()};
}

Result<Outcome> list_resources(const Args& args, Context& context) {
  return mcp_session::with_session(args, context, {}, [&](Session& session) -> Result<Outcome> {
    const auto entries = entries_of(session, context);
    if (!entries) return fail(entries.error());
    Outcome outcome;
    outcome.table = cli::Table{{"kind", "uri", "name", "type", "description"}, {}};
    const auto add = [&](const char* kind, const Json& entry, const char* uri) {
      outcome.table->rows.push_back({kind, text_of(entry, uri), text_of(entry, "name"),
                                     text_of(entry, "mimeType"),
                                     mcp_session::first_sentence(text_of(entry, "description"))});
    };
    for (const Json& entry : entries->resources) add("resource", entry, "uri");
    for (const Json& entry : entries->templates) add("template", entry, "uriTemplate");
    return outcome;
  });
}

Outcome shown(const Json& entry, const std::string& uri) {
  const std::string text = fmt::format("{}  {}\n\n{}\n\n{}\n", uri, text_of(entry, "name"),
                                       text_of(entry, "description"), pretty_json(entry));
  return text_outcome(printable(text), dump_json(Json{{"schema", "exai.resource/1"}, {"resource", entry}}));
}

Result<Outcome> show_resource(const Args& args, Context& context) {
  return mcp_session::with_session(args, context, {}, [&](Session& session) -> Result<Outcome> {
    const auto entries = entries_of(session, context);
    if (!entries) return fail(entries.error());
    const std::string uri = args.positional("URI");
    for (const Json& entry : entries->resources)
      if (text_of(entry, "uri") == uri) return shown(entry, uri);
    for (const Json& entry : entries->templates)
      if (text_of(entry, "uriTemplate") == uri) return shown(entry, uri);
    return fail(mcp_session::unknown_entry("resource", uri, entries->resources, "uri"));
  });
}

/// The bytes of one content: its text, or its blob decoded.
Result<std::string> resource_bytes(const Json& content) {
  if (!content.contains("blob")) return text_of(content, "text");
  auto bytes = read_base64(text_of(content, "blob"));
  if (bytes) return std::move(*bytes);
  return fail(ErrorKind::invalid,
              fmt::format("the blob of {} is not base64", printable(text_of(content, "uri"))));
}

Result<Outcome> save(const Json& contents, const std::string& file) {
  if (contents.size() != 1)
    return fail(ErrorKind::refused,
                fmt::format("the resource has {} contents, a file takes one", contents.size()),
                "--json gives all of them");
  const auto bytes = resource_bytes(contents[0]);
  if (!bytes) return fail(bytes.error());
  constexpr Millis k_patience{30'000};  // of a pipe's reader
  if (auto written = io::write_output(file, *bytes, Deadline::after(k_patience)); !written)
    return fail(written.error());
  const Json fact{{"schema", "exai.saved/1"}, {"file", file}, {"bytes", bytes->size()}};
  return text_outcome(fmt::format("{} bytes to {}\n", bytes->size(), printable(file)), dump_json(fact));
}

/// Texts as they are; on a terminal made harmless, and without binary contents.
Result<Outcome> print(const Json& contents, const Json& result, const Context& context) {
  const bool terminal = context.streams.out.terminal;
  const bool json = !context.globals.outputs.empty();
  std::string text;
  for (const Json& content : contents) {
    if (json) break;
    if (content.contains("blob") && terminal)
      return fail(ErrorKind::refused,
                  fmt::format("{} is binary ({}) and standard output is a terminal",
                              printable(text_of(content, "uri")), printable(text_of(content, "mimeType"))),
                  "--file FILE, or a pipe");
    auto bytes = resource_bytes(content);
    if (!bytes) return fail(bytes.error());
    if (!content.contains("blob")) {
      text += terminal ? printable(*bytes) : *bytes;
      if (terminal && !text.ends_with('\n')) text += '\n';
      continue;
    }
    if (context.globals.quiet < 2) {  // past the writers, which are for text
      context.streams.out.write(std::exchange(text, {}));
      context.streams.out.write(*bytes);
    }
  }
  return text_outcome(std::move(text), mcp_session::result_json(result, "exai.contents/1"));
}

Result<Outcome> read(const Args& args, Context& context) {
  return mcp_session::with_session(args, context, {}, [&](Session& session) -> Result<Outcome> {
    const auto result = session.client->read_resource(args.positional("URI"), session.deadline, context.stop);
    if (!result) return fail(result.error());
    const Json contents = result->contains("contents") ? (*result)["contents"] : Json();
    if (!contents.is_array() || contents.empty())
      return fail(ErrorKind::invalid, "the server's answer has no contents", "exai resource list");
    for (const Json& content : contents)
      if (!content.is_object()) return fail(ErrorKind::invalid, "the server's contents are not objects");
    if (const auto file = args.option("--file"); file && *file != "-") return save(contents, *file);
    return print(contents, *result, context);
  });
}

constexpr std::array k_file_option = {cli::Option{
    .name = "--file", .value = "FILE", .help = "write the content there, as bytes", .values = "@files"}};
constexpr auto k_read_options =
    mcp_session::joined(k_file_option, mcp_session::k_input_options, mcp_session::k_session_options);
constexpr cli::Positional k_uri[] = {{.name = "URI", .help = "as listed", .required = true}};
constexpr cli::Positional k_read_uri[] = {
    {.name = "URI", .help = "as listed, or a template filled in", .required = true}};

const Registered<cli::Command> k_resource_list{
    cli::Command{.path = "resource list",
                 .group = "Inspect",
                 .summary = "the resources and templates that a server offers",
                 .options = mcp_session::k_session_options,
                 .run = list_resources}};
const Registered<cli::Command> k_resource_show{
    cli::Command{.path = "resource show",
                 .group = "Inspect",
                 .summary = "what a server says of one resource or template",
                 .options = mcp_session::k_session_options,
                 .positionals = k_uri,
                 .run = show_resource}};
const Registered<cli::Command> k_read{cli::Command{.path = "resource read",
                                                   .group = "Inspect",
                                                   .summary = "reads a resource over MCP",
                                                   .options = k_read_options,
                                                   .positionals = k_read_uri,
                                                   .run = read}};

}  // namespace
}  // namespace exai::commands
