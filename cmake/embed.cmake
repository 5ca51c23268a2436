# exai_embed(TARGET NAMESPACE LIST FILE...): the files become one generated source that defines
#   const std::vector<std::pair<std::string_view, std::string_view>>& NAMESPACE::LIST();   // base name, text
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
