#include "io/config_source.hpp"

#include "core/dotenv.hpp"
#include "core/text.hpp"
#include "io/files.hpp"
#include "io/yaml.hpp"

#include <cstdlib>

#include <fmt/core.h>

#include <unistd.h>

namespace exai::io {
namespace {

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

// The nearest folder upwards that holds one of our files; the current one when none does.
std::filesystem::path find_root(const ConfigRequest& request) {
  if (request.root) return *request.root;
  if (const auto root = environment("EXAI_ROOT")) return *root;
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  for (std::filesystem::path folder = here; !folder.empty(); folder = folder.parent_path()) {
    if (is_there(folder / "exai.yaml")) return folder;
    if (is_there(folder / ".env") && !is_folder(folder / ".env")) return folder;
    if (folder == folder.root_path()) break;
  }
  return here;
}

// A file that was named must be there; one that is only looked for may be absent.
std::optional<std::filesystem::path> find_yaml(const ConfigRequest& request,
                                               const std::filesystem::path& root) {
  std::optional<std::string> named = request.config_file;
  if (!named) named = environment("EXAI_CONFIG");
  if (named) return *named == "none" ? std::nullopt : std::optional<std::filesystem::path>(*named);
  std::vector<std::filesystem::path> places{root / "exai.yaml"};
  if (const auto folder = environment("XDG_CONFIG_HOME"))
    places.push_back(std::filesystem::path(*folder) / "exai/exai.yaml");
  else if (const auto home = environment("HOME"))
    places.push_back(std::filesystem::path(*home) / ".config/exai/exai.yaml");
  places.emplace_back("/etc/exai/exai.yaml");
  for (const std::filesystem::path& place : places)
    if (is_there(place)) return place;
  return std::nullopt;
}

/// One key and its scalar or list. Items become comma-separated text, so none may be more than a word of it.
RawSetting raw_setting(const std::string& name, const Node& node) {
  RawSetting raw{name, node.scalar, node.where.line};
  if (!node.is_list()) return raw;
  raw.is_list = true;
  std::vector<std::string> parts;
  for (const Node& item : node.items) {
    if (!item.is_scalar() || trim(item.scalar).empty())
      raw.problem = "has an item that is not a plain value";
    else if (item.scalar.find(',') != std::string::npos)
      raw.problem = "has an item with a comma in it, which separates items";
    parts.push_back(item.scalar);
  }
  if (parts.empty()) raw.problem = "is a list without an item";
  raw.value = join(parts, ",");
  return raw;
}

bool is_section(std::string_view name) {
  const std::string prefix = std::string(name) + ".";
  const auto all = settings();
  return std::any_of(all.begin(), all.end(),
                     [&](const Setting& setting) { return setting.key.starts_with(prefix); });
}

// "ws: {port: 8079}" becomes ws.port = 8079; lists become comma-separated text; null is absent.
void flatten(const Node& node, const std::string& prefix, ConfigLayer& layer) {
  for (const auto& [key, value] : node.fields) {
    const std::string name = prefix.empty() ? key : prefix + "." + key;
    if (value.kind == Node::Kind::null && is_section(name)) continue;
    if (value.is_map() && find_setting(name) == nullptr)
      flatten(value, name, layer);
    else if (value.is_map())
      layer.entries.push_back(
          {name, "", value.where.line, false, "has fields of its own where one value is expected"});
    else
      layer.entries.push_back(raw_setting(name, value));
  }
}

/// "~" and "~/x" as the home folder; everything else as it is.
Result<std::string> with_home(std::string_view path) {
  if (!path.starts_with('~')) return std::string(path);
  const auto home = environment("HOME");
  if (path.size() > 1 && path[1] != '/')
    return fail(ErrorKind::invalid, "names the home folder of another user, which is not looked up");
  if (!home) return fail(ErrorKind::invalid, "begins with ~, and HOME is not set");
  return *home + std::string(path.substr(1));
}

/// Paths of all sources mean the same by "~"; docker and systemd hand it over as it stands.
void expand_home(ConfigLayer& layer) {
  for (RawSetting& raw : layer.entries) {
    const bool by_env = layer.kind == OriginKind::env_file || layer.kind == OriginKind::environment;
    const Setting* setting = by_env ? find_setting_by_env(raw.name) : find_setting(raw.name);
    const bool is_path =
        setting != nullptr && (setting->type == SettingType::path || setting->form == Form::folder);
    if (!is_path || raw.value.find('~') == std::string::npos || !raw.problem.empty()) continue;
    std::vector<std::string> parts = split(raw.value, ',');
    for (std::string& part : parts) {
      Result<std::string> whole = with_home(part);
      if (whole)
        part = std::move(*whole);
      else
        raw.problem = whole.error().message;
    }
    raw.value = join(parts, ",");
  }
}

struct YamlLayers {
  std::vector<ConfigLayer> layers;
  Node timeout_profiles;
};

Result<YamlLayers> read_yaml_layers(const std::filesystem::path& path, const std::string& profile) {
  const Result<Node> document = read_yaml(path);
  if (!document) return fail(document.error());
  YamlLayers out;
  if (document->kind == Node::Kind::null) return out;
  if (!document->is_map())
    return fail(make_error(ErrorKind::config, "the configuration must be a mapping",
                           "exai config template --yaml prints one")
                    .at(document->where));
  Node plain = *document;
  Node profiles;
  std::erase_if(plain.fields, [&](const auto& field) {
    if (field.name == "profiles") profiles = field.value;
    if (field.name == "timeout_profiles") out.timeout_profiles = field.value;
    return field.name == "profiles" || field.name == "timeout_profiles";
  });
  ConfigLayer layer{OriginKind::file, path.string(), {}};
  flatten(plain, "", layer);
  out.layers.push_back(std::move(layer));
  if (profile.empty()) return out;
  const Node* chosen = profiles.find(profile);
  if (chosen == nullptr) {
    std::vector<std::string> names;
    for (const auto& [name, node] : profiles.fields) names.push_back(name);
    const std::string near = did_you_mean(profile, names);
    return fail(make_error(ErrorKind::config, fmt::format("there is no profile \"{}\"", profile),
                           near.empty() ? "known: " + join(names, ", ") : near)
                    .at(Location{path.string(), 0, 0}));
  }
  ConfigLayer own{OriginKind::profile, path.string(), {}};
  flatten(*chosen, "", own);
  out.layers.push_back(std::move(own));
  return out;
}

ConfigLayer process_environment() {
  ConfigLayer layer{OriginKind::environment, "", {}};
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, equals);
    if (find_setting_by_env(name) == nullptr && !name.starts_with("EXAI_")) continue;
    layer.entries.push_back({std::string(name), std::string(text.substr(equals + 1)), 0});
  }
  return layer;
}

}  // namespace

namespace {

constexpr std::uint64_t k_env_file_bytes = std::uint64_t{4} << 20U;

bool is_plain_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return path != "-" && std::filesystem::is_regular_file(path, ignored);
}

/// A pipe is read once in the life of the process.
Result<std::string> env_text(const std::filesystem::path& path, const ConfigRequest& request,
                             LoadedConfig& loaded) {
  if (const auto known = request.streams.find(path.string()); known != request.streams.end()) {
    loaded.streams.insert(*known);
    return known->second;
  }
  Result<std::string> text = read_file(path, k_env_file_bytes, request.deadline);
  if (text && !is_plain_file(path)) loaded.streams.emplace(path.string(), *text);
  return text;
}

/// Those named, or .env of the root. A folder of that name is a Python environment.
std::vector<std::filesystem::path> env_files_of(const ConfigRequest& request, LoadedConfig& loaded) {
  std::vector<std::filesystem::path> files(request.env_files.begin(), request.env_files.end());
  const std::filesystem::path usual = loaded.root / ".env";
  if (!files.empty() || !is_there(usual)) return files;
  if (is_folder(usual))
    loaded.findings.push_back({Status::skip, "env.folder", ".env is a folder, so it is not read",
                               Location{usual.string(), 0, 0}, "settings may stand in exai.yaml"});
  else
    files.push_back(usual);
  return files;
}

}  // namespace

Result<LoadedConfig> load_config(const ConfigRequest& request) {
  LoadedConfig loaded;
  loaded.root = find_root(request);
  loaded.profile = request.profile.value_or(environment("EXAI_PROFILE").value_or(""));
  std::vector<ConfigLayer> layers;
  Node timeout_profiles;
  loaded.file = find_yaml(request, loaded.root);
  if (loaded.file) {
    Result<YamlLayers> yaml = read_yaml_layers(*loaded.file, loaded.profile);
    if (!yaml) return fail(yaml.error());
    layers = std::move(yaml->layers);
    timeout_profiles = std::move(yaml->timeout_profiles);
  } else if (!loaded.profile.empty()) {
    return fail(ErrorKind::config,
                fmt::format("profile \"{}\" was asked for, but there is no exai.yaml", loaded.profile),
                "name the file with --config");
  }
  for (const std::filesystem::path& path : env_files_of(request, loaded)) {
    Result<std::string> text = env_text(path, request, loaded);
    if (!text) return fail(text.error());
    layers.push_back(parse_dotenv(*text, path == "-" ? "standard input" : path.string(), loaded.findings));
    loaded.env_files.push_back(path);
  }
  if (request.environment) layers.push_back(process_environment());
  if (!request.flags.empty()) layers.push_back({OriginKind::flag, "", request.flags});
  for (ConfigLayer& layer : layers) expand_home(layer);
  loaded.config = Config::build(layers, loaded.findings);
  loaded.config.set_timeout_profiles(std::move(timeout_profiles));
  return loaded;
}

}  // namespace exai::io
