// The rules that hold for every answer of a tool, whichever it is. Each adds what it finds.
#pragma once

#include "core/redact.hpp"
#include "core/report.hpp"
#include "suite/run/answer.hpp"
#include "suite/run/case.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai::suite {

using Findings = std::vector<Finding>;

Finding finding_of(Status severity, std::string rule, std::string message);

/// V1: a success that says of itself, inside its JSON, that it failed.
void rule_status(const ToolAnswer& answer, Findings& findings);
/// V2: the words of a schema that something did not fit, passed on as an answer.
void rule_schema_words(const ToolAnswer& answer, Findings& findings);
/// V3: nothing in it, or text that begins as JSON and is none.
void rule_empty(const ToolAnswer& answer, Findings& findings);
/// V5, warnings: shorter than 10 or longer than 100,000 characters, where the case does not bound it itself.
void rule_length(const CaseCall& call, const ToolAnswer& answer, Findings& findings);
/// Keys, tokens and private keys that the request did not hold, and those that are known.
void rule_secrets(const CaseCall& call, std::string_view text, const Redactor* known, Findings& findings);
/// An answer of another tool, by another model (where the case does not assert it itself) or of another
/// conversation than was asked.
void rule_addressed(const CaseCall& call, const ToolAnswer& answer, Findings& findings);
/// structuredContent says what the text says.
void rule_structured(const Json& result, const ToolAnswer& answer, Findings& findings);
/// Characters that were encoded twice or lost.
void rule_encoding(const CaseCall& call, std::string_view text, Findings& findings);
/// A script that the request was not written in.
void rule_language(const CaseCall& call, std::string_view text, Findings& findings);
/// The same content twice.
void rule_doubled(const Json& result, Findings& findings);

/// A text shaped like a key of one of the services that give them out; the service, or "" for none.
std::string key_shaped(std::string_view text);

}  // namespace exai::suite
