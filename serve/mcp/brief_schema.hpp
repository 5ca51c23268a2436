// What a model needs of an input schema to call a tool. The list of tools is context that every client pays
// for, so what is shown once is not shown again, and limits stay with the judge of arguments, whose
// complaints name them.
#pragma once

#include "serve/mcp/names.hpp"

#include <map>
#include <string>
#include <string_view>

namespace exai::serve::mcp {

/// For one list of tools, from its first to its last.
class BriefSchemas {
 public:
  /// Names, types and what is required; words and choices of an argument where the list has it first, or has
  /// it differently. One type where several may be: the first of them that is not null.
  std::string brief(std::string_view schema);
  /// Schemas of plain properties; others (references, alternatives, own dialects) are not made brief.
  static bool covers(std::string_view schema);

 private:
  std::map<std::string, std::string, std::less<>>
      shown_;  ///< what the list says of an argument first, by its name
};

}  // namespace exai::serve::mcp
