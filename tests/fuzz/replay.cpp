// Runs every input of the corpus through its target, without a fuzzer: what was found once stays mended.
//
// Usage: exai-fuzz-replay CORPUS [TARGET]; --list prints the targets.
#include "tests/fuzz/target.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using exai::Registered;
using exai::fuzz::Target;

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  const std::string corpus = argv[1], only = argc > 2 ? argv[2] : "";
  int empty = 0;
  for (const Target* target : Registered<Target>::all()) {
    if (corpus == "--list") {
      std::printf("%s\n", std::string(target->id).c_str());
      continue;
    }
    if (!only.empty() && target->id != only) continue;
    std::size_t inputs = 0;
    std::error_code missing;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(corpus) / target->id, missing)) {
      std::ifstream stream(entry.path(), std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(stream), {});
      std::fprintf(stderr, "%s\r", entry.path().c_str());  // the last one named is the one that died
      target->run(bytes);
      ++inputs;
    }
    std::printf("%-12s %zu inputs\n", std::string(target->id).c_str(), inputs);
    if (inputs == 0) ++empty;  // nothing was tried
  }
  return empty == 0 ? 0 : 1;
}
