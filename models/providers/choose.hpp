// From a name, or from what is needed, to a provider and its model.
#pragma once

#include "models/providers/provider.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai::models {

/// What a name means.
struct ModelChoice {
  const Provider* provider = nullptr;
  Model model;
};

/// By name or alias, ignoring case. Empty is models.default when that is set, else as "auto": the rule
/// table decides for a call without particular needs. "custom/NAME" is any model of the custom endpoint.
/// Errors: not_found with the nearest names; config when the provider has no key (names the variable) or may
/// not use the model.
Result<ModelChoice> choose_model(const Config& config, const ModelCatalogue& catalogue,
                                 std::string_view name);
/// The same for a request: its needs count when it names no model. `tool` is the caller when the needs do not
/// say.
Result<ModelChoice> choose_model(const Config& config, const ModelCatalogue& catalogue,
                                 const ChatRequest& request, std::string_view tool = {});

/// One rule on the way to a decision.
struct RouteStep {
  std::string rule;     ///< its id
  bool taken = false;   ///< it decided
  std::string verdict;  ///< why it did, or did not
};
/// choose_model, with every rule that was looked at.
Result<ModelChoice> explain_choice(const Config& config, const ModelCatalogue& catalogue,
                                   const ChatRequest& request, std::vector<RouteStep>& steps);

/// The needs of a request, as the rule table asks for them.
RouteNeeds needs_of(const ChatRequest& request);
/// Estimated tokens of all that is sent; taken from the needs when they say.
long long prompt_tokens(const ChatRequest& request);

/// The model that really answers: where thinking is another model's, that one.
const Model& answering_model(const ModelCatalogue& catalogue, const Model& model, const ChatRequest& request);

/// Who may answer instead, nearest first: models of other configured providers that can do what is asked, the
/// custom endpoint last.
std::vector<ModelChoice> fallbacks(const Config& config, const ModelCatalogue& catalogue,
                                   const ModelChoice& first, const ChatRequest& request);

}  // namespace exai::models
