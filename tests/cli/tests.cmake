# The command line from outside: transcripts, and what every command has in common.
add_test(NAME cli-transcripts
  COMMAND python3 ${CMAKE_CURRENT_LIST_DIR}/transcripts.py $<TARGET_FILE:exai> ${CMAKE_CURRENT_LIST_DIR})
add_test(NAME cli-commands
  COMMAND python3 ${CMAKE_CURRENT_LIST_DIR}/commands_test.py $<TARGET_FILE:exai> ${CMAKE_SOURCE_DIR})
set_tests_properties(cli-transcripts cli-commands PROPERTIES TIMEOUT 300)
