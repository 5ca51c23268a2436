#include "serve/mcp/state_seal.hpp"

#include "core/base64.hpp"
#include "core/digest.hpp"

#include <nlohmann/json.hpp>

namespace exai::serve::mcp {
namespace {

constexpr std::string_view k_seal_version = "v1.";

long long to_epoch_ms(Wall at) {
  return std::chrono::duration_cast<Millis>(at.time_since_epoch()).count();
}

Error unsealed(const char* why) {
  return make_error(ErrorKind::invalid, std::string("requestState ") + why,
                    "send the request again without requestState and inputResponses");
}

}  // namespace

std::string StateSeal::seal(const Json& state, std::string_view principal, std::string_view digest,
                            Wall expires) const {
  const Json payload = {{"s", state}, {"p", principal}, {"d", digest}, {"e", to_epoch_ms(expires)}};
  std::string text(k_seal_version);
  text += base64url(dump_json(payload));
  const Sha256 mac = hmac_sha256(key_.reveal(), text);
  return text.append(".").append(base64url(bytes_of(mac)));
}

Result<Json> StateSeal::open(std::string_view sealed, std::string_view principal, std::string_view digest,
                             Wall now) const {
  const std::size_t dot = sealed.rfind('.');
  if (sealed.substr(0, k_seal_version.size()) != k_seal_version || dot == std::string_view::npos ||
      dot < k_seal_version.size())
    return fail(unsealed("is not one of ours"));
  const std::string_view signed_part = sealed.substr(0, dot);
  const std::optional<std::string> mac = read_base64url(sealed.substr(dot + 1));
  const Sha256 expected = hmac_sha256(key_.reveal(), signed_part);
  if (!mac || !equal_in_constant_time(*mac, bytes_of(expected)))
    return fail(unsealed("is not one of ours, or was changed"));
  const std::optional<std::string> bytes = read_base64url(signed_part.substr(k_seal_version.size()));
  Result<Json> payload = bytes ? parse_json(*bytes) : Result<Json>(fail(unsealed("is broken")));
  if (!payload || !payload->is_object()) return fail(unsealed("is broken"));
  if (payload->value("p", "") != principal) return fail(unsealed("belongs to another caller"));
  if (payload->value("d", "") != digest) return fail(unsealed("belongs to another request"));
  if (payload->value("e", 0LL) <= to_epoch_ms(now)) return fail(unsealed("has expired"));
  return std::move((*payload)["s"]);
}

}  // namespace exai::serve::mcp
