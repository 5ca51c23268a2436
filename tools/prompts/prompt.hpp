// A prompt that a client's user may pick, as a const record.
#pragma once

#include "core/registry.hpp"
#include "core/result.hpp"
#include "engine/context.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace exai::tools {

struct PromptArgument {
  std::string_view name{}, description{};
  bool required = false;
};

using PromptArguments = std::map<std::string, std::string, std::less<>>;

struct Prompt {
  std::string_view id{}, title{}, description{};
  std::span<const PromptArgument> arguments{};
  engine::Work work = engine::Work::inline_;
  /// A PromptOutput, or InputRequired. Required arguments are there.
  Result<engine::CallAnswer> (*make)(const PromptArguments& arguments,
                                     engine::CallContext& context) = nullptr;
  /// What an argument may be, best first.
  std::vector<std::string> (*complete)(std::string_view argument, std::string_view begun,
                                       engine::CallContext& context) = nullptr;

  [[nodiscard]] std::string_view name() const { return id; }
};

/// A message of the user's with one text.
Json user_text(const std::string& text);

}  // namespace exai::tools
