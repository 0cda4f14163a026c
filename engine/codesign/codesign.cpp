// A study bound to its data (see the header).
#include <dovetail/engine/codesign/codesign.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/engine/codesign/identity.hpp>
#include <dovetail/engine/codesign/study_designer.hpp>
#include <dovetail/engine/design/bayes/loop_prior.hpp>
#include <dovetail/engine/external/command_evaluator.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/study/keys/named_file.hpp>
#include <dovetail/engine/study/study_space.hpp>

namespace dovetail {
namespace {

std::string resolve(const std::string& folder, const std::string& name) {
  return named_file(folder, name);
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

Codesign::Codesign(Study study, std::shared_ptr<const Evaluator> own, std::shared_ptr<const CandidateBuilder> builder)
    : study_(std::move(study)),
      builder_(std::move(builder)) {
  Diagnostics diagnostics;
  if (study_.workloads.empty()) diagnostics.error({study_.folder, 0, 0, ""}, "the study names no workload");
  if (study_.family.empty()) diagnostics.error({study_.folder, 0, 0, ""}, "the study names no family");
  if (!study_.evaluator.empty() && study_.model != "loop")
    diagnostics.error({study_.folder, 0, 0, ""}, "both 'evaluator' and 'model: cycle' would decide: keep one");
  const bool decided_elsewhere = own != nullptr || !study_.evaluator.empty() || study_.model != "loop";
  if (decided_elsewhere && (study_.factors != "perfect" || study_.placement != "even"))
    diagnostics.error(
        {study_.folder, 0, 0, ""},
        "'factors: imperfect' and 'placement: uneven' are mapped by the loop model: leave out 'model' and 'evaluator'");
  check_fusion(own != nullptr, diagnostics);
  diagnostics.raise();
  read_networks(diagnostics);
  read_family(diagnostics);
  diagnostics.raise();
  agree_on_terms(std::move(own));
  points_are_machines_ = !builder_ || builder_->space() == nullptr;
  if (!points_are_machines_) space_ = *builder_->space();
  if (!builder_) builder_ = std::make_shared<FamilyCandidates>(family_, work_);
}

// What is not known of results that stay on chip is refused, all of it at once.
void Codesign::check_fusion(bool simulated, Diagnostics& diagnostics) const {
  if (study_.fusion == "none") return;
  const auto refuse = [&](const std::string& what) {
    diagnostics.error(study_.fusion_where, fmt::format("fusion: {} {}", study_.fusion, what));
  };
  if (study_.model != "loop" || !study_.evaluator.empty() || simulated)
    refuse("counts what stays on chip by the loop model: leave out 'evaluator', and 'model' but loop");
  if (study_.mapper != "exact" || study_.budget > 0)
    refuse("is searched by the exact mapper without a budget, found mapper " + study_.mapper +
           (study_.budget > 0 ? fmt::format(" with budget {}", study_.budget) : ""));
  if (study_.bypass == "fixed") refuse("chooses what levels keep: 'bypass' may be search or none, found fixed");
  if (study_.factors != "perfect" || study_.placement != "even")
    refuse("is searched over plain mappings: leave out 'factors' and 'placement'");
  if (study_.prove)
    refuse("has no proof of a whole space: leave out 'prove'; every machine's own schedule is proven without it");
  const auto wanted = parse_study_objective(study_.objective);
  if (wanted && wanted->mapping.energy_power == 0.0)
    refuse("makes energy, or a product with it, small: 'objective' " + study_.objective + " has no energy");
  if (builder_) refuse("is of studies whose networks are given");
}

void Codesign::agree_on_terms(std::shared_ptr<const Evaluator> own) {
  const StudyObjective wanted = *parse_study_objective(study_.objective);
  for (const std::string& metric : wanted.metrics) terms_.goal.objectives.push_back({metric, true});
  if (terms_.goal.objectives.empty()) terms_.goal.objectives = {{"objective", true}};
  for (const StudySpec& spec : study_.specs) terms_.goal.specs.push_back(spec.spec);
  terms_.sum = NetworkSum(wanted.mapping, study_.combine == Combine::worst);
  terms_.mapper = make_mapper(study_.mapper);
  terms_.bypass = study_.bypass == "none" ? Bypass::none : study_.bypass == "fixed" ? Bypass::fixed : Bypass::search;
  terms_.factors = study_.factors == "imperfect" ? Factors::imperfect : Factors::perfect;
  terms_.placement = study_.placement == "uneven" ? Placement::uneven : Placement::even;
  terms_.budget = study_.budget;
  terms_.gap = study_.prove ? 0.0 : study_.gap;  // a proof's gap is that of the whole study
  terms_.fusion = study_.fusion == "bands" ? Fusion::bands : study_.fusion == "homes" ? Fusion::homes : Fusion::none;
  terms_.seed = study_.seed;
  terms_.candidates = study_.candidates;
  terms_.clock_hz = study_.clock_mhz.value_or(family_->clock_mhz()) * 1e6;
  terms_.evaluator = std::move(own);
  if (!terms_.evaluator && !study_.evaluator.empty())
    terms_.evaluator =
        std::make_shared<CommandEvaluator>(CommandOptions{study_.evaluator, study_.evaluator_timeout_s, {}, {}});
  terms_.external = terms_.evaluator != nullptr;
  if (!terms_.external && study_.model == "cycle") terms_.evaluator = make_evaluator("cycle");
}

void Codesign::read_networks(Diagnostics& diagnostics) {
  auto work = std::make_shared<NetworkSet>();
  for (const StudyWorkload& workload : study_.workloads) {
    try {
      std::vector<std::string> files = {resolve(study_.folder, workload.name)};
      for (const std::string& more : workload.more) files.push_back(resolve(study_.folder, more));
      networks_.push_back(import_workload(files, study_.import).network);
    } catch (const InputError& error) {
      add(diagnostics, error, workload.where);
      continue;
    }
    if (study_.fusion == "none")
      work->add(networks_.back(), workload.weight, *pool_);
    else
      work->add_fused(networks_.back(), workload.weight, *pool_);
  }
  work_ = std::move(work);
}

void Codesign::read_family(Diagnostics& diagnostics) {
  try {
    // A fixed name that is a setting of the family (its word width, its number of PEs) is given to it; the others fix
    // parameters.
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
    family_ = std::make_shared<const Family>(
        settings.empty() ? plain : load_family(resolve(study_.folder, study_.family), settings));
    std::vector<std::string> names;
    for (const FamilySetting& setting : plain.settings()) names.push_back("hw." + setting.name);
    space_ = narrow(family_->space(), study_, diagnostics, names);
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
  trial.metrics = {{"objective", design.objective}, {"lower_bound", design.lower_bound}, {"area_um2", design.area_um2}};
  if (design.pruned) trial.metrics["pruned"] = 1.0;
  if (design.excluded) trial.metrics[excluded_metric] = 1.0;
  if (!design.mapped) return trial;
  const DesignFigures reached = terms_.figures(design.energy_pj, design.cycles, design.area_um2);
  for (const Metric& metric : metrics()) trial.metrics[metric.name] = metric.value(reached);
  if (design.loop_objective > 0.0) trial.metrics[loop_objective_metric] = design.loop_objective;
  return trial;
}

std::optional<DesignPoint> Codesign::evaluate(const Point& point, Dataflow dataflow, const Limits& limits) const {
  return evaluation().evaluate(builder_->build(point, dataflow), dataflow, limits);
}

DesignPoint Codesign::refined(DesignPoint design, Dataflow dataflow, const Limits& limits) const {
  const Candidate candidate = builder_->build(design.point, dataflow);
  return evaluation().refined(candidate, std::move(design), dataflow, limits);
}

std::optional<double> Codesign::loop_objective(const Point& point, int threads) const {
  return evaluation().loop_objective(candidate(point), threads);
}

double Codesign::bound(const Point& point) const {
  return machine_bound()(candidate(point));
}

double Codesign::bound_within(const Point& point) const {
  return machine_bound().within(candidate(point));
}

bool Codesign::bounded_beforehand(const Spec& spec) const {
  const Metric& metric = *find_metric(spec.metric);
  if (metric.before_mapping) return true;
  return spec.max && metric.rises() && terms_.machine_bounds(family_->instantiate(family_->default_point()));
}

std::unique_ptr<Designer> Codesign::designer(int threads) const {
  return study_designer(*this, threads);
}

std::unique_ptr<Designer> Codesign::prover(int threads) const {
  return study_prover(*this, threads);
}

StudyRecord Codesign::record(const std::string& command, const std::string& version) const {
  return study_record(*this, command, version);
}

}  // namespace dovetail
