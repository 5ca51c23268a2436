# The command line from outside: transcripts, and what every command has in common.
exai_script_test(cli-transcripts cli/transcripts.py $<TARGET_FILE:exai> ${CMAKE_CURRENT_SOURCE_DIR}/cli)
exai_script_test(cli-commands cli/commands_test.py $<TARGET_FILE:exai> ${CMAKE_SOURCE_DIR})
# Configurations that a person may write, and the judges that must agree about each.
exai_script_test(cli-judges cli/judges_test.py $<TARGET_FILE:exai>)
exai_script_test(cli-dotenv cli/dotenv_test.py $<TARGET_FILE:exai>)
