#include "cli/app.hpp"

int main(int argc, char** argv) {
  return exai::cli::run(argc, argv);
}
