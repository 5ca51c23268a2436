#include "suite/surface/surface.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"
#include "io/files.hpp"
#include "suite/surface/unicode.hpp"

#include <algorithm>
#include <initializer_list>

#include <fmt/core.h>

namespace exai::suite {
namespace {

using mcp::client::McpList;

constexpr std::string_view k_lock_hint = "exai suite lock --file FILE writes one";

/// What a server may say otherwise each time it is asked, and no client reads as a promise.
void drop_passing(Json& entries) {
  for (Json& entry : entries) {
    if (!entry.is_object()) continue;
    entry.erase("_meta");
    entry.erase("size");
    const auto annotations = entry.find("annotations");
    if (annotations != entry.end() && annotations->is_object()) annotations->erase("lastModified");
  }
}

/// Entries of one name stay apart by all that they say, so that their order does not depend on the server's.
Json sorted_entries(const Json& entries, std::string_view key) {
  std::vector<const Json*> order;
  for (const Json& entry : entries) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(), [&](const Json* a, const Json* b) {
    const std::string left = text_of(*a, key), right = text_of(*b, key);
    return left != right ? left < right : *a < *b;
  });
  Json sorted = Json::array();
  for (const Json* entry : order) sorted.push_back(*entry);
  return sorted;
}

Result<Json> listed(mcp::client::McpClient& client, McpList what, std::string_view name, Deadline deadline,
                    const std::stop_token& stop) {
  Result<Json> entries = client.list(what, deadline, stop);
  if (!entries && entries.error().kind == ErrorKind::not_found) return Json::array();
  if (!entries) return fail(std::move(entries).error().during(fmt::format("asking for {}", name)));
  drop_passing(*entries);
  return entries;
}

Result<void> read_server(const Json& server, std::string_view name, Surface& surface) {
  const std::initializer_list<std::pair<const char*, std::string*>> texts = {
      {"name", &surface.name},
      {"version", &surface.version},
      {"protocol", &surface.protocol},
      {"instructions", &surface.instructions}};
  for (const auto& [member, text] : texts) {
    if (!member_of(server, member).is_string())
      return fail(ErrorKind::config, fmt::format("{} has no text at /server/{}", name, member),
                  std::string(k_lock_hint));
    *text = text_of(server, member);
  }
  surface.capabilities = texts_of(server, "capabilities");
  return {};
}

bool is_plain(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '$';
  });
}

}  // namespace

Result<Surface> read_surface(mcp::client::McpClient& client, Deadline deadline, std::stop_token stop) {
  const mcp::client::McpServerInfo& info = client.server();
  Surface surface;
  surface.name = info.name;
  surface.version = info.version;
  surface.protocol = info.protocol;
  surface.instructions = info.instructions;
  surface.capabilities = info.capabilities;
  std::sort(surface.capabilities.begin(), surface.capabilities.end());
  constexpr McpList k_lists[] = {McpList::tools, McpList::prompts, McpList::resources, McpList::templates};
  for (std::size_t at = 0; at < std::size(k_lists); ++at) {
    const SurfaceList& list = k_surface_lists[at];
    const std::string_view declared = k_lists[at] == McpList::templates ? "resources" : list.name;
    // Early servers declare nothing and have tools all the same.
    if (k_lists[at] != McpList::tools && std::find(surface.capabilities.begin(), surface.capabilities.end(),
                                                   declared) == surface.capabilities.end())
      continue;
    auto entries = listed(client, k_lists[at], list.name, deadline, stop);
    if (!entries) return fail(entries.error());
    surface.*list.entries = std::move(*entries);
  }
  return surface;
}

Result<std::string> surface_text(const Surface& surface) {
  Json out{{"schema", k_surface_schema},
           {"server",
            {{"name", surface.name},
             {"version", surface.version},
             {"protocol", surface.protocol},
             {"instructions", surface.instructions},
             {"capabilities", surface.capabilities}}}};
  for (const SurfaceList& list : k_surface_lists) {
    constexpr std::size_t k_above = 1;  // the object that holds the lists
    if (nesting_of(surface.*list.entries) + k_above > std::size_t(k_file_depth))
      return fail(ErrorKind::invalid,
                  fmt::format("the server's {} are nested deeper than {} levels", list.name, k_file_depth));
    out[std::string(list.name)] = sorted_entries(surface.*list.entries, list.key);
  }
  std::string text = pretty_json(out) + "\n";
  if (text.size() > k_surface_bytes)
    return fail(ErrorKind::invalid,
                fmt::format("what the server shows is larger than {} MiB", k_surface_bytes >> 20U));
  return text;
}

Result<Surface> parse_surface(std::string_view text, std::string_view name) {
  const auto refused = [&](std::string_view why) {
    return fail(ErrorKind::config, fmt::format("{} {}", name, why), std::string(k_lock_hint));
  };
  const auto json = parse_json(text, k_file_depth);
  if (!json) return refused("is " + json.error().message);
  if (text_of(*json, "schema") != k_surface_schema)
    return refused(fmt::format("is no surface: its \"schema\" is not \"{}\"", k_surface_schema));
  Surface surface;
  if (auto read = read_server(member_of(*json, "server"), name, surface); !read) return fail(read.error());
  for (const SurfaceList& list : k_surface_lists) {
    const Json& entries = member_of(*json, list.name);
    if (!entries.is_array()) return refused(fmt::format("has no list at /{}", list.name));
    surface.*list.entries = entries;
    drop_passing(surface.*list.entries);
  }
  return surface;
}

Result<Surface> read_surface_file(const std::filesystem::path& file, Deadline deadline) {
  const auto text = io::read_file(file, k_surface_bytes, deadline);
  if (!text) return fail(Error(text.error()).try_this(std::string(k_lock_hint)));
  return parse_surface(*text, printable(file.string()));
}

Result<void> write_surface_file(const std::filesystem::path& file, const Surface& surface) {
  const auto text = surface_text(surface);
  if (!text) return fail(text.error());
  return io::write_atomic(file, *text);
}

std::size_t nesting_of(const Json& value) {
  std::size_t deepest = 0;
  std::vector<std::pair<const Json*, std::size_t>> open{{&value, 0}};
  while (!open.empty()) {
    const auto [here, level] = open.back();
    open.pop_back();
    if (!here->is_structured()) continue;
    deepest = std::max(deepest, level + 1);
    for (const Json& item : *here) open.emplace_back(&item, level + 1);
  }
  return deepest;
}

std::string joined_place(std::string_view place, std::string_view name) {
  constexpr std::size_t k_shown = 120;
  if (is_plain(name) && name.size() <= k_shown) return fmt::format("{}.{}", place, name);
  return fmt::format("{}[{}]", place, quote_json(visible_excerpt(name, 0, k_shown)));
}

}  // namespace exai::suite
