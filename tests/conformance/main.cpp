// exai-conformance --port N [--stdio] [SETTING=VALUE...]: the production server with the fixtures of the
// official suite registered beside its own tools. Prints its URLs and serves until SIGTERM or the end of
// input.
#include "core/config.hpp"
#include "core/version.hpp"
#include "serve/server.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace {

/// Ports of the command line, everything else at its default, state in a folder that goes with the process.
exai::Config config_for(const std::string& port, const std::filesystem::path& folder,
                        const std::vector<std::pair<std::string, std::string>>& settings) {
  exai::ConfigLayer layer;
  layer.kind = exai::OriginKind::flag;
  layer.source = "command line";
  const auto set = [&](const std::string& key, const std::string& value) {
    exai::RawSetting entry;
    entry.name = key;
    entry.value = value;
    layer.entries.push_back(std::move(entry));
  };
  set("http.port", port);
  set("ws.port", "0");
  set("health.port", "0");
  set("server.state_dir", (folder / "state").string());
  set("log.dir", (folder / "logs").string());
  for (const auto& [key, value] : settings) set(key, value);
  std::vector<exai::Finding> findings;
  exai::Config config = exai::Config::build({layer}, findings);
  for (const exai::Finding& finding : findings) std::fprintf(stderr, "%s\n", finding.message.c_str());
  return config;
}

}  // namespace

int main(int argc, char** argv) {
  std::string port = "0";
  std::vector<std::pair<std::string, std::string>> settings;
  exai::serve::ServeOptions options;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--stdio") == 0) options.stdio = true;
    if (std::strcmp(argv[i], "--port") == 0 && i + 1 < argc) port = argv[++i];
    if (const char* equals = std::strchr(argv[i], '='))
      settings.emplace_back(std::string(argv[i], static_cast<std::size_t>(equals - argv[i])), equals + 1);
  }
  std::string folder = (std::filesystem::temp_directory_path() / "exai-conformance-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 70;
  options.root = folder;
  options.grace = exai::Millis{1000};
  const auto served =
      exai::serve::run_server(config_for(port, folder, settings), options,
                              [](const std::vector<exai::serve::net::BoundSocket>& listeners) {
                                for (const auto& one : listeners)
                                  std::printf("%s %s\n", one.name.c_str(), one.url.c_str());
                                std::fflush(stdout);
                              });
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  if (served) return 0;
  std::fprintf(stderr, "%s\n", served.error().message.c_str());
  return 1;
}
