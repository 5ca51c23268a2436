#include "serve/workspace/workspace.hpp"

#include "core/base64.hpp"
#include "core/digest.hpp"
#include "core/text.hpp"
#include "io/files.hpp"

#include <array>

#include <fmt/core.h>

namespace exai::serve {
namespace workspace_files {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t k_most_bytes = std::uint64_t{10} << 20U;
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

bool holds_secrets(const fs::path& path) {
  const std::string name = to_lower(path.filename().string());
  const bool template_file = name == ".env.example" || name == ".env.template";
  if ((name == ".env" || name.starts_with(".env.")) && !template_file) return true;
  if (name.starts_with("id_rsa") || name.starts_with("id_ed25519") || name.starts_with("id_ecdsa"))
    return true;
  if (has(k_secret_names, name) || has(k_secret_endings, path.extension().string())) return true;
  return std::any_of(path.begin(), path.end(),
                     [](const fs::path& part) { return has(k_secret_folders, part.string()); });
}

bool belongs_to_system(const fs::path& path) {
  const std::string text = path.string() + "/";
  return std::any_of(k_system_folders.begin(), k_system_folders.end(),
                     [&](std::string_view folder) { return text.starts_with(std::string(folder) + "/"); });
}

std::string mime_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (bytes.starts_with("GIF8")) return "image/gif";
  if (bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") return "image/webp";
  return {};
}

}  // namespace
}  // namespace workspace_files

bool may_hold_secrets(const std::filesystem::path& path) {
  return workspace_files::holds_secrets(path);
}

Result<Workspace> Workspace::from(const Config& config, const std::filesystem::path& base) {
  Workspace workspace;
  for (const std::string& name : config.list("workspace.roots")) {
    const std::filesystem::path root(name);
    std::error_code problem;
    std::filesystem::path real =
        std::filesystem::weakly_canonical(root.is_absolute() ? root : base / root, problem);
    if (!problem) workspace.roots_.push_back(std::move(real));
  }
  return workspace;
}

Result<std::filesystem::path> Workspace::resolve(std::string_view text) const {
  using namespace workspace_files;
  const fs::path path(text);
  const std::string shown = printable(text);
  if (!path.is_absolute())
    return fail(ErrorKind::invalid, fmt::format("the path '{}' is not absolute", shown),
                "give the full path, from /");
  std::error_code problem;
  const fs::path real = fs::canonical(path, problem);
  if (problem)
    return fail(ErrorKind::missing_input, fmt::format("cannot read {}: {}", shown, problem.message()),
                "check the path");
  const bool inside = std::any_of(roots_.begin(), roots_.end(), [&](const fs::path& root) {
    return std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first == root.end();
  });
  if (!inside)
    return fail(ErrorKind::refused, fmt::format("{} lies outside of the workspace", shown),
                "add its folder to EXAI_WORKSPACE_ROOTS of exai serve");
  if (holds_secrets(path) || holds_secrets(real))
    return fail(ErrorKind::refused, fmt::format("{} may hold secrets and is not sent to a model", shown),
                "copy what may be shared to another file");
  if (belongs_to_system(real))
    return fail(ErrorKind::refused, fmt::format("{} belongs to the system and is not sent to a model", shown),
                "copy what may be shared to another file");
  if (!fs::is_regular_file(real, problem) && !fs::is_directory(real, problem))
    return fail(ErrorKind::missing_input, fmt::format("{} is no regular file", shown),
                "name files or folders");
  return real;
}

Result<Embedding> embed(const Workspace& workspace, const std::vector<std::string>& paths,
                        const EmbedRules& rules, const std::set<std::string>& known) {
  Embedding embedding;
  for (const std::string& name : paths) {
    const Result<std::filesystem::path> path = workspace.resolve(name);
    if (!path) return fail(path.error());
    const Result<std::string> text = io::read_file(*path, workspace_files::k_most_bytes);
    if (!text) return fail(text.error());
    if (!is_utf8(*text))
      return fail(ErrorKind::invalid, fmt::format("{} is no UTF-8 text", printable(name)),
                  "give images in 'images'");
    EmbeddedFile file{name, sha256_hex(*text), text->size(), 0, false, {}};
    file.tokens = static_cast<long long>(estimate_tokens(*text));
    if (known.count(file.sha256) != 0) {
      file.note = "embedded earlier";
    } else if (embedding.tokens + file.tokens > rules.tokens) {
      file.note = "no room left";
    } else {
      file.embedded = true;
      embedding.tokens += file.tokens;
      embedding.text += fmt::format("\n\n--- file {} ({} bytes) ---\n{}\n--- end of {} ---", name,
                                    text->size(), *text, name);
    }
    embedding.files.push_back(std::move(file));
  }
  return embedding;
}

Result<std::vector<std::string>> image_urls(const Workspace& workspace,
                                            const std::vector<std::string>& images) {
  std::vector<std::string> urls;
  for (const std::string& image : images) {
    if (image.starts_with("https://") || image.starts_with("data:image/")) {
      urls.push_back(image);
      continue;
    }
    const Result<std::filesystem::path> path = workspace.resolve(image);
    if (!path) return fail(path.error());
    const Result<std::string> bytes = io::read_file(*path, workspace_files::k_most_bytes);
    if (!bytes) return fail(bytes.error());
    const std::string type = workspace_files::mime_type(*bytes);
    if (type.empty())
      return fail(ErrorKind::invalid, fmt::format("{} is no PNG, JPEG, GIF or WebP image", printable(image)));
    urls.push_back("data:" + type + ";base64," + base64(*bytes));
  }
  return urls;
}

}  // namespace exai::serve
