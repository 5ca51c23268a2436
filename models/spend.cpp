#include "models/spend.hpp"

#include "core/forms.hpp"
#include "core/utc.hpp"
#include "models/providers/provider.hpp"

#include <fmt/core.h>

namespace exai::models {
namespace {

constexpr double k_million = 1'000'000.0;
constexpr double k_billion = 1'000'000'000.0;
constexpr std::size_t k_max_unwritten_rows = 1000;

/// Dollars of a budget setting; nothing when it sets no limit.
std::optional<double> budget_limit(const Config& config, std::string_view key) {
  const std::string& text = config.text(key);
  if (text.empty()) return std::nullopt;
  return parse_usd(text).value();  // judged when it was read
}

std::string utc_day(Wall at) {
  return format_utc(at).substr(0, 10);
}

Error budget_exhausted(std::string message, std::string_view key) {
  return make_error(ErrorKind::budget, std::move(message),
                    fmt::format("raise {} ({}), or use a free model", key, setting_name(key)));
}

}  // namespace

std::optional<double> cost_of(const Model& model, const Usage& usage) {
  if (!model.price) return std::nullopt;
  const auto cached = static_cast<double>(std::min(usage.cached, usage.prompt));
  const double fresh = static_cast<double>(usage.prompt) - cached;
  return (fresh * model.price->input + cached * model.price->cached_input +
          static_cast<double>(usage.completion) * model.price->output) /
         k_million;
}

Spend::Spend(store::Spend* store, const Clock& clock, std::function<void(const Error&)> on_failure)
    : store_(store),
      clock_(clock),
      on_failure_(std::move(on_failure)),
      writer_(
          mutex_, {.gather = Millis{0}, .retry = Millis{5000}}, [this] { return !unwritten_.empty(); },
          [this](std::unique_lock<std::mutex>& lock) { return write(lock); }) {}

/// A new day begins with what the store knows of it: another life of this server may have spent. Under the
/// lock, so that nothing is spent before the budget is known.
void Spend::turn_day() {
  const std::string today = utc_day(clock_.wall());
  if (today != day_) {
    day_ = today;
    spent_.clear();
    loaded_ = store_ == nullptr;
    load_again_ = {};
  }
  if (!loaded_ && !writer_.writing() && clock_.steady() >= load_again_) load();
}

void Spend::load() {
  constexpr Millis k_patience{30000};
  const Result<std::vector<store::SpendChange>> rows = store_->load(day_);
  loaded_ = rows.has_value();
  load_again_ = clock_.steady() + k_patience;
  if (!rows) {
    if (on_failure_) on_failure_(rows.error());
    return;
  }
  spent_.clear();
  const auto add = [this](const std::vector<store::SpendChange>& changes) {
    for (const store::SpendChange& row : changes)
      if (row.day == day_) spent_[row.provider] += static_cast<double>(row.nano_usd) / k_billion;
  };
  add(*rows);
  add(unwritten_);
}

double Spend::total(std::string_view provider) const {
  double sum = 0;
  for (const auto& [name, dollars] : spent_)
    if (provider.empty() || name == provider) sum += dollars;
  return sum;
}

Result<void> Spend::allow(const Config& config, const Model& model, long long prompt_tokens,
                          long long output_tokens) {
  const auto max = budget_limit(config, "budget.request_usd");
  const auto daily = budget_limit(config, "budget.daily_usd");
  const Provider* const provider = find_provider(model.provider);
  const std::string_view own_key = provider == nullptr ? "" : provider->budget_setting;
  const auto own = own_key.empty() ? std::nullopt : budget_limit(config, own_key);
  if (!max && !daily && !own) return {};
  const double own_max = own.value_or(0);
  // What costs nothing is never refused.
  const double estimate = cost_of(model, {prompt_tokens, output_tokens, 0}).value_or(0);
  if (estimate <= 0) return {};
  if (max && estimate > *max)
    return fail(budget_exhausted(
        fmt::format("this request may cost {:.4f} US dollars with {}, more than the {:.4f} allowed", estimate,
                    model.name, *max),
        "budget.request_usd"));
  const std::scoped_lock lock(mutex_);
  turn_day();
  if (daily && total({}) >= *daily)
    return fail(budget_exhausted(
        fmt::format("the models have cost {:.4f} US dollars today (UTC), the budget is {:.4f}", total({}),
                    *daily),
        "budget.daily_usd"));
  if (own && total(model.provider) >= own_max)
    return fail(
        budget_exhausted(fmt::format("{} has cost {:.4f} US dollars today (UTC), its budget is {:.4f}",
                                     model.provider, total(model.provider), own_max),
                         own_key));
  return {};
}

double Spend::count(const Model& model, const Usage& usage) {
  constexpr Millis k_patience{1000};
  const double dollars = cost_of(model, usage).value_or(0);
  std::unique_lock lock(mutex_);
  turn_day();
  spent_[model.provider] += dollars;
  if (store_ == nullptr) return dollars;
  const auto nano = static_cast<std::int64_t>(std::llround(dollars * k_billion));
  const auto same = std::find_if(unwritten_.begin(), unwritten_.end(), [&](const store::SpendChange& row) {
    return row.day == day_ && row.provider == model.provider && row.model == model.name;
  });
  if (same == unwritten_.end() && unwritten_.size() >= k_max_unwritten_rows) return dollars;
  store::SpendChange& row = same != unwritten_.end() ? *same : unwritten_.emplace_back();
  row.day = day_;
  row.provider = model.provider;
  row.model = model.name;
  row.calls += 1;
  row.prompt += usage.prompt;
  row.completion += usage.completion;
  row.cached += usage.cached;
  row.nano_usd += nano;
  const std::uint64_t mine = writer_.next_round(), failures = writer_.failures();
  writer_.wake();
  if (dollars > 0)
    writer_.wait(lock, k_patience,
                 [&] { return writer_.rounds() >= mine || writer_.failures() != failures; });
  return dollars;
}

bool Spend::first_unpriced(const Model& model) {
  constexpr std::size_t k_max_names = 200;
  if (model.price) return false;
  const std::scoped_lock lock(mutex_);
  return unpriced_.size() < k_max_names && unpriced_.insert(model.name).second;
}

double Spend::today(std::string_view provider) {
  const std::scoped_lock lock(mutex_);
  turn_day();
  return total(provider);
}

bool Spend::write(std::unique_lock<std::mutex>& lock) {
  std::vector<store::SpendChange> rows;
  rows.swap(unwritten_);
  lock.unlock();
  const Result<void> saved = store_->add(rows);
  if (!saved && on_failure_) on_failure_(saved.error());
  lock.lock();
  if (!saved) unwritten_.insert(unwritten_.end(), rows.begin(), rows.end());
  return saved.has_value();
}

void Spend::flush() {
  constexpr Millis k_patience{5000};
  std::unique_lock lock(mutex_);
  writer_.wait(lock, k_patience, [this] { return unwritten_.empty() && !writer_.writing(); });
}

}  // namespace exai::models
