// How a server is started.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"
#include "tools/resources/resource.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace exai::serve {

struct ServeOptions {
  std::filesystem::path root;
  std::filesystem::path files;  ///< base of relative log and state folders; empty: `root`
  bool in_memory = false;       ///< nothing can be written: no state is kept, the log goes to stderr
  bool stdio = false;           ///< MCP over stdin and stdout instead of sockets
  std::string connect;          ///< with stdio: bridge to the server at this ws:// URL
  bool check_only = false;      ///< load all, bind nothing
  std::optional<Millis> grace;  ///< drain time after SIGTERM; nothing = server.grace
  bool terminal = false;        ///< echo log lines to stderr
  std::vector<tools::Document> documents;  ///< offered as resources beside the server's own
  std::filesystem::path record;            ///< cassette to write what providers are asked and answer
  std::filesystem::path replay;            ///< cassette to play instead of asking providers
  bool strict = false;                     ///< a keys file that others can read is an error
  std::vector<Finding> findings;           ///< of loading the configuration, for the judge
  /// Loads the configuration anew for SIGHUP; an error, or one that the judge refuses, keeps the old one.
  std::function<Result<ConfigSources>()> reload;
  [[nodiscard]] const std::filesystem::path& file_base() const { return files.empty() ? root : files; }
};

}  // namespace exai::serve
