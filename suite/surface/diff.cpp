#include "suite/surface/diff.hpp"

#include "core/json_access.hpp"
#include "suite/surface/diff_entries.hpp"
#include "suite/surface/schema_diff.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::size_t k_all_changes = 10'000;

using Changes = std::vector<SurfaceChange>;
using EntryMap = std::map<std::pair<std::string, std::size_t>, const Json*>;

/// Entries by what tells them apart, those of one name counted from 0.
EntryMap entries_by_key(const Json& entries, std::string_view key) {
  EntryMap found;
  std::map<std::string, std::size_t> count;
  for (const Json& entry : entries) {
    const std::string name = text_of(entry, key);
    found.emplace(std::pair{name, count[name]++}, &entry);
  }
  return found;
}

std::string place_of(std::string_view list, const std::pair<std::string, std::size_t>& key) {
  std::string place = joined_place(list, key.first);
  if (key.second > 0) place += fmt::format("#{}", key.second + 1);
  return place;
}

/// Deeper than any file of a surface: comparing it would take a stack of that depth.
bool too_deep(const Json& entry) {
  return nesting_of(entry) > std::size_t(k_file_depth);
}

void compare_lists(const SurfaceList& list, const Surface& before, const Surface& after, Changes& changes) {
  const EntryMap were = entries_by_key(before.*list.entries, list.key);
  const EntryMap are = entries_by_key(after.*list.entries, list.key);
  for (const auto& [key, entry] : were) {
    const auto found = are.find(key);
    if (found == are.end())
      changes.push_back({place_of(list.name, key), ChangeKind::breaking, "is gone"});
    else if (too_deep(*entry) || too_deep(*found->second))
      changes.push_back({place_of(list.name, key), ChangeKind::breaking,
                         fmt::format("is nested deeper than {} levels and is not judged", k_file_depth)});
    else if (*entry != *found->second)
      compare_entries(list.name, place_of(list.name, key), *entry, *found->second, changes);
    if (changes.size() > k_all_changes) return;
  }
  for (const auto& [key, entry] : are)
    if (were.find(key) == were.end())
      changes.push_back({place_of(list.name, key), ChangeKind::compatible, "is new"});
}

/// Revisions are dates; what is none cannot be put in an order.
ChangeKind kind_of_revision(const std::string& before, const std::string& after) {
  const auto is_date = [](const std::string& text) {
    return text.size() == 10 && text.find_first_not_of("0123456789-") == std::string::npos;
  };
  return is_date(before) && is_date(after) && before < after ? ChangeKind::compatible : ChangeKind::breaking;
}

void compare_servers(const Surface& before, const Surface& after, Changes& changes) {
  const auto changed = [&](const char* what, const std::string& was, const std::string& is, ChangeKind kind) {
    if (was == is) return;
    constexpr std::size_t k_short = 40;
    const bool shown = was.size() <= k_short && is.size() <= k_short;
    changes.push_back({fmt::format("server.{}", what), kind,
                       shown ? fmt::format("was {}, is {}", quote_json(was), quote_json(is)) : "changed"});
  };
  changed("name", before.name, after.name, ChangeKind::wording);
  changed("version", before.version, after.version, ChangeKind::wording);
  changed("protocol", before.protocol, after.protocol, kind_of_revision(before.protocol, after.protocol));
  changed("instructions", before.instructions, after.instructions, ChangeKind::wording);
  const std::set<std::string> were(before.capabilities.begin(), before.capabilities.end());
  const std::set<std::string> are(after.capabilities.begin(), after.capabilities.end());
  for (const std::string& name : were)
    if (are.count(name) == 0)
      changes.push_back({joined_place("server.capabilities", name), ChangeKind::breaking, "is gone"});
  for (const std::string& name : are)
    if (were.count(name) == 0)
      changes.push_back({joined_place("server.capabilities", name), ChangeKind::compatible, "is new"});
}

}  // namespace

std::string_view to_string(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::breaking:
      return "breaking";
    case ChangeKind::compatible:
      return "compatible";
    case ChangeKind::wording:
      return "wording";
  }
  return "breaking";
}

std::optional<ChangeKind> change_kind(std::string_view word) {
  for (const ChangeKind kind : {ChangeKind::breaking, ChangeKind::compatible, ChangeKind::wording})
    if (to_string(kind) == word) return kind;
  return std::nullopt;
}

std::vector<SurfaceChange> compare_surfaces(const Surface& before, const Surface& after) {
  Changes changes;
  compare_servers(before, after, changes);
  for (const SurfaceList& list : k_surface_lists) compare_lists(list, before, after, changes);
  const bool cut = changes.size() > k_all_changes;
  if (cut) changes.resize(k_all_changes);
  std::stable_sort(changes.begin(), changes.end(), [](const SurfaceChange& a, const SurfaceChange& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.place < b.place;
  });
  if (cut)
    changes.insert(changes.begin(),
                   {"", ChangeKind::breaking,
                    fmt::format("more than {} changes, the others are not told", k_all_changes)});
  return changes;
}

}  // namespace exai::suite
