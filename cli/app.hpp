// The command line from argv to exit code.
#pragma once

namespace exai::cli {
/// Parses, loads the configuration, runs the command, writes the outcome. Never throws.
int run(int argc, char** argv);
}  // namespace exai::cli
