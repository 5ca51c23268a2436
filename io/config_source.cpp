#include "io/config_source.hpp"

#include "core/dotenv.hpp"
#include "core/text.hpp"
#include "io/files.hpp"
#include "io/yaml.hpp"

#include <cstdlib>

#include <fmt/core.h>

#include <unistd.h>

namespace exai::io {
namespace config_files {

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// The nearest folder upwards that holds one of our files; the current one when none does.
std::filesystem::path find_root(const ConfigRequest& request) {
  if (request.root) return *request.root;
  if (const auto root = environment("EXAI_ROOT")) return *root;
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  for (std::filesystem::path folder = here; !folder.empty(); folder = folder.parent_path()) {
    if (is_there(folder / "exai.yaml") || is_there(folder / ".env")) return folder;
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

std::string scalar_text(const Node& node) {
  if (node.is_scalar()) return node.scalar;
  std::vector<std::string> parts;
  for (const Node& item : node.items) parts.push_back(item.scalar);
  return join(parts, ",");
}

// "ws: {port: 8079}" becomes ws.port = 8079; lists become comma-separated text.
void flatten(const Node& node, const std::string& prefix, ConfigLayer& layer) {
  for (const auto& [key, value] : node.fields) {
    const std::string name = prefix.empty() ? key : prefix + "." + key;
    if (value.is_map())
      flatten(value, name, layer);
    else
      layer.entries.push_back({name, scalar_text(value), value.where.line});
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

}  // namespace config_files

Result<std::vector<ConfigLayer>> read_env_layer(const std::filesystem::path& path,
                                                std::vector<Finding>& findings) {
  const Result<std::string> text = read_file(path, std::uint64_t{4} << 20U);
  if (!text) return fail(text.error());
  return std::vector<ConfigLayer>{
      parse_dotenv(*text, path == "-" ? "standard input" : path.string(), findings)};
}

Result<LoadedConfig> load_config(const ConfigRequest& request) {
  using namespace config_files;
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
  std::vector<std::filesystem::path> env_files(request.env_files.begin(), request.env_files.end());
  if (env_files.empty() && is_there(loaded.root / ".env")) env_files.push_back(loaded.root / ".env");
  for (const std::filesystem::path& path : env_files) {
    Result<std::vector<ConfigLayer>> layer = read_env_layer(path, loaded.findings);
    if (!layer) return fail(layer.error());
    layers.insert(layers.end(), layer->begin(), layer->end());
    loaded.env_files.push_back(path);
  }
  layers.push_back(process_environment());
  if (!request.flags.empty()) layers.push_back({OriginKind::flag, "", request.flags});
  loaded.config = Config::build(layers, loaded.findings);
  loaded.config.set_timeout_profiles(std::move(timeout_profiles));
  return loaded;
}

}  // namespace exai::io
