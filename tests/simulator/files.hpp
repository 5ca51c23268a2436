// The file store and the web search of the simulated provider, and the pages of other search engines.
#pragma once

#include "tests/simulator/answer.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace exai::simulator {

struct ShelvedFile {
  std::string name, purpose, content;
};

/// Files by id: "file-1", "file-2", ...
class FileShelf {
 public:
  std::string put(ShelvedFile file);
  std::optional<ShelvedFile> get(const std::string& id) const;
  bool remove(const std::string& id);
  [[nodiscard]] std::map<std::string, ShelvedFile> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, ShelvedFile> files_;
  int next_ = 1;
};

/// POST and GET /files, GET /files/{id} and /files/{id}/content, DELETE /files/{id}; nothing for other paths.
/// The extracted text of a file is "text of NAME: CONTENT".
std::optional<Sent> answer_files(Connection& connection, const RawRequest& request, FileShelf& shelf);

/// POST /web_search (GLM), GET /html/ (DuckDuckGo), POST /search (Tavily), GET /v7.0/search (Bing), each with
/// two results that repeat the question.
std::optional<Sent> answer_search(Connection& connection, const RawRequest& request);

}  // namespace exai::simulator
