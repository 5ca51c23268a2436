#include "io/curl_library.hpp"

#include "io/loaded_library.hpp"

#include <fmt/core.h>

namespace exai::io {
namespace {

Result<const CurlLibrary*> load() {
  static CurlLibrary curl;
  auto library = LoadedLibrary::open("libcurl.so.4", "libcurl4");
  if (!library) return fail(library.error());
  library->take("curl_global_init", curl.global_init)
      .take("curl_easy_init", curl.easy_init)
      .take("curl_easy_cleanup", curl.easy_cleanup)
      .take("curl_easy_reset", curl.easy_reset)
      .take("curl_easy_setopt", curl.easy_setopt)
      .take("curl_easy_getinfo", curl.easy_getinfo)
      .take("curl_easy_strerror", curl.easy_strerror)
      .take("curl_multi_init", curl.multi_init)
      .take("curl_multi_cleanup", curl.multi_cleanup)
      .take("curl_multi_add_handle", curl.multi_add_handle)
      .take("curl_multi_remove_handle", curl.multi_remove_handle)
      .take("curl_multi_perform", curl.multi_perform)
      .take("curl_multi_poll", curl.multi_poll)
      .take("curl_multi_wakeup", curl.multi_wakeup)
      .take("curl_multi_info_read", curl.multi_info_read)
      .take("curl_multi_strerror", curl.multi_strerror)
      .take("curl_mime_init", curl.mime_init)
      .take("curl_mime_free", curl.mime_free)
      .take("curl_mime_addpart", curl.mime_addpart)
      .take("curl_mime_name", curl.mime_name)
      .take("curl_mime_data", curl.mime_data)
      .take("curl_mime_filedata", curl.mime_filedata)
      .take("curl_mime_filename", curl.mime_filename)
      .take("curl_mime_type", curl.mime_type)
      .take("curl_slist_append", curl.slist_append)
      .take("curl_slist_free_all", curl.slist_free_all);
  if (const Result<void> whole = library->whole(); !whole) return fail(whole.error());
  if (const CURLcode code = curl.global_init(CURL_GLOBAL_DEFAULT); code != CURLE_OK)
    return fail(ErrorKind::internal, fmt::format("libcurl does not start: {}", curl.easy_strerror(code)));
  return &curl;
}

}  // namespace

Result<const CurlLibrary*> curl_library() {
  static const Result<const CurlLibrary*> k_loaded = load();
  return k_loaded;
}

}  // namespace exai::io
