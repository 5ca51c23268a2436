#include "engine/workspace/workspace.hpp"

#include "core/base64.hpp"
#include "core/file_names.hpp"
#include "core/forms.hpp"
#include "core/text.hpp"

#include <array>

#include <fmt/core.h>

namespace exai::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t k_max_bytes = std::uint64_t{10} << 20U;
constexpr std::array<std::string_view, 8> k_system_folders{"/etc", "/proc", "/sys",     "/dev",
                                                           "/run", "/boot", "/var/lib", "/var/run"};
constexpr std::array<std::string_view, 8> k_secret_folders{".ssh",    ".gnupg", ".aws",    ".kube",
                                                           ".docker", ".git",   ".config", ".password-store"};
constexpr std::array<std::string_view, 9> k_secret_names{
    ".netrc",      ".pgpass",          ".npmrc",    ".pypirc", ".git-credentials",
    "credentials", "credentials.json", ".htpasswd", "shadow"};
constexpr std::array<std::string_view, 7> k_secret_endings{".pem", ".key",      ".p12", ".pfx",
                                                           ".jks", ".keystore", ".kdbx"};

template <class List>
bool has(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool belongs_to_system(const fs::path& path) {
  const std::string text = path.string() + "/";
  return std::any_of(k_system_folders.begin(), k_system_folders.end(),
                     [&](std::string_view folder) { return text.starts_with(std::string(folder) + "/"); });
}

/// "C:" and what follows.
bool is_drive(std::string_view path) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return path.size() >= 2 && letter(path[0]) && path[1] == ':';
}

std::string mime_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (bytes.starts_with("GIF8")) return "image/gif";
  if (bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") return "image/webp";
  return {};
}

}  // namespace

bool may_hold_secrets(const std::filesystem::path& path) {
  const fs::path lower = to_lower(path.string());  // ".ENV" is one on many disks
  const std::string name = lower.filename().string();
  const bool template_file = name == ".env.example" || name == ".env.template";
  if ((name == ".env" || name.starts_with(".env.")) && !template_file) return true;
  if (name.starts_with("id_rsa") || name.starts_with("id_ed25519") || name.starts_with("id_ecdsa"))
    return true;
  if (has(k_secret_names, name) || has(k_secret_endings, lower.extension().string())) return true;
  return std::any_of(lower.begin(), lower.end(),
                     [](const fs::path& part) { return has(k_secret_folders, part.string()); });
}

Result<Workspace> Workspace::from(const Config& config, const std::filesystem::path& base) {
  Workspace workspace;
  for (const std::string& name : config.list("workspace.roots")) {
    std::error_code problem;
    std::filesystem::path real = std::filesystem::weakly_canonical(below(base, name), problem);
    if (!problem) workspace.roots_.push_back(std::move(real));
  }
  for (const std::string& mapping : config.list("workspace.drive_mappings")) {
    Result<DriveMapping> drive = parse_drive_mapping(mapping);
    if (!drive) return fail(drive.error());
    workspace.drives_.emplace_back(drive->letter, std::move(drive->folder));
  }
  workspace.relative_ = config.boolean("workspace.allow_relative");
  return workspace;
}

Result<std::filesystem::path> Workspace::absolute(std::string_view text) const {
  const std::string shown = printable(text);
  if (text.find('\0') != std::string_view::npos)
    return fail(ErrorKind::invalid, fmt::format("the path '{}' has a zero byte", shown), "check the path");
  if (is_drive(text)) {
    for (const auto& [letter, folder] : drives_) {
      if (letter != to_lower(text.substr(0, 1)).front()) continue;
      std::string path = folder + "/" + std::string(text.substr(2));
      std::replace(path.begin(), path.end(), '\\', '/');
      return std::filesystem::path(path);
    }
    return fail(ErrorKind::invalid, fmt::format("the drive of '{}' stands for no folder here", shown),
                "name it in EX_DRIVE_MAPPINGS of exai serve, as C:/app");
  }
  std::filesystem::path path(text);
  if (path.is_absolute()) return path;
  if (relative_ && !roots_.empty() && !text.empty()) return roots_.front() / path;
  return fail(ErrorKind::invalid, fmt::format("the path '{}' is not absolute", shown),
              "give the full path, from /");
}

Result<Workspace::Place> Workspace::locate(std::string_view text) const {
  const Result<fs::path> path = absolute(text);
  if (!path) return fail(path.error());
  const std::string shown = printable(text);
  std::error_code problem;
  const fs::path real = fs::canonical(*path, problem);
  if (problem)
    return fail(ErrorKind::missing_input, fmt::format("cannot read {}: {}", shown, problem.message()),
                "check the path");
  // By components, so that /work2 does not lie in /work.
  const auto inside = std::find_if(roots_.begin(), roots_.end(), [&](const fs::path& root) {
    return std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first == root.end();
  });
  if (inside == roots_.end())
    return fail(ErrorKind::refused, fmt::format("{} lies outside of the workspace", shown),
                "add its folder to EXAI_WORKSPACE_ROOTS of exai serve");
  if (may_hold_secrets(*path) || may_hold_secrets(real))
    return fail(ErrorKind::refused, fmt::format("{} may hold secrets and is not sent to a model", shown),
                "copy what may be shared to another file");
  if (belongs_to_system(real))
    return fail(ErrorKind::refused, fmt::format("{} belongs to the system and is not sent to a model", shown),
                "copy what may be shared to another file");
  if (!fs::is_regular_file(real, problem) && !fs::is_directory(real, problem))
    return fail(ErrorKind::missing_input, fmt::format("{} is not a regular file", shown),
                "name files or folders");
  fs::path below = real.lexically_relative(*inside);
  if (below == ".") below.clear();
  return Place{real, *inside, std::move(below)};
}

Result<std::filesystem::path> Workspace::resolve(std::string_view text) const {
  Result<Place> place = locate(text);
  if (!place) return fail(place.error());
  return std::move(place->real);
}

Result<io::Opened> Workspace::open(std::string_view text) const {
  const Result<Place> place = locate(text);
  if (!place) return fail(place.error());
  const Result<io::Opened> root = io::open_folder(place->root);
  if (!root) return fail(root.error());
  Result<io::Opened> opened = io::open_beneath(*root, place->below);
  if (!opened)
    opened.error().message = fmt::format("cannot read {}: {}", printable(text), opened.error().message);
  return opened;
}

Result<std::vector<std::string>> image_urls(const Workspace& workspace,
                                            const std::vector<std::string>& images) {
  std::vector<std::string> urls;
  for (const std::string& image : images) {
    if (image.starts_with("https://") || image.starts_with("data:image/")) {
      urls.push_back(image);
      continue;
    }
    const Result<io::Opened> file = workspace.open(image);
    if (!file) return fail(file.error());
    std::string bytes;
    if (const auto got =
            file->is_folder ? Result<std::size_t>(0) : io::append_file(*file, bytes, k_max_bytes);
        !got)
      return fail(got.error().kind, fmt::format("cannot send {}: {}", printable(image), got.error().message),
                  "send a smaller image");
    const std::string type = mime_type(bytes);
    if (type.empty())
      return fail(ErrorKind::invalid,
                  fmt::format("{} is not a PNG, JPEG, GIF or WebP image", printable(image)));
    urls.push_back("data:" + type + ";base64," + base64(bytes));
  }
  return urls;
}

}  // namespace exai::engine
