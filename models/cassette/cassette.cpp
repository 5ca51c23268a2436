#include "models/cassette/cassette.hpp"

#include "core/base64.hpp"
#include "core/digest.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "core/utc.hpp"
#include "io/files.hpp"
#include "io/yaml.hpp"

#include <array>
#include <charconv>

#include <fmt/core.h>

namespace exai::models {
namespace {

constexpr std::string_view k_end = "    # end of exchange\n";

// Kinds by the words that a cassette has for them.
constexpr std::array k_kinds{ErrorKind::usage,       ErrorKind::config,    ErrorKind::missing_input,
                             ErrorKind::unreachable, ErrorKind::refused,   ErrorKind::budget,
                             ErrorKind::internal,    ErrorKind::cancelled, ErrorKind::timeout,
                             ErrorKind::busy,        ErrorKind::not_found, ErrorKind::invalid,
                             ErrorKind::provider};

tl::unexpected<Error> wrong_cassette(const Node& node, std::string message) {
  return fail(make_error(ErrorKind::config, std::move(message),
                         "a cassette is written by exai serve --record; see exai help serve")
                  .at(node.where));
}

/// "text" as a YAML string; what is not text as base64 after its word.
std::string written(std::string_view bytes) {
  const bool text = is_utf8(bytes) && bytes.find('\x7f') == std::string_view::npos;
  return text ? quote_json(bytes) : "base64, " + quote_json(base64(bytes));
}

Result<std::string> bytes_of_list(const Node& node, std::size_t from) {
  if (!node.is_list() || node.items.size() <= from) return wrong_cassette(node, "a text belongs here");
  const bool coded = node.items.size() == from + 2;
  if (node.items.size() > from + 2 || (coded && node.items[from].scalar != "base64"))
    return wrong_cassette(node, "a text, or base64 and a text, belongs here");
  const Node& last = node.items.back();
  if (!coded) return last.scalar;
  std::optional<std::string> bytes = read_base64(last.scalar);
  if (!bytes) return wrong_cassette(last, "this is not base64");
  return std::move(*bytes);
}

Result<Millis> millis(const Node& node, std::string_view key) {
  const Node* field = node.find(key);
  if (field == nullptr) return Millis{0};
  long long value = -1;
  const std::string& text = field->scalar;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || value < 0 || value > 1'000'000'000'000)
    return wrong_cassette(*field, fmt::format("'{}' must be a number, it is '{}'", key, printable(text)));
  return Millis(value);
}

Result<void> known_cassette_keys(const Node& node, const std::vector<std::string>& keys,
                                 std::string_view of) {
  if (!node.is_map()) return wrong_cassette(node, fmt::format("{} must be a mapping", of));
  for (const auto& [key, value] : node.fields)
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      return wrong_cassette(value, fmt::format("unknown key '{}' of {}", printable(key), of));
  return {};
}

Result<void> read_request(const Node& item, CassetteExchange& exchange) {
  const Node* request = item.find("request");
  if (request == nullptr) return wrong_cassette(item, "the exchange has no 'request'");
  if (auto known = known_cassette_keys(*request, {"method", "path", "body"}, "a request"); !known)
    return known;
  exchange.method = request->text("method");
  exchange.path = request->text("path");
  if (exchange.method.empty() || exchange.path.empty())
    return wrong_cassette(*request, "a request needs 'method' and 'path'");
  if (const Node* body = request->find("body")) {
    Result<std::string> bytes = bytes_of_list(*body, 0);
    if (!bytes) return fail(bytes.error());
    exchange.body = std::move(*bytes);
  }
  return {};
}

Result<void> read_error(const Node& node, CassetteExchange& exchange) {
  if (auto known = known_cassette_keys(node, {"kind", "message", "hint", "retry_after"}, "an error"); !known)
    return known;
  const auto kind = std::find_if(k_kinds.begin(), k_kinds.end(),
                                 [&](ErrorKind one) { return to_string(one) == node.text("kind"); });
  if (kind == k_kinds.end())
    return wrong_cassette(node, fmt::format("'{}' is not a kind of error", node.text("kind")));
  const Result<Millis> later = millis(node, "retry_after");
  if (!later) return fail(later.error());
  exchange.error = make_error(*kind, node.text("message"), node.text("hint"));
  exchange.error->retry_after = *later;
  return {};
}

Result<void> read_answer(const Node& item, CassetteExchange& exchange) {
  const Result<Millis> status = millis(item, "status");
  if (!status) return fail(status.error());
  exchange.status = static_cast<int>(status->count());
  if (exchange.status < 100 || exchange.status > 599)
    return wrong_cassette(item, "the exchange needs a 'status' from 100 to 599, or an 'error'");
  if (const Node* headers = item.find("headers")) {
    if (!headers->is_map()) return wrong_cassette(*headers, "'headers' must be a mapping");
    for (const NodeField& field : headers->fields)
      exchange.headers.emplace_back(field.name, field.value.scalar);
  }
  return {};
}

Result<void> read_chunks(const Node& item, CassetteExchange& exchange) {
  const Node* chunks = item.find("chunks");
  if (chunks == nullptr) return {};
  if (!chunks->is_list()) return wrong_cassette(*chunks, "'chunks' must be a list");
  for (const Node& one : chunks->items) {
    if (!one.is_list() || one.items.size() < 2) return wrong_cassette(one, "a chunk is [milliseconds, text]");
    Node holder;
    holder.fields.push_back({"the time of a chunk", one.items.front()});
    const Result<Millis> after = millis(holder, "the time of a chunk");
    if (!after) return fail(after.error());
    Result<std::string> bytes = bytes_of_list(one, 1);
    if (!bytes) return fail(bytes.error());
    exchange.chunks.push_back({*after, std::move(*bytes)});
  }
  return {};
}

Result<CassetteExchange> read_exchange(const Node& item) {
  if (auto known = known_cassette_keys(item, {"at", "request", "status", "headers", "chunks", "end", "error"},
                                       "an exchange");
      !known)
    return fail(known.error());
  CassetteExchange exchange;
  const Result<Millis> at = millis(item, "at");
  if (!at) return fail(at.error());
  const Result<Millis> end = millis(item, "end");
  if (!end) return fail(end.error());
  exchange.at = *at;
  exchange.end = *end;
  if (auto read = read_request(item, exchange); !read) return fail(read.error());
  const Node* error = item.find("error");
  if (auto read = error != nullptr ? read_error(*error, exchange) : read_answer(item, exchange); !read)
    return fail(read.error());
  if (auto read = read_chunks(item, exchange); !read) return fail(read.error());
  return exchange;
}

/// "2026-11-21T14:03:07.250Z", as format_utc writes it.
std::optional<Wall> read_utc(const std::string& text) {
  std::array<int, 7> parts{};
  constexpr std::array<std::pair<std::size_t, std::size_t>, 7> k_places{
      {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}, {20, 3}}};
  if (text.size() != 24 || text.back() != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const char* begin = text.data() + k_places.at(i).first;
    const char* end = begin + k_places.at(i).second;
    if (const auto read = std::from_chars(begin, end, parts.at(i)); read.ptr != end) return std::nullopt;
  }
  using namespace std::chrono;
  const year_month_day day{year{parts[0]}, month{static_cast<unsigned>(parts[1])},
                           std::chrono::day{static_cast<unsigned>(parts[2])}};
  // The clock counts nanoseconds, which end in 2262.
  if (parts[0] < 1970 || parts[0] > 2250 || !day.ok()) return std::nullopt;
  return Wall(sys_days{day} + hours{parts[3]} + minutes{parts[4]} + seconds{parts[5]} +
              milliseconds{parts[6]});
}

}  // namespace

std::string cassette_head(Wall began) {
  return fmt::format(
      "# Exchanges with model providers; exai serve --replay plays them back.\nversion: 1\n"
      "began: {}\nexchanges:\n",
      format_utc(began));
}

std::string cassette_item(const CassetteExchange& exchange) {
  std::string text = fmt::format(
      "  - at: {}\n    request:\n      method: {}\n      path: {}\n      body: [{}]\n", exchange.at.count(),
      quote_json(exchange.method), quote_json(exchange.path), written(exchange.body));
  if (exchange.error) {
    text +=
        fmt::format("    error:\n      kind: {}\n      message: {}\n      hint: {}\n      retry_after: {}\n",
                    to_string(exchange.error->kind), quote_json(exchange.error->message),
                    quote_json(exchange.error->hint), exchange.error->retry_after.count());
  } else {
    text += fmt::format("    status: {}\n", exchange.status);
    if (!exchange.headers.empty()) text += "    headers:\n";
    for (const auto& [name, value] : exchange.headers)
      text += fmt::format("      {}: {}\n", quote_json(name), quote_json(value));
  }
  if (!exchange.chunks.empty()) text += "    chunks:\n";
  for (const CassetteChunk& chunk : exchange.chunks)
    text += fmt::format("      - [{}, {}]\n", chunk.after.count(), written(chunk.bytes));
  return text + fmt::format("    end: {}\n", exchange.end.count()) + std::string(k_end);
}

Result<Cassette> read_cassette(std::string_view text, const std::string& file) {
  const std::size_t last = text.rfind(k_end);
  const std::string_view whole = last == std::string_view::npos ? text : text.substr(0, last + k_end.size());
  const Result<Node> document = io::parse_yaml(whole, file);
  if (!document) return fail(document.error());
  if (auto known =
          known_cassette_keys(*document, {"version", "began", "otherwise", "exchanges"}, "a cassette");
      !known)
    return fail(known.error());
  if (document->text("version") != "1")
    return wrong_cassette(*document, fmt::format("'version' of a cassette must be 1, it is '{}'",
                                                 printable(document->text("version"))));
  Cassette cassette;
  const std::optional<Wall> began = read_utc(document->text("began"));
  if (!began) return wrong_cassette(*document, "'began' must be a time such as 2026-11-21T14:03:07.250Z");
  cassette.began = *began;
  cassette.fingerprint = sha256_hex(whole);
  if (const Node* otherwise = document->find("otherwise")) {
    if (otherwise->scalar != "echo") return wrong_cassette(*otherwise, "'otherwise' can only be echo");
    cassette.echo = true;
  }
  const Node* list = document->find("exchanges");
  if (list == nullptr || list->is_scalar() || list->is_map())
    return wrong_cassette(*document, "'exchanges' must be a list");
  for (const Node& item : list->items) {
    Result<CassetteExchange> exchange = read_exchange(item);
    if (!exchange) return fail(exchange.error());
    cassette.exchanges.push_back(std::move(*exchange));
  }
  return cassette;
}

Result<Cassette> load_cassette(const std::filesystem::path& file) {
  const Result<std::string> text = io::read_file(file);
  if (!text) return fail(text.error());
  return read_cassette(*text, file.string());
}

}  // namespace exai::models
