# exai_embed(TARGET NAMESPACE LIST FILE...): the files become one generated source that defines
#   const std::vector<std::pair<std::string_view, std::string_view>>& NAMESPACE::LIST();   // name without its last extension, text
function(exai_embed target namespace list)
  set(out ${CMAKE_BINARY_DIR}/generated/embedded_${list}.cpp)
  set(inputs)
  foreach(file IN LISTS ARGN)
    list(APPEND inputs ${CMAKE_SOURCE_DIR}/${file})
  endforeach()
  list(TRANSFORM inputs REPLACE "^${CMAKE_SOURCE_DIR}/${CMAKE_SOURCE_DIR}" "${CMAKE_SOURCE_DIR}")
  string(REPLACE ";" "|" joined "${inputs}")
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAMESPACE=${namespace} -DLIST=${list} "-DFILES=${joined}"
      -P ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake VERBATIM)
  target_sources(${target} PRIVATE ${out})
  set_source_files_properties(${out} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# What turns YAML into what the binary reads (core/packed.hpp). Of the folders it holds only what that takes, so that
# it is there before they are.
add_executable(exai-pack cmake/pack.cpp core/packed.cpp core/error.cpp io/yaml.cpp)
target_include_directories(exai-pack PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(exai-pack PRIVATE exai_settings exai_warnings yaml-cpp fmt::fmt)

# The packed documents are a library of their own: no folder waits for them.
add_library(exai_packed OBJECT)
target_link_libraries(exai_packed PRIVATE exai_settings exai_warnings)

# exai_pack(NAMESPACE LIST FILE...): the YAML files become one generated source that defines
#   const std::vector<std::pair<std::string_view, std::string_view>>& NAMESPACE::LIST();   // path, packed document
function(exai_pack namespace list)
  set(out ${CMAKE_BINARY_DIR}/generated/packed_${list}.cpp)
  add_custom_command(OUTPUT ${out} COMMAND exai-pack ${out} ${namespace} ${list} ${ARGN}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} DEPENDS exai-pack ${ARGN} VERBATIM)
  target_sources(exai_packed PRIVATE ${out})
endfunction()
