# Run at build time by exai_embed: writes OUT from FILES ("|"-separated).
string(REPLACE "|" ";" files "${FILES}")
set(rows "")
foreach(file IN LISTS files)
  if(file STREQUAL "")
    continue()
  endif()
  file(READ "${file}" text)
  get_filename_component(name "${file}" NAME_WLE)
  # Long texts are cut into pieces: ISO C++ guarantees 65,536 characters a literal only, pedantic mode warns.
  string(LENGTH "${text}" length)
  set(pieces "\"\" ")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 12000 piece)
    string(APPEND pieces " R\"_embed_(${piece})_embed_\"")
    math(EXPR at "${at} + 12000")
  endwhile()
  string(APPEND rows "    {\"${name}\", ${pieces}},\n")
endforeach()
file(WRITE "${OUT}.tmp" "#include <string_view>\n#include <utility>\n#include <vector>\nnamespace ${NAMESPACE} {
const std::vector<std::pair<std::string_view, std::string_view>>& ${LIST}();
const std::vector<std::pair<std::string_view, std::string_view>>& ${LIST}() {
  static const std::vector<std::pair<std::string_view, std::string_view>> k_files{\n${rows}  };
  return k_files;
}
}\n")
file(COPY_FILE "${OUT}.tmp" "${OUT}" ONLY_IF_DIFFERENT)
