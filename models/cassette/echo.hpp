// The provider of a rehearsal: it answers what was never recorded by repeating what it was asked, keeps files
// that are sent to it, and finds one page for every search. Nothing leaves the process.
#pragma once

#include "io/http.hpp"
#include "models/cassette/cassette.hpp"

#include <map>
#include <mutex>
#include <string>

namespace exai::models {

/// Thread-safe. Speaks what the providers' clients ask: /chat/completions (whole and as a stream), /files
/// (POST, GET, content, DELETE), /web_search, /models. The same requests in the same order give the same
/// answers.
class Echo {
 public:
  /// What it answers, as an exchange that takes no time. An address that it does not know is 404.
  CassetteExchange answer(const io::HttpRequest& request);

 private:
  struct Kept {
    std::string name, purpose, content;
  };
  CassetteExchange files(const io::HttpRequest& request, const std::string& rest);
  CassetteExchange keep(const io::HttpRequest& request);

  std::mutex mutex_;
  std::map<int, Kept> files_;
  int next_ = 1;
};

}  // namespace exai::models
