#include "io/curl_library.hpp"

#include <fmt/core.h>

#include <dlfcn.h>

namespace exai::io {
namespace {

constexpr const char* k_file = "libcurl.so.4";

template <class Function>
bool take(void* library, const char* name, Function& function, std::string& missing) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function == nullptr) missing = name;
  return function != nullptr;
}

bool take_all(void* library, CurlLibrary& curl, std::string& missing) {
  return take(library, "curl_global_init", curl.global_init, missing) &&
         take(library, "curl_easy_init", curl.easy_init, missing) &&
         take(library, "curl_easy_cleanup", curl.easy_cleanup, missing) &&
         take(library, "curl_easy_reset", curl.easy_reset, missing) &&
         take(library, "curl_easy_setopt", curl.easy_setopt, missing) &&
         take(library, "curl_easy_getinfo", curl.easy_getinfo, missing) &&
         take(library, "curl_easy_strerror", curl.easy_strerror, missing) &&
         take(library, "curl_multi_init", curl.multi_init, missing) &&
         take(library, "curl_multi_cleanup", curl.multi_cleanup, missing) &&
         take(library, "curl_multi_add_handle", curl.multi_add_handle, missing) &&
         take(library, "curl_multi_remove_handle", curl.multi_remove_handle, missing) &&
         take(library, "curl_multi_perform", curl.multi_perform, missing) &&
         take(library, "curl_multi_poll", curl.multi_poll, missing) &&
         take(library, "curl_multi_wakeup", curl.multi_wakeup, missing) &&
         take(library, "curl_multi_info_read", curl.multi_info_read, missing) &&
         take(library, "curl_multi_strerror", curl.multi_strerror, missing) &&
         take(library, "curl_mime_init", curl.mime_init, missing) &&
         take(library, "curl_mime_free", curl.mime_free, missing) &&
         take(library, "curl_mime_addpart", curl.mime_addpart, missing) &&
         take(library, "curl_mime_name", curl.mime_name, missing) &&
         take(library, "curl_mime_data", curl.mime_data, missing) &&
         take(library, "curl_mime_filedata", curl.mime_filedata, missing) &&
         take(library, "curl_mime_filename", curl.mime_filename, missing) &&
         take(library, "curl_mime_type", curl.mime_type, missing) &&
         take(library, "curl_slist_append", curl.slist_append, missing) &&
         take(library, "curl_slist_free_all", curl.slist_free_all, missing);
}

Result<const CurlLibrary*> load() {
  static CurlLibrary curl;
  // Never unloaded: its threads and TLS state live as long as the process.
  void* const library = ::dlopen(k_file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = ::dlerror();
    return fail(ErrorKind::config,
                fmt::format("cannot load {}: {}", k_file, why != nullptr ? why : "unknown reason"),
                "apt-get install libcurl4");
  }
  std::string missing;
  if (!take_all(library, curl, missing))
    return fail(ErrorKind::config, fmt::format("{} is too old: it has no {}", k_file, missing),
                "apt-get install libcurl4 (7.85 or newer)");
  if (const CURLcode code = curl.global_init(CURL_GLOBAL_DEFAULT); code != CURLE_OK)
    return fail(ErrorKind::internal, fmt::format("{} does not start: {}", k_file, curl.easy_strerror(code)));
  return &curl;
}

}  // namespace

Result<const CurlLibrary*> curl_library() {
  static const Result<const CurlLibrary*> k_loaded = load();
  return k_loaded;
}

}  // namespace exai::io
