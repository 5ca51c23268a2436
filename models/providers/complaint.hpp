// The errors of endpoints. Each has its own form, many with status 200.
#pragma once

#include "core/error.hpp"
#include "core/json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace exai::models {

struct Complaint {
  std::string text;  ///< one line for a person; never empty
  std::string code;  ///< the endpoint's own code or type; may be empty
};

/// The failure that a document reports. A document that carries something else too (`answers`) reports one
/// only when it says so: a bare "message" is none then.
std::optional<Complaint> complaint_of(const Json& document, bool answers);

/// The kind of error that such a code means: a key refused, too many questions, no such model, or
/// `provider`.
ErrorKind kind_of(const Complaint& complaint);

/// The sentence in an error body, JSON in any dialect, a web page or plain text: one line for a person,
/// without control characters.
std::string error_text(std::string_view body);

/// What a web page is called: its title, its first heading, or its text.
std::string page_text(std::string_view html);

}  // namespace exai::models
