#include "models/providers/answer_reader.hpp"

#include "core/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::models {
namespace {

constexpr std::string_view k_bom = "\xEF\xBB\xBF";

/// "text/event-stream; charset=utf-8" -> "text/event-stream".
std::string media_type(std::string_view content_type) {
  return to_lower(trim(content_type.substr(0, content_type.find(';'))));
}

bool says_nothing(std::string_view type) {
  return type.empty() || type == "text/plain" || type == "application/octet-stream" ||
         type == "binary/octet-stream";
}

}  // namespace

void AnswerReader::head(std::string_view content_type) {
  type_ = media_type(content_type);
  if (type_ == "text/event-stream")
    kind_ = Kind::events;
  else if (type_.find("json") != std::string::npos)
    kind_ = Kind::json;
  else
    kind_ = says_nothing(type_) ? Kind::undecided : Kind::other;
}

/// raw_ holds all bytes so far.
void AnswerReader::decide() {
  std::string_view text = raw_;
  if (text.size() < k_bom.size() && k_bom.starts_with(text)) return;
  if (text.starts_with(k_bom)) text.remove_prefix(k_bom.size());
  text = trim(text);
  if (text.empty()) return;
  kind_ = text.front() == '{' || text.front() == '[' ? Kind::json
          : text.front() == '<'                      ? Kind::other
                                                     : Kind::events;
}

bool AnswerReader::feed(std::string_view bytes) {
  constexpr std::size_t k_max_page = std::size_t{64} << 10U;
  received_ += bytes.size();
  if (received_ > max_) return false;
  std::string before;
  if (kind_ == Kind::undecided) {
    raw_ += bytes;
    decide();
    if (kind_ != Kind::events) return true;
    before.swap(raw_);
    bytes = before;
  }
  if (kind_ == Kind::other) bytes = bytes.substr(0, k_max_page - std::min(k_max_page, raw_.size()));
  if (kind_ != Kind::events) {
    raw_ += bytes;
    return true;
  }
  if (auto fed = events_.feed(bytes, [this](const SseEvent& event) { take(event); }); !fed)
    broken_ = make_error(ErrorKind::provider, fed.error().message);
  return !broken_ && !done_;
}

void AnswerReader::take(const SseEvent& event) {
  if (broken_ || done_) return;
  const std::string_view data = trim(event.data);
  any_event_ = true;
  if (data == "[DONE]") {
    done_ = true;
    return;
  }
  const bool chunk = event.event == "message";
  if (event.event == "error") {
    broken_ =
        make_error(ErrorKind::provider, "the provider ended the stream with an error: " + error_text(data));
    if (const Result<Json> document = parse_foreign_json(data))
      if (const auto complaint = complaint_of(*document, false)) broken_->kind = kind_of(*complaint);
    return;
  }
  if (data.empty()) return;
  // Keep-alives and events of other names carry what they like; only an object can be a piece of the answer.
  if (!data.starts_with('{') && !data.starts_with('[')) {
    if (chunk) remark_ = data;
    return;
  }
  if (!chunk) {
    const Result<Json> document = parse_foreign_json(data);
    const bool ours =
        document && document->is_object() && (document->contains("choices") || document->contains("error"));
    if (!ours) return;
  }
  if (auto read = read_chunk(data, answer_, on_delta_); !read) broken_ = read.error();
}

Result<void> AnswerReader::end_of_events() {
  // The last event may lack its blank line; one that was cut is not whole JSON and is ignored.
  if (!broken_ && !done_ && events_.incomplete()) {
    (void)events_.feed("\n\n", [this](const SseEvent& event) {
      if (trim(event.data) == "[DONE]" || parse_foreign_json(event.data) || event.event == "error")
        take(event);
    });
  }
  if (broken_) return fail(*broken_);
  if (!done_ && answer_.finish_reason.empty()) {
    std::string why = fmt::format("the stream ended early, after {} characters", characters(answer_.content));
    if (!any_event_ && answer_.content.empty()) why = "the stream held no event";
    if (!remark_.empty()) why += fmt::format("; it said: {}", error_text(remark_));
    return fail(ErrorKind::provider, std::move(why), "try again");
  }
  return {};
}

Result<Completion> AnswerReader::end() {
  const bool streamed = kind_ == Kind::events;
  if (streamed) {
    if (auto ended = end_of_events(); !ended) return fail(ended.error());
  } else if (kind_ == Kind::json) {
    Result<Completion> whole = read_completion(raw_);
    if (!whole) return whole;
    answer_ = std::move(*whole);
  } else {
    wrong_type_ = raw_.empty() ? std::string("nothing") : error_text(raw_);
    return fail(ErrorKind::provider, "the answer is not JSON: " + wrong_type_);
  }
  Result<Completion> answer = complete_answer(std::move(answer_));
  empty_ = !answer;
  if (answer && !streamed && on_delta_ && !answer->content.empty()) on_delta_(answer->content);
  return answer;
}

}  // namespace exai::models
