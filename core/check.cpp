#include "core/check.hpp"

#include "core/text.hpp"

#include <exception>

#include <fmt/core.h>

namespace exai {

bool Check::has_tag(std::string_view tag) const {
  const std::vector<std::string> own = split(tags, ',');
  return std::find(own.begin(), own.end(), tag) != own.end();
}

CheckResult run_check(const Check& check, const CheckContext& context) {
  CheckContext own = context;
  own.deadline = context.deadline.within(check.timeout, context.clock);
  CheckResult result = timed(context.clock, [&] {
    try {
      return check.run(own);
    } catch (const UnusableSetting& unusable) {
      return check_unknown(unusable.error());
    } catch (const std::exception& error) {
      CheckResult broken = check_unknown(
          make_error(ErrorKind::internal, fmt::format("the check ended with: {}", error.what())));
      broken.cause = Cause::internal;
      return broken;
    }
  });
  result.id = check.id;
  result.title = check.title;
  return result;
}

const Check* find_check(std::string_view id) {
  return Registered<Check>::find(id);
}

namespace {

std::string hint_for(const std::string& selector, const std::vector<std::string>& names) {
  const std::string near = did_you_mean(selector, names);
  return near.empty() ? "exai check list shows all" : near + " (exai check list shows all)";
}

}  // namespace

Result<std::vector<const Check*>> select_checks(const std::vector<std::string>& selectors) {
  const std::vector<const Check*>& all = Registered<Check>::all();
  std::vector<std::string> names;
  for (const Check* check : all) {
    names.emplace_back(check->id);
    for (const std::string& tag : split(check->tags, ',')) names.push_back("@" + tag);
  }
  for (const std::string& selector : selectors)
    if (std::find(names.begin(), names.end(), selector) == names.end())
      return fail(ErrorKind::usage, fmt::format("there is no check \"{}\"", selector),
                  hint_for(selector, names));
  std::vector<const Check*> chosen;
  for (const Check* check : all) {
    const bool wanted = std::any_of(selectors.begin(), selectors.end(), [&](const std::string& selector) {
      return selector.starts_with('@') ? check->has_tag(selector.substr(1)) : selector == check->id;
    });
    if (wanted) chosen.push_back(check);
  }
  return chosen;
}

namespace {

CheckResult result_of(Status status, std::string summary, std::string hint) {
  CheckResult result;
  result.status = status;
  result.summary = std::move(summary);
  result.hint = std::move(hint);
  return result;
}

}  // namespace

CheckResult check_pass(std::string summary) {
  return result_of(Status::pass, std::move(summary), {});
}

CheckResult check_warn(std::string summary, std::string hint) {
  return result_of(Status::warn, std::move(summary), std::move(hint));
}

CheckResult check_fail(std::string summary, std::string hint, Cause cause) {
  CheckResult result = result_of(Status::fail, std::move(summary), std::move(hint));
  result.cause = cause;
  return result;
}

CheckResult check_skip(std::string why) {
  return result_of(Status::skip, std::move(why), {});
}

CheckResult check_unknown(const Error& error) {
  std::string summary = error.message;
  for (const std::string& doing : error.context) summary += fmt::format(", while {}", doing);
  CheckResult result = result_of(Status::unknown, std::move(summary), error.hint);
  if (error.kind == ErrorKind::config) result.cause = Cause::config;
  if (error.kind == ErrorKind::internal) result.cause = Cause::internal;
  if (error.kind == ErrorKind::refused) result.cause = Cause::refused;
  return result;
}

}  // namespace exai
