#include "tests/conformance/fixtures.hpp"

#include "core/base64.hpp"

namespace exai::conformance {

std::string png() {
  return *read_base64(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==");
}

std::string wav() {
  const auto word = [](std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 255U);
    return text;
  };
  const std::string samples(16, '\0');
  const std::string format =
      word(1, 2) + word(1, 2) + word(8000, 4) + word(16000, 4) + word(2, 2) + word(16, 2);
  const std::string chunks = "WAVEfmt " + word(16, 4) + format + "data" +
                             word(static_cast<std::uint32_t>(samples.size()), 4) + samples;
  return "RIFF" + word(static_cast<std::uint32_t>(chunks.size()), 4) + chunks;
}

void take_time(CallContext& context, Millis time) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any stopped;
  stopped.wait_for(lock, context.stop(), time, [] { return false; });
}

std::string accepted(CallContext& context, const std::string& key, const std::string& field) {
  const Json& answer = context.input(key);
  if (!answer.is_object() || answer.value("action", "") != "accept" || !answer.contains("content")) return {};
  const Json& value = answer["content"].value(field, Json());
  if (value.is_boolean()) return value.get<bool>() ? "true" : "";
  return value.is_string() ? value.get<std::string>() : "";
}

Json one_property(const std::string& name, const Json& property) {
  return {{"type", "object"}, {"properties", {{name, property}}}, {"required", Json::array({name})}};
}

}  // namespace exai::conformance
