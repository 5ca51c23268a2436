#include "commands/common.hpp"
#include "commands/confirm.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "core/utc.hpp"
#include "io/files.hpp"
#include "ops/keys/keys_file.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

using ops::NamedKey;

constexpr std::uint64_t k_input_bytes = 4096;
constexpr Millis k_soon = std::chrono::hours(24 * 14), k_max_lifetime = std::chrono::hours(24 * 3660);

/// --file as typed, else the setting below the root.
Result<std::filesystem::path> keys_path(const Args& args, const Context& context) {
  if (const auto given = args.option("--file")) return std::filesystem::path(*given);
  if (context.config.text("auth.keys_file").empty())
    return fail(ErrorKind::config, "auth.keys_file is not set, so there is no keys file",
                "name one with --file, and set EXAI_KEYS_FILE to it for the server");
  return path_setting(context, "auth.keys_file");
}

/// What was read, or left, in the file; its warning goes to standard error.
Result<std::vector<NamedKey>> keys_of(Result<ops::KeysFile> file, const Context& context) {
  if (!file) return fail(file.error());
  if (!file->warning.empty() && context.globals.quiet == 0)
    context.streams.err.write(fmt::format("warning: {}\n", file->warning));
  return std::move(file->keys);
}

Result<std::vector<NamedKey>> read_keys(const std::filesystem::path& path, const Context& context) {
  return keys_of(ops::read_keys_file(path, context.globals.strict), context);
}

std::string_view state_of(const NamedKey& key, const Context& context) {
  const Wall now = context.clock.wall();
  if (key.expired(now)) return "expired";
  return key.expired(now + k_soon) ? "expires soon" : "valid";
}

std::string time_or(const std::optional<Wall>& at, std::string_view otherwise) {
  return at ? utc_seconds(*at) : std::string(otherwise);
}

/// What every command says of a key, as members of a JSON object.
std::string members(const NamedKey& key, std::string_view source, const Context& context) {
  return fmt::format(R"("name":{},"scope":"{}","created":{},"expires":{},"state":"{}","source":{})",
                     quote_json(key.name), to_string(key.scope),
                     key.created ? quote_json(utc_seconds(*key.created)) : "null",
                     key.expires ? quote_json(utc_seconds(*key.expires)) : "null", state_of(key, context),
                     quote_json(source));
}

struct SourcedKey {
  NamedKey key;
  std::string source;
};

/// The keys in plain text and those of the file, if there is one.
Result<std::vector<SourcedKey>> all_keys(const Args& args, const Context& context) {
  std::vector<SourcedKey> all;
  if (!args.has("--file"))
    for (const std::string& key : context.config.list("auth.api_keys"))
      all.push_back({ops::plain_key(key), "auth.api_keys"});
  const auto path = keys_path(args, context);
  if (!path) return all;
  auto keys = read_keys(*path, context);
  if (!keys) return fail(keys.error());
  for (NamedKey& key : *keys) all.push_back({std::move(key), path->string()});
  return all;
}

Result<Outcome> list_keys(const Args& args, Context& context) {
  const auto all = all_keys(args, context);
  if (!all) return fail(all.error());
  Outcome outcome;
  outcome.table = cli::Table{{"name", "scope", "created", "expires", "state", "source"}, {}};
  for (const auto& [key, source] : *all)
    outcome.table->rows.push_back({key.name, std::string(to_string(key.scope)),
                                   time_or(key.created, "unknown"), time_or(key.expires, "never"),
                                   std::string(state_of(key, context)), source});
  return outcome;
}

Result<std::optional<Wall>> expiry(const Args& args, const Context& context) {
  const std::string text = args.option("--expires").value_or("90d");
  if (text == "never") return std::optional<Wall>();
  std::optional<Wall> at = parse_utc(text);
  if (const auto span = parse_duration(text); !at && span && *span <= k_max_lifetime)
    at = context.clock.wall() + *span;
  if (at && *at > context.clock.wall()) return at;
  return fail(ErrorKind::usage, fmt::format("--expires must be a time to come, not \"{}\"", printable(text)),
              "--expires 90d, --expires 2027-01-31 or --expires never");
}

Result<NamedKey> described(const Args& args, const Context& context) {
  NamedKey key;
  key.name = args.positional("NAME");
  if (const auto fine = ops::check_key_name(key.name); !fine) {
    Error error = fine.error();
    error.kind = ErrorKind::usage;
    return fail(std::move(error));
  }
  key.scope = parse_scope(args.option("--scope").value_or("operator")).value_or(Scope::viewer);
  auto expires = expiry(args, context);
  if (!expires) return fail(expires.error());
  key.expires = *expires;
  key.created = context.clock.wall();
  return key;
}

Result<Outcome> generate(const Args& args, Context& context) {
  auto key = described(args, context);
  if (!key) return fail(key.error());
  const auto path = keys_path(args, context);
  if (!path) return fail(path.error());
  if (context.globals.dry_run)
    return fail(ErrorKind::refused,
                fmt::format("a dry run makes no key: it would be \"{}\", {}, in {}, and nobody could use it",
                            key->name, to_string(key->scope), path->string()),
                "leave --dry-run out");
  const std::string text = ops::new_key_text();
  key->digest = sha256(text);
  if (auto added = keys_of(ops::add_key(*path, *key, context.globals.strict), context); !added)
    return fail(added.error());
  if (context.globals.quiet == 0) {
    context.streams.err.write(
        fmt::format("\"{}\", {}, until {}: its digest is in {}; the key is shown this once\n", key->name,
                    to_string(key->scope), time_or(key->expires, "retired"), path->string()));
    context.streams.err.write(
        context.config.text("auth.keys_file").empty()
            ? fmt::format("set EXAI_KEYS_FILE={} for the server, then exai reload\n", path->string())
            : std::string("exai reload makes a running server read it\n"));
  }
  return text_outcome(text + "\n", fmt::format(R"({{"schema":"exai.key/1",{},"key":"{}"}})",
                                               members(*key, path->string(), context), text));
}

bool has_key(const std::vector<NamedKey>& keys, const std::string& name) {
  return std::any_of(keys.begin(), keys.end(), [&](const NamedKey& key) { return key.name == name; });
}

Result<void> confirm_retiring(const Args& args, const Context& context, const std::vector<NamedKey>& keys,
                              const std::string& name) {
  const bool last = keys.size() == 1 && context.config.secret("auth.api_keys").empty();
  if (!last) return confirm(context, fmt::format("retire the key \"{}\"?", name));
  return confirm_by_name(args, context,
                         fmt::format("\"{}\" is the last key: nobody gets in without it.", name), name);
}

Result<Outcome> retire(const Args& args, Context& context) {
  const std::string name = args.positional("NAME");
  const auto path = keys_path(args, context);
  if (!path) return fail(path.error());
  const auto keys = read_keys(*path, context);
  if (!keys) return fail(keys.error());
  if (!has_key(*keys, name)) return fail(ops::no_such_key(*keys, name, *path));
  const auto outcome_of = [&](std::string_view what) {
    const std::string text = fmt::format("{} the key \"{}\" from {}", what, name, path->string());
    return text_outcome(text + "\n", fmt::format(R"({{"schema":"exai.key/1","name":{},"text":{}}})",
                                                 quote_json(name), quote_json(text)));
  };
  if (context.globals.dry_run) return outcome_of("would remove");
  if (auto sure = confirm_retiring(args, context, *keys, name); !sure) return fail(sure.error());
  // Read again under the lock: the question may have stood for a while.
  if (auto removed = ops::remove_key(*path, name, context.globals.strict); !removed)
    return fail(removed.error());
  if (context.globals.quiet == 0) context.streams.err.write("a running server knows it until exai reload\n");
  return outcome_of("removed");
}

Result<Outcome> verify(const Args& args, Context& context) {
  if (context.streams.input_terminal)
    return fail(ErrorKind::usage, "the key is read from standard input, which is a terminal",
                "exai key verify < FILE, so that it stays out of the shell's history");
  const auto all = all_keys(args, context);
  if (!all) return fail(all.error());
  auto text = io::read_file("-", k_input_bytes);
  if (!text) return fail(text.error());
  const Secret given{std::string(trim(*text))};
  const Secret wiped{std::move(*text)};
  if (given.empty())
    return fail(ErrorKind::missing_input, "standard input holds no key", "exai key verify < FILE");
  for (const auto& [key, source] : *all) {
    if (ops::find_key({key}, given.reveal()) == nullptr) continue;
    const std::string_view state = state_of(key, context);
    Outcome outcome = text_outcome(
        fmt::format("{}  {}  {}, expires {}, from {}\n", key.name, to_string(key.scope), state,
                    time_or(key.expires, "never"), source),
        fmt::format(R"({{"schema":"exai.key/1","known":true,{}}})", members(key, source, context)));
    outcome.code = state == "expired" ? ExitCode::fail : ExitCode::pass;
    return outcome;
  }
  Outcome outcome = text_outcome("this key is not known here\n", R"({"schema":"exai.key/1","known":false})");
  outcome.code = ExitCode::fail;
  return outcome;
}

constexpr cli::Option k_file{.name = "--file",
                             .value = "PATH",
                             .help = "the keys file",
                             .values = "@files",
                             .default_value = "auth.keys_file"};
constexpr cli::Option k_file_only[] = {k_file};
constexpr cli::Option k_generate_options[] = {
    {.name = "--scope",
     .value = "SCOPE",
     .help = "viewer looks, operator calls tools, admin does everything",
     .values = "viewer|operator|admin",
     .default_value = "operator"},
    {.name = "--expires", .value = "WHEN", .help = "a duration, a UTC date or never", .default_value = "90d"},
    k_file};
constexpr cli::Option k_retire_options[] = {
    {.name = "--confirm", .value = "NAME", .help = "the name again, to retire the last key"}, k_file};
constexpr cli::Positional k_new_name[] = {
    {.name = "NAME", .help = "who or what it is for", .required = true}};
constexpr cli::Positional k_key_name[] = {{.name = "NAME", .help = "the key's name", .required = true}};

const Registered<cli::Command> k_key_list{
    cli::Command{.path = "key list",
                 .group = "Operate",
                 .summary = "the keys that open this server, without the keys",
                 .options = k_file_only,
                 .waits = false,
                 .run = list_keys}};
const Registered<cli::Command> k_generate{
    cli::Command{.path = "key generate",
                 .group = "Operate",
                 .summary = "makes a key, keeps its digest and prints it once",
                 .options = k_generate_options,
                 .positionals = k_new_name,
                 .effect = cli::Effect::writes,
                 .waits = false,
                 .run = generate}};
const Registered<cli::Command> k_retire{cli::Command{.path = "key retire",
                                                     .group = "Operate",
                                                     .summary = "removes a key from the keys file",
                                                     .options = k_retire_options,
                                                     .positionals = k_key_name,
                                                     .effect = cli::Effect::destroys,
                                                     .waits = false,
                                                     .run = retire}};
const Registered<cli::Command> k_verify{cli::Command{.path = "key verify",
                                                     .group = "Operate",
                                                     .summary = "says whose key stands on standard input",
                                                     .options = k_file_only,
                                                     .waits = false,
                                                     .run = verify}};

}  // namespace
}  // namespace exai::commands
