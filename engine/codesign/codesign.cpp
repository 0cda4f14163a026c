// A study bound to its data, and what one hardware point is worth: the inner half of the co-design.
#include <dovetail/engine/codesign/codesign.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include <fmt/format.h>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/engine/bound/unavoidable_cost.hpp>
#include <dovetail/engine/design/bayes/loop_prior.hpp>
#include <dovetail/engine/external/command_evaluator.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/study/study_space.hpp>
#include <dovetail/spaces/family/features.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

std::string resolve(const std::string& folder, const std::string& name) {
  const bool path = name.find('/') != std::string::npos || name.find('.') != std::string::npos;
  return folder.empty() || !path || name.front() == '/' ? name : folder + "/" + name;
}

// The mistakes of a descriptor; those without a place of their own (no such name) stand where the study names it.
void add(Diagnostics& diagnostics, const InputError& error, const Location& named_at) {
  for (const Diagnostic& diagnostic : error.diagnostics())
    diagnostics.error(diagnostic.where.line > 0 ? diagnostic.where : named_at, diagnostic.message);
}

}  // namespace

std::map<std::string, std::string> named_values(const Space& space, const Point& point) {
  std::map<std::string, std::string> values;
  for (int p = 0; p < static_cast<int>(space.parameters().size()); ++p) {
    std::visit(
        [&](const auto& value) {
          using V = std::decay_t<decltype(value)>;
          std::string text;
          if constexpr (std::is_same_v<V, std::string>)
            text = value;
          else if constexpr (std::is_arithmetic_v<V>)
            text = fmt::format("{}", value);
          else
            for (const auto& item : value) text += fmt::format("{}{}", text.empty() ? "" : " ", item);
          values[space.parameters()[static_cast<std::size_t>(p)].name] = text;
        },
        space.value(point, p));
  }
  return values;
}

Codesign::Codesign(Study study, std::shared_ptr<const Evaluator> own)
    : study_(std::move(study)), evaluator_(std::move(own)) {
  Diagnostics diagnostics;
  if (study_.workloads.empty()) diagnostics.error({study_.folder, 0, 0, ""}, "the study names no workload");
  if (study_.family.empty()) diagnostics.error({study_.folder, 0, 0, ""}, "the study names no family");
  if (!study_.evaluator.empty() && study_.model != "loop")
    diagnostics.error({study_.folder, 0, 0, ""},
                      "both 'evaluator' and 'model: cycle' would decide: keep one");
  diagnostics.raise();
  read_networks(diagnostics);
  read_family(diagnostics);
  diagnostics.raise();
  const StudyObjective wanted = *parse_study_objective(study_.objective);
  objective_ = wanted.mapping;
  for (const std::string& metric : wanted.metrics) goal_.objectives.push_back({metric, true});
  if (goal_.objectives.empty()) goal_.objectives = {{"objective", true}};
  for (const StudySpec& spec : study_.specs) goal_.specs.push_back(spec.spec);
  mapper_ = make_mapper(study_.mapper);
  bypass_ = study_.bypass == "none"    ? Bypass::none
            : study_.bypass == "fixed" ? Bypass::fixed
                                       : Bypass::search;
  if (!evaluator_ && !study_.evaluator.empty())
    evaluator_ =
        std::make_shared<CommandEvaluator>(CommandOptions{study_.evaluator, study_.evaluator_timeout_s, {}});
  foreign_ = evaluator_ != nullptr;
  if (!foreign_ && study_.model == "cycle") evaluator_ = make_evaluator("cycle");
}

void Codesign::read_networks(Diagnostics& diagnostics) {
  std::unordered_map<std::string, std::size_t> positions;
  for (const StudyWorkload& workload : study_.workloads) {
    try {
      networks_.push_back(load_workload(resolve(study_.folder, workload.name)));
    } catch (const InputError& error) {
      add(diagnostics, error, workload.where);
      continue;
    }
    std::vector<Use> uses;
    for (const UniqueLayer& unique : dovetail::unique_layers(networks_.back())) {
      const std::string key = shape_key(unique.layer);
      const auto [found, is_new] = positions.emplace(key, pool_.size());
      if (is_new) pool_.push_back({unique.layer, key, std::make_shared<const LayerBound>(unique.layer)});
      uses.push_back({found->second, unique.count, unique.layer.name});
    }
    uses_.push_back(std::move(uses));
  }
}

void Codesign::read_family(Diagnostics& diagnostics) {
  try {
    // A fixed name that is a setting of the family (its word width, its number of PEs) is given to it; the others fix parameters.
    const Family plain = load_family(resolve(study_.folder, study_.family));
    std::map<std::string, double> settings;
    std::erase_if(study_.fixed, [&](const StudyEntry& entry) {
      for (const FamilySetting& setting : plain.settings()) {
        if (entry.name != setting.name && entry.name != "hw." + setting.name) continue;
        const std::optional<double> value = entry.value.as_number();
        if (value)
          settings[setting.name] = *value;
        else
          diagnostics.error(entry.value.location(),
                            entry.name + ": expected a number, found " + entry.value.describe());
        return true;
      }
      return false;
    });
    family_ = settings.empty() ? plain : load_family(resolve(study_.folder, study_.family), settings);
    space_ = narrow(family_->space(), study_, diagnostics);
  } catch (const InputError& error) {
    add(diagnostics, error, study_.family_where);
  }
}

Point Codesign::nearest_to_hand() const {
  const Point& hand = family_->default_point();
  if (space_.contains(hand)) return hand;
  // Give every parameter, in order, its value of the hand design where the others still allow it.
  Random random(0, {0x68616e64});
  Space space = space_;
  std::optional<Point> nearest = space.sample(random);
  if (!nearest) throw InputError({study_.folder, 0, 0, ""}, "no hardware point satisfies the constraints");
  for (int p = 0; p < static_cast<int>(space.parameters().size()); ++p) {
    const Space narrower = fix(space, p, hand.numbers[static_cast<std::size_t>(space.offset(p))]);
    const std::optional<Point> found = narrower.sample(random);
    if (!found) continue;
    space = narrower;
    nearest = found;
  }
  return *nearest;
}

Trial Codesign::trial(std::int64_t id, const DesignPoint& design) const {
  Trial trial{id, design.point, TrialState::completed, {}, design.reason};
  if (!design.mapped && !design.pruned) {
    trial.state = TrialState::failed;
    return trial;
  }
  trial.metrics = {
      {"objective", design.objective}, {"lower_bound", design.lower_bound}, {"area_um2", design.area_um2}};
  if (design.pruned) trial.metrics["pruned"] = 1.0;
  if (design.excluded) trial.metrics[excluded_metric] = 1.0;
  if (!design.mapped) return trial;
  const DesignFigures reached = figures(design.energy_pj, design.cycles, design.area_um2);
  for (const Metric& metric : metrics()) trial.metrics[metric.name] = metric.value(reached);
  if (design.loop_objective > 0.0) trial.metrics[loop_objective_metric] = design.loop_objective;
  return trial;
}

std::unique_ptr<Designer> Codesign::designer(int threads) const {
  DesignerContext context;
  context.space = space_;
  context.goal = goal_;
  context.seed = study_.seed;
  context.threads = threads;
  context.options = study_.designer_options;
  context.lower_bound = [this](const Point& point) { return bound(point); };
  // `known` is an option of the study: off leaves machines that no layer's rules allow to the classifier of failures.
  bool known = true;
  if (const auto found = context.options.find("known"); found != context.options.end()) {
    known = found->second != "off";
    context.options.erase(found);
  }
  context.admits = [this, known](const Point& point) { return admits(point, known); };
  // `features` is an option of the study: what surrogates see of a machine.
  std::string seen = "both";
  if (const auto found = context.options.find("features"); found != context.options.end()) {
    seen = found->second;
    context.options.erase(found);
  }
  if (seen != "both" && seen != "domain" && seen != "raw") {
    throw InputError({"designer", 0, 0, ""},
                     fmt::format("features={}; allowed are both, domain and raw", seen));
  }
  if (seen != "raw") {
    std::vector<Layer> layers;
    for (const PoolLayer& layer : pool_) layers.push_back(layer.layer);
    context.features = HardwareFeatures(*family_, layers, {true, seen == "both"});
  }
  // A trial maps every layer, which is too much for a machine that will rather fail.
  if (study_.designer == "bayes") context.options.emplace("threshold", "0.5");
  // `prior` is another: what the Gaussian process takes as its mean. The logarithm of the bound, by itself where the loop
  // model decides; under the cycle model the loop model's answer, and under a user's where that is asked for.
  std::string prior = evaluator_ == nullptr ? "bound" : foreign_ ? "none" : "loop";
  if (const auto found = context.options.find("prior"); found != context.options.end()) {
    prior = found->second;
    context.options.erase(found);
  }
  if (prior != "loop" && prior != "bound" && prior != "none") {
    throw InputError({"designer", 0, 0, ""},
                     fmt::format("prior={}; allowed are loop, bound and none", prior));
  }
  if (prior == "bound") {
    // The bound tells good machines from bad ones: what the first points would be spread for.
    if (study_.designer == "bayes") context.options.emplace("initial", "2");
    context.prior_mean = [this, weighty = weighty_layers()](const Point& point) {
      return guesses(point, weighty);
    };
  }
  try {
    if (evaluator_ == nullptr || prior != "loop") return make_designer(study_.designer, context);
    auto answers = std::make_shared<LoopPrior>(
        space_, context.features,
        [this, threads](const Point& point) { return loop_objective(point, threads); }, study_.seed);
    return make_screened_designer(study_.designer, context, std::move(answers));
  } catch (const std::invalid_argument& error) {
    throw InputError({"designer", 0, 0, ""}, error.what());
  }
}

std::unique_ptr<Designer> Codesign::prover(int threads) const {
  DesignerContext context;
  context.space = space_;
  context.goal = goal_;
  context.threads = threads;
  context.lower_bound = [this](const Point& point) { return bound_within(point); };
  return make_designer("exhaustive", context);
}

StudyRecord Codesign::record(const std::string& command, const std::string& version) const {
  StudyRecord record;
  auto& identity = record.identity;
  std::string shapes, names;
  for (std::size_t n = 0; n < networks_.size(); ++n) {
    names += fmt::format("{}{}*{}", n == 0 ? "" : ", ", networks_[n].name, study_.workloads[n].weight);
    for (const Use& use : uses_[n]) shapes += fmt::format("{}:{};", use.count, pool_[use.pool].key);
  }
  identity["kind"] = "optimize";
  identity["workload"] = names;
  identity["workload digest"] = digest(shapes);
  identity["family"] = family_->name();
  std::string text;
  for (const Parameter& parameter : space_.parameters()) {
    text += parameter.name + ";";
    if (const auto* range = std::get_if<IntegerRange>(&parameter.domain))
      text += fmt::format("{},{},{}", range->low, range->high, range->step);
    if (const auto* range = std::get_if<RealRange>(&parameter.domain))
      text += fmt::format("{},{}", range->low, range->high);
    if (const auto* list = std::get_if<OrdinalValues>(&parameter.domain))
      for (const double value : list->values) text += fmt::format("{},", value);
    if (const auto* list = std::get_if<CategoricalValues>(&parameter.domain))
      for (const std::string& value : list->values) text += value + ",";
  }
  for (const Constraint& constraint : space_.constraints()) text += constraint.text + ";";
  identity["space digest"] = digest(text);
  std::string machine;
  for (const Figure& figure : family_->figures(family_->default_point()))
    machine += fmt::format("{}{}{};", figure.component, figure.quantity, figure.value);
  identity["family digest"] = digest(machine);
  identity["objective"] = study_.objective;
  text.clear();
  for (const StudySpec& spec : study_.specs) text += (text.empty() ? "" : ", ") + spec.text;
  identity["specs"] = text;
  identity["combine"] = study_.combine == Combine::sum ? "sum" : "worst";
  text = study_.designer;
  for (const auto& [name, value] : study_.designer_options) text += fmt::format(" {}={}", name, value);
  identity["designer"] = text;
  if (study_.prove) identity["prove"] = fmt::format("after {} trials", study_.trials);
  identity["mapper"] = study_.mapper;
  identity["budget"] = fmt::format("{}", study_.budget);
  identity["mapper gap"] = fmt::format("{}", study_.gap);
  identity["bypass"] = study_.bypass;
  identity["model"] = study_.model;
  if (foreign_) {
    identity["evaluator"] = study_.evaluator.empty() ? evaluator_->name() : study_.evaluator;
    identity["evaluator timeout"] = fmt::format("{} s", study_.evaluator_timeout_s);
    identity["candidates"] = fmt::format("{}", study_.candidates);
  }
  identity["batch"] = fmt::format("{}", study_.batch);
  identity["seed"] = fmt::format("{}", study_.seed);
  identity["clock_mhz"] = fmt::format("{}", study_.clock_mhz.value_or(family_->clock_mhz()));
  record.information = {
      {"command", command}, {"version", version}, {"trials asked", fmt::format("{}", study_.trials)}};
  return record;
}

}  // namespace dovetail
