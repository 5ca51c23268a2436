// What the official suite's scenarios call: small parts that the fixture files share.
#pragma once

#include "tools/prompts/prompt.hpp"
#include "tools/resources/resource.hpp"
#include "tools/tool.hpp"

#include <condition_variable>
#include <mutex>
#include <string>

namespace exai::conformance {

using namespace exai::engine;
using namespace exai::tools;

inline constexpr std::string_view k_no_arguments = R"({"type":"object"})";

/// A PNG of one red pixel and a WAV of a few silent samples.
std::string png();
std::string wav();

/// Waits that long, or less when the call is to stop. The scenarios ask for steps that take their time.
void take_time(CallContext& context, Millis time);

/// A tool without arguments that works on the pool.
inline Tool fixture(std::string_view id, std::string_view description,
                    Result<CallAnswer> (*run)(const Json&, CallContext&)) {
  return Tool{.id = id, .description = description, .input_schema = k_no_arguments, .run = run};
}

inline Tool with_schema(Tool tool, std::string_view schema) {
  tool.input_schema = schema;
  return tool;
}

/// The text that an accepted form gave for a field; empty when it was not answered so.
std::string accepted(CallContext& context, const std::string& key, const std::string& field);

/// An object schema with one required property.
Json one_property(const std::string& name, const Json& property);

}  // namespace exai::conformance
