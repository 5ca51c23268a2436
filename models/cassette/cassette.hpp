// Exchanges with providers as a file: recorded once, replayed without any network.
//
// The file is YAML, made to be read and cut by hand:
//   version: 1
//   began: 2026-11-21T14:03:07.250Z
//   otherwise: echo               # may be left out: what is not below is repeated instead of refused
//   (echo.hpp) exchanges:
//     - at: 12                    # milliseconds since the beginning
//       request: {method: POST, path: "/v1/chat/completions", body: ["..."]}
//       status: 200               # or error: {kind, message, hint, retry_after}
//       headers: {content-type: application/json}
//       chunks:                   # [milliseconds since the piece before, text] or [.., base64, data]
//         - [250, "{...}"]
//       end: 3                    # milliseconds from the last piece to the end
//       # end of exchange
// Texts that are not UTF-8 are written in base64 with the word before them.
#pragma once

#include "core/deadline.hpp"
#include "core/error.hpp"
#include "core/node.hpp"
#include "core/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace exai::models {

struct CassetteChunk {
  Millis after{0};
  std::string bytes;
};

struct CassetteExchange {
  Millis at{0};
  std::string method, path, body;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<CassetteChunk> chunks;  ///< of what went to the receiver, or the body of a refusal
  Millis end{0};
  std::optional<Error> error;  ///< instead of an answer
};

struct Cassette {
  Wall began{};
  std::vector<CassetteExchange> exchanges;
  std::string fingerprint;  ///< SHA-256 of the text
  bool echo = false;        ///< what is not recorded is answered by a provider that repeats what it is asked
};

/// The head of a cassette.
std::string cassette_head(Wall began);
/// One exchange, an item of the list.
std::string cassette_item(const CassetteExchange& exchange);
/// Errors are config with file and line. What a crash cut off at the end is left out.
Result<Cassette> read_cassette(std::string_view text, const std::string& file);
Result<Cassette> load_cassette(const std::filesystem::path& file);

}  // namespace exai::models
