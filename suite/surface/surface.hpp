// What an MCP server shows of itself: everything that a client or a model reads before the first call. As a
// file it is the lock of that server: committed, compared, scanned.
#pragma once

#include "core/deadline.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "mcp/client/client.hpp"

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::suite {

inline constexpr std::string_view k_surface_schema = "exai.surface/1";
/// Bytes of a surface's file, at most: as much as the client takes of one list.
inline constexpr std::size_t k_surface_bytes = std::size_t{64} << 20U;

/// Lists hold the entries as the server wrote them, whatever their type, without what changes by itself
/// (`_meta`, `size`, `lastModified`).
struct Surface {
  std::string name, version;
  std::string protocol;                   ///< revision: "2025-11-25"; "exai-daemon" for exai_ws
  std::string instructions;               ///< what the server tells the model about itself; may be empty
  std::vector<std::string> capabilities;  ///< names as declared, sorted
  Json tools = Json::array();
  Json prompts = Json::array();
  Json resources = Json::array();
  Json templates = Json::array();  ///< of resources
};

/// Which list of a surface, how its file calls it, and what tells its entries apart.
struct SurfaceList {
  std::string_view name;  ///< "resourceTemplates"
  std::string_view key;   ///< "uriTemplate"
  Json Surface::*entries;
};
inline constexpr SurfaceList k_surface_lists[] = {{"tools", "name", &Surface::tools},
                                                  {"prompts", "name", &Surface::prompts},
                                                  {"resources", "uri", &Surface::resources},
                                                  {"resourceTemplates", "uriTemplate", &Surface::templates}};

/// Asks for all pages of every list that the server declares. A list that it declares and does not know is
/// empty; any other error is the result's, with the list's name. Bounds are the client's: 1000 pages and
/// 64 MiB a list.
Result<Surface> read_surface(mcp::client::McpClient& client, Deadline deadline, std::stop_token stop = {});

/// The surface as its file has it: lists sorted by what tells their entries apart, members by name, two
/// blanks a level. The same server gives the same bytes. `invalid` when it is nested deeper than a file may
/// be (256 levels) or larger than k_surface_bytes.
Result<std::string> surface_text(const Surface& surface);

/// Reads the text of such a file; `name` is for the errors, which are `config`. Lists keep the file's order.
Result<Surface> parse_surface(std::string_view text, std::string_view name);
/// The same from a file, "-" is standard input; `missing_input` when it cannot be read.
Result<Surface> read_surface_file(const std::filesystem::path& file, Deadline deadline);
/// Replaces the file as a whole, synced.
Result<void> write_surface_file(const std::filesystem::path& file, const Surface& surface);

/// How deep arrays and objects are nested in it: 0 for a plain value. Needs no stack of that depth.
std::size_t nesting_of(const Json& value);

/// Names for people, one form everywhere: "tools.chat", "tools[\"a b\"]"; the second of that name is
/// "tools.chat#2".
std::string joined_place(std::string_view place, std::string_view name);

}  // namespace exai::suite
