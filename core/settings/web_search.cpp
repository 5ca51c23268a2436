// The settings of web search.
#include "core/settings/groups.hpp"

namespace exai::setting_groups {
namespace {

using enum SettingType;

constexpr Setting k_web_search_rows[] = {
    {.key = "search.backend",
     .type = choice,
     .default_value = "duckduckgo",
     .choices = "duckduckgo|tavily|bing",
     .env = {"SEARCH_BACKEND"},
     .group = "search",
     .help = "who answers the web_search function of kimi_chat_with_tools"},
    {.key = "search.timeout",
     .type = duration,
     .unit = "s",
     .default_value = "15s",
     .min = "1ms",
     .max = "5m",
     .env = {"EXAI_SEARCH_TIMEOUT_SECS"},
     .group = "search",
     .help = "one search"},
    {.key = "search.duckduckgo_url",
     .type = url,
     .default_value = "https://html.duckduckgo.com/html/",
     .env = {"EXAI_DUCKDUCKGO_URL"},
     .group = "search",
     .help = "page that DuckDuckGo answers searches with",
     .form = Form::http_url},
    {.key = "search.tavily_url",
     .type = url,
     .default_value = "https://api.tavily.com/search",
     .env = {"EXAI_TAVILY_URL"},
     .group = "search",
     .help = "search address of Tavily",
     .form = Form::http_url},
    {.key = "search.tavily_key",
     .type = text,
     .env = {"TAVILY_API_KEY"},
     .secret = true,
     .group = "search",
     .help = "key of Tavily"},
    {.key = "search.bing_url",
     .type = url,
     .default_value = "https://api.bing.microsoft.com/v7.0/search",
     .env = {"EXAI_BING_URL"},
     .group = "search",
     .help = "search address of Bing",
     .form = Form::http_url},
    {.key = "search.bing_key",
     .type = text,
     .env = {"BING_SEARCH_API_KEY"},
     .secret = true,
     .group = "search",
     .help = "key of Bing search"},
    {.key = "glm.search_timeout",
     .type = duration,
     .unit = "s",
     .default_value = "30s",
     .min = "1ms",
     .max = "5m",
     .env = {"GLM_WEBSEARCH_TIMEOUT_SECS"},
     .group = "search",
     .help = "one search of glm_web_search"},
};

}  // namespace

constinit const std::span<const Setting> k_web_search{k_web_search_rows};

}  // namespace exai::setting_groups
