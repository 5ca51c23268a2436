// The settings of deployment.
#include "core/settings/groups.hpp"

namespace exai::setting_groups {
namespace {

using enum SettingType;

constexpr Setting k_deployment_rows[] = {
    {.key = "supabase.url",
     .type = url,
     .env = {"SUPABASE_URL"},
     .group = "deployment",
     .help = "Supabase project",
     .form = Form::http_url,
     .need = Need::deployment},
    {.key = "supabase.anon_key",
     .type = text,
     .env = {"SUPABASE_ANON_KEY", "SUPABASE_KEY"},
     .secret = true,
     .group = "deployment",
     .help = "its public key",
     .need = Need::deployment},
    {.key = "supabase.service_role_key",
     .type = text,
     .env = {"SUPABASE_SERVICE_ROLE_KEY"},
     .secret = true,
     .group = "deployment",
     .help = "its server key; must differ from the public one",
     .need = Need::deployment},
    {.key = "supabase.access_token",
     .type = text,
     .env = {"SUPABASE_ACCESS_TOKEN"},
     .secret = true,
     .group = "deployment",
     .help = "older name of a server key, used where there is no other; a management token (sbp_) is none",
     .need = Need::deployment},
    {.key = "redis.url",
     .type = url,
     .env = {"REDIS_URL"},
     .secret = true,
     .group = "deployment",
     .help = "Redis: redis://[USER[:PASSWORD]@]HOST[:PORT][/DB], rediss:// for TLS, or unix:///PATH; its "
             "password may "
             "stand in REDIS_PASSWORD instead",
     .form = Form::redis_url,
     .need = Need::deployment},
    {.key = "redis.prefix",
     .type = text,
     .default_value = "exai:",
     .env = {"EXAI_REDIS_PREFIX"},
     .group = "deployment",
     .help = "what the names of its keys begin with; servers that share limits, circuits and cached answers "
             "have the same one",
     .need = Need::deployment},
    {.key = "redis.ca_file",
     .type = path,
     .env = {"REDIS_CA_FILE"},
     .group = "deployment",
     .help =
         "PEM file of the authority that signed the certificate of Redis; none means those of this machine",
     .form = Form::file,
     .need = Need::deployment},
    {.key = "redis.password",
     .type = text,
     .min = "32",
     .env = {"REDIS_PASSWORD"},
     .secret = true,
     .group = "deployment",
     .help = "Redis password, 32 characters at least (deployment:54)",
     .need = Need::deployment},
    {.key = "redis.commander_user",
     .type = text,
     .env = {"REDIS_COMMANDER_USER"},
     .group = "deployment",
     .help = "user of Redis Commander",
     .need = Need::deployment},
    {.key = "redis.commander_password",
     .type = text,
     .min = "12",
     .env = {"REDIS_COMMANDER_PASSWORD"},
     .secret = true,
     .group = "deployment",
     .help = "password of Redis Commander",
     .need = Need::deployment},
    {.key = "deploy.timezone",
     .type = text,
     .env = {"TZ"},
     .group = "deployment",
     .help = "time zone of the host, as in tzdata; records are always in UTC",
     .need = Need::deployment},
};

}  // namespace

constinit const std::span<const Setting> k_deployment{k_deployment_rows};

}  // namespace exai::setting_groups
