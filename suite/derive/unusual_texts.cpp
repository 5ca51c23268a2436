// Texts that break servers: a megabyte, characters beyond the first plane, right to left, NUL.
#include "core/json_access.hpp"
#include "suite/derive/tool_cases.hpp"

#include <algorithm>

namespace exai::suite {
namespace {

/// The member to put them in: one that is required, else the first.
const SamplePlace* place_for_text(const Sample& sample) {
  const SamplePlace* found = nullptr;
  for (const SamplePlace& place : sample.places) {
    if (!sample.value.contains(place.at) || !sample.value[place.at].is_string()) continue;
    if (!takes_any_text(place.schema)) continue;
    if (found == nullptr || (place.required && !found->required)) found = &place;
  }
  return found;
}

/// Whatever the schema says of it: refused where it is too long, answered else.
void either(ToolCases& cases, std::string_view variation, const std::string& name, Json arguments) {
  if (!cases.refused(variation, name, arguments)) cases.answered(variation, name, std::move(arguments));
}

}  // namespace

bool takes_any_text(const Json& schema) {
  return !schema.contains("enum") && !schema.contains("pattern") && text_of(schema, "format").empty();
}

void derive_texts(ToolCases& cases) {
  const SamplePlace* place = place_for_text(cases.all);
  if (place == nullptr) return;
  const std::string where = place->at.to_string();
  // An emoji of four code points, one letter of two, Hebrew, Arabic, Han, an override of the direction.
  const std::string foreign =
      "\U0001D4B3 \U0001F469\u200D\U0001F469\u200D\U0001F467 e\u0301 \u05E9\u05DC\u05D5\u05DD "
      "\u0633\u0644\u0627\u0645 \u6F22\u5B57 \u202Eabc\u202C";
  either(cases, "unicode", where + " with emoji, combining and right-to-left", cases.with(*place, foreign));
  either(cases, "unicode", where + " with NUL", cases.with(*place, std::string("a\0b", 3)));
  either(cases, "huge", where, cases.with(*place, std::string(cases.options.huge_bytes, 'x')));
}

}  // namespace exai::suite
