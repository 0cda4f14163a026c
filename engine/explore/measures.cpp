// Compiling objectives and limits over the metrics of the stages.
#include <dovetail/engine/explore/measures.hpp>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <dovetail/engine/explore/stage/csv_table.hpp>

namespace dovetail {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Location shifted(Location where, int columns) {
  if (where.line > 0) where.column += columns;
  return where;
}

bool is_name(const std::string& text) {
  if (text.empty() || (std::isalpha(static_cast<unsigned char>(text[0])) == 0 && text[0] != '_')) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; });
}

}  // namespace

Measures::Measures(const std::vector<std::unique_ptr<Stage>>& stages, const StudyExploration& explore,
                   Diagnostics& diagnostics)
    : known_stage_(stages.size(), 0) {
  bool has_accuracy = false;
  for (std::size_t s = 0; s < stages.size(); ++s) {
    for (const std::string& name : stages[s]->metrics()) {
      const auto found = std::find(names_.begin(), names_.end(), name);
      if (found != names_.end()) {
        diagnostics.error(
            explore.cost.where,
            fmt::format(
                "two stages, {} and {}, make the metric {}",
                stages[static_cast<std::size_t>(stage_[static_cast<std::size_t>(found - names_.begin())])]->name(),
                stages[s]->name(), quote(name)));
        continue;
      }
      has_accuracy = has_accuracy || name == "accuracy";
      names_.push_back(name);
      symbols_.push_back({name, {}});
      stage_.push_back(static_cast<int>(s));
      needs_.push_back({static_cast<int>(s)});
      cheap_.push_back(stages[s]->expected_seconds() < known_seconds && !stages[s]->oracle() ? 1 : 0);
    }
  }
  stage_metrics_ = names_;
  for (const auto& [name, aim] : explore.metrics) {
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) {
      diagnostics.error(aim.where, fmt::format("metrics: {} is the name of a metric that a stage makes", quote(name)));
      continue;
    }
    position(aim.text, name, "metrics", aim.where, 0, diagnostics);
  }
  for (const StudyAim& aim : explore.aims) {
    const int at = position(aim.text, aim.text, "objective", aim.where, 0, diagnostics);
    if (at < 0) continue;
    const std::string& metric = names_[static_cast<std::size_t>(at)];
    if (std::any_of(objectives_.begin(), objectives_.end(),
                    [&](const Objective& other) { return other.metric == metric; }))
      diagnostics.error(aim.where, fmt::format("objective: {} stands twice", metric));
    objectives_.push_back({metric, aim.minimize});
  }
  if (explore.aims.empty() && !names_.empty())
    objectives_ = {{has_accuracy ? "accuracy" : names_.back(), !has_accuracy}};
  for (const StudyLimit& limit : explore.limits) add_limit(limit, diagnostics);
  for (const MeasuredLimit& limit : limits_) {
    if (!limit.known) continue;
    const auto metric = std::find(names_.begin(), names_.end(), limit.spec.metric);
    assert(metric != names_.end());
    for (const int s : needs_[static_cast<std::size_t>(metric - names_.begin())])
      known_stage_[static_cast<std::size_t>(s)] = 1;
  }
}

// The metric of this name, or of this expression, which then gets the name.
int Measures::position(const std::string& text, const std::string& name, const char* what, const Location& where,
                       int shift, Diagnostics& diagnostics) {
  const std::string plain = trimmed(text);
  const auto found = std::find(names_.begin(), names_.end(), plain);
  if (found != names_.end() && name == text) return static_cast<int>(found - names_.begin());
  if (is_name(plain) && found == names_.end()) {
    diagnostics.error(shifted(where, shift),
                      fmt::format("{}: no stage makes the metric {}{}", what, quote(plain), suggestion(plain, names_)));
    return -1;
  }
  std::vector<ExpressionMistake> mistakes;
  auto expression = Expression::compile(text, symbols_, mistakes);
  if (!expression) {
    for (const ExpressionMistake& mistake : mistakes)
      diagnostics.error(shifted(where, shift + mistake.column - 1), fmt::format("{}: {}", what, mistake.message));
    return -1;
  }
  Derived derived{trimmed(name), std::move(*expression), 0, true};
  for (const int input : derived.expression.names()) {
    derived.stage = std::max(derived.stage, stage_[static_cast<std::size_t>(input)]);
    derived.cheap = derived.cheap && cheap_[static_cast<std::size_t>(input)] != 0;
  }
  if (derived.expression.names().empty())
    diagnostics.error(shifted(where, shift), fmt::format("{}: {} names no metric", what, quote(text)));
  names_.push_back(derived.name);
  symbols_.push_back({is_name(derived.name) ? derived.name : "_", {}});
  stage_.push_back(derived.stage);
  std::vector<int> needs;
  for (const int input : derived.expression.names()) {
    const std::vector<int>& before = needs_[static_cast<std::size_t>(input)];
    needs.insert(needs.end(), before.begin(), before.end());
  }
  needs_.push_back(std::move(needs));
  cheap_.push_back(derived.cheap ? 1 : 0);
  derived_.push_back(std::move(derived));
  return static_cast<int>(names_.size()) - 1;
}

void Measures::add_limit(const StudyLimit& limit, Diagnostics& diagnostics) {
  const std::size_t at = limit.text.find_first_of("<>");
  const bool equal = at != std::string::npos && at + 1 < limit.text.size() && limit.text[at + 1] == '=';
  const bool more = equal && limit.text.find_first_of("<>", at + 2) != std::string::npos;
  const std::string left = at == std::string::npos ? "" : trimmed(limit.text.substr(0, at)),
                    right = equal ? trimmed(limit.text.substr(at + 2)) : "";
  if (left.empty() || right.empty() || more) {
    diagnostics.error(limit.where, fmt::format("specs: expected 'metric <= number' or 'metric >= number', found {}",
                                               quote(limit.text)));
    return;
  }
  bool at_most = limit.text[at] == '<';
  const auto left_number = csv_number(left), right_number = csv_number(right);
  MeasuredLimit result;
  result.text = limit.follows_from.empty() ? limit.text : limit.follows_from;
  result.follows = !limit.follows_from.empty();
  result.where = limit.where;
  int metric = -1;
  double bound = 0.0;
  if (right_number) {
    metric = position(left, left, "specs", limit.where, 0, diagnostics);
    bound = *right_number;
  } else if (left_number) {
    metric = position(right, right, "specs", limit.where, static_cast<int>(at) + 2, diagnostics);
    bound = *left_number;
    at_most = !at_most;
  } else {
    const std::string difference = fmt::format("{} - ({})", left, right);
    metric = position(difference, difference, "specs", limit.where, 0, diagnostics);
  }
  if (metric < 0) return;
  result.spec.metric = names_[static_cast<std::size_t>(metric)];
  (at_most ? result.spec.max : result.spec.min) = bound;
  result.stage = stage_[static_cast<std::size_t>(metric)];
  result.known = cheap_[static_cast<std::size_t>(metric)] != 0;
  limits_.push_back(std::move(result));
}

Goal Measures::goal() const {
  Goal goal{objectives_, {}};
  for (const MeasuredLimit& limit : limits_) goal.specs.push_back(limit.spec);
  return goal;
}

void Measures::extend(std::map<std::string, double>& metrics, int stage) const {
  if (derived_.empty()) return;
  std::vector<double> values(symbols_.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (const auto found = metrics.find(names_[i]); found != metrics.end()) values[i] = found->second;
  const std::size_t first = names_.size() - derived_.size();
  for (std::size_t i = 0; i < derived_.size(); ++i) {
    const Derived& derived = derived_[i];
    if (derived.stage > stage) continue;
    const auto& inputs = derived.expression.names();
    if (std::any_of(inputs.begin(), inputs.end(),
                    [&](int input) { return std::isnan(values[static_cast<std::size_t>(input)]); }))
      continue;
    metrics[derived.name] = values[first + i] = derived.expression.value(values);
  }
}

const MeasuredLimit* Measures::broken(const std::map<std::string, double>& metrics, int stage) const {
  for (const MeasuredLimit& limit : limits_) {
    if (limit.stage > stage) continue;
    const auto found = metrics.find(limit.spec.metric);
    if (found == metrics.end()) continue;
    const double value = found->second;
    if (std::isnan(value) || (limit.spec.max && value > *limit.spec.max) || (limit.spec.min && value < *limit.spec.min))
      return &limit;
  }
  return nullptr;
}

bool Measures::needed_by_known(int stage) const {
  return known_stage_[static_cast<std::size_t>(stage)] != 0;
}

}  // namespace dovetail
