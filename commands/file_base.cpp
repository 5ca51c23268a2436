#include "commands/file_base.hpp"

#include "core/file_names.hpp"
#include "io/state_home.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

bool same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code error;
  return std::filesystem::equivalent(a, b, error);
}

/// Someone set this folder up for us: named it, or put settings of ours into it.
bool is_own_folder(const Context& context) {
  if (context.globals.root) return true;
  if (context.config_file && same_file(*context.config_file, context.root / "exai.yaml")) return true;
  for (const char* key : {"log.dir", "server.state_dir"})
    if (context.config.peek(key).origin.kind != OriginKind::default_value) return true;
  for (const Setting& setting : settings()) {
    const Origin& origin = context.config.peek(setting.key).origin;
    if (origin.kind == OriginKind::env_file && same_file(origin.source, context.root / ".env")) return true;
  }
  return false;
}

Result<void> usable(const std::filesystem::path& base, const Config& config) {
  for (const char* key : {"log.dir", "server.state_dir"}) {
    if (auto made = io::make_writable(below(base, config.text(key))); !made) return made;
  }
  return {};
}

}  // namespace

void choose_file_base(const Context& context, serve::ServeOptions& options) {
  if (!options.stdio || !options.connect.empty() || options.check_only) return;
  for (const char* key : {"log.dir", "server.state_dir"})
    if (context.config.peek(key).unusable) return;  // the judge has more to say
  const auto say = [&](const std::string& text) {
    if (context.globals.quiet == 0) context.streams.err.write("note: " + text + "\n");
  };
  const bool ours = is_own_folder(context);
  if (ours) {
    const auto fine = usable(context.root, context.config);
    if (fine) return;
    say(fine.error().message);
  }
  const std::filesystem::path home = io::state_home();
  const Result<void> fine = home.empty()
                                ? fail(ErrorKind::config, "neither XDG_STATE_HOME nor HOME names a folder")
                                : usable(home, context.config);
  if (fine) {
    options.files = home;
    // Where nobody chose a folder this is the rule; where somebody did, it is not what was asked for.
    if (ours) say(fmt::format("logs and state are in {}", home.string()));
    return;
  }
  options.in_memory = true;
  say(fine.error().message +
      "; nothing is kept and the log goes to standard error: set XDG_STATE_HOME or --root");
}

}  // namespace exai::commands
