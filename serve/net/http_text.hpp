// Answers as bytes, written by hand so that head and body leave in one write. Pure.
#pragma once

#include "serve/net/exchange.hpp"

#include <string>
#include <string_view>

namespace exai::serve::net {

/// What becomes of the connection after an answer: HTTP/1.0 keeps it only when a header says so.
enum class Persistence : std::uint8_t { keep, keep_announced, close };

std::string_view reason_phrase(int status);
/// Status line and headers of a whole answer, with Content-Length, Connection where it is needed, and
/// X-Content-Type-Options.
void write_head(std::string& out, const HttpResponse& answer, Persistence persistence);
/// The same for an event stream: chunked for HTTP/1.1, else ended by closing.
void write_stream_head(std::string& out, std::string_view headers, bool chunked);
/// One chunk of a chunked body; plain bytes otherwise.
void append_chunk(std::string& out, std::string_view bytes, bool chunked);

}  // namespace exai::serve::net
