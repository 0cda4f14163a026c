// Binding a study to its families and tables, and evaluating a point stage by stage.
#include <dovetail/engine/explore/exploration.hpp>

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/explore/accuracy/command_accuracy.hpp>
#include <dovetail/engine/explore/accuracy/mean_accuracy.hpp>
#include <dovetail/engine/explore/accuracy/proxy_accuracy.hpp>
#include <dovetail/engine/explore/accuracy/sensitivity_accuracy.hpp>
#include <dovetail/engine/explore/accuracy/table_accuracy.hpp>
#include <dovetail/engine/explore/accuracy/trainer_accuracy.hpp>
#include <dovetail/engine/explore/first_draws.hpp>
#include <dovetail/engine/explore/pricers/boards_pricer.hpp>
#include <dovetail/engine/explore/pricers/command_pricer.hpp>
#include <dovetail/engine/explore/pricers/mapped_pricer.hpp>
#include <dovetail/engine/explore/pricers/static_limits.hpp>
#include <dovetail/engine/explore/pricers/system_guess.hpp>
#include <dovetail/engine/explore/pricers/system_pricer.hpp>
#include <dovetail/engine/explore/pricers/table_pricer.hpp>
#include <dovetail/engine/explore/pricers/tiles_pricer.hpp>
#include <dovetail/engine/explore/stage/csv_table.hpp>
#include <dovetail/engine/external/command_pool.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/study/keys/named_file.hpp>
#include <dovetail/engine/study/study_space.hpp>
#include <dovetail/spaces/space/point_json.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

constexpr std::size_t most_listed = 20'000;  // candidates that are all asked whether limits can be met
constexpr int draws_to_judge = 2'000;        // of a space too large for that
constexpr int repair_steps = 40;             // of a draw that breaks a limit
constexpr int first_draws = 12;              // stratified, before the designer's own
constexpr int first_systems = 20;            // the same of systems, whose families must all be seen
constexpr int first_full = 6;                // evaluated in full, of what a cheap fidelity liked best
constexpr int every_system = 6;              // and one in so many later suggestions
constexpr int guessed_systems = 6,
              every_guessed_system = 12;  // the same where a guess tells good systems from bad ones

std::string resolve(const std::string& folder, const std::string& name, bool always_path = false) {
  if (!always_path) return named_file(folder, name);
  return folder.empty() || name.front() == '/' ? name : folder + "/" + name;
}

// Visits the number of every limit as written that bounds a metric from the side of `sign`: `metric <sign>= number`, or
// the other way round.
template <class Visit>
void for_each_bound(const std::vector<StudyLimit>& limits, const std::string& metric, char sign, const Visit& visit) {
  for (const StudyLimit& limit : limits) {
    std::string text = limit.text;
    std::erase(text, ' ');
    const std::size_t at = text.find_first_of("<>");
    if (at == std::string::npos || at + 1 >= text.size() || text[at + 1] != '=') continue;
    const std::string left = text.substr(0, at), right = text.substr(at + 2);
    const bool straight = text[at] == sign;
    const auto number = csv_number(straight ? right : left);
    if ((straight ? left : right) == metric && number) visit(*number);
  }
}

// The number that a metric has to reach.
std::optional<double> least_required(const std::vector<StudyLimit>& limits, const std::string& metric) {
  std::optional<double> least;
  for_each_bound(limits, metric, '>', [&](double number) {
    if (number > 0.0) least = std::max(least.value_or(0.0), number);
  });
  return least;
}

// The number that a metric may have at most.
std::optional<double> most_allowed(const std::vector<StudyLimit>& limits, const std::string& metric) {
  std::optional<double> most;
  for_each_bound(limits, metric, '<', [&](double number) { most = std::min(most.value_or(number), number); });
  return most;
}

// The mistakes of a descriptor; those without a place of their own stand where the study names it.
void add(Diagnostics& diagnostics, const InputError& error, const Location& named_at) {
  for (const Diagnostic& diagnostic : error.diagnostics())
    diagnostics.error(diagnostic.where.line > 0 ? diagnostic.where : named_at, diagnostic.message);
}

}  // namespace

Exploration::Exploration(ExplorationStudy study, OwnAccuracy own_accuracy)
    : study_(std::move(study)),
      own_accuracy_(std::move(own_accuracy)) {
  Diagnostics diagnostics;
  read_networks(diagnostics);
  read_machine(diagnostics);
  if (!diagnostics.failed() && study_.explore.compression.given) read_compression(diagnostics);
  if (study_.explore.system.given) read_system_machines(diagnostics);
  diagnostics.raise();
  candidates_.join();
  candidates_.space = narrow(candidates_.space, study_, diagnostics);
  make_stages(diagnostics);
  diagnostics.raise();
  if (candidates_.system) add_following_limits();
  measures_ = std::make_unique<Measures>(stages_, study_.explore, diagnostics);
  if (system_pricer_ != nullptr)
    system_pricer_->choose_by(
        [this](const std::vector<std::map<std::string, double>>& metrics) { return choose_schedule(metrics); });
  if (candidates_.system && !diagnostics.failed()) check_budgets(diagnostics);
  read_start(diagnostics);
  if (const auto found = study_.designer_options.find("known"); found != study_.designer_options.end()) {
    if (found->second != "on" && found->second != "off")
      diagnostics.error({"designer", 0, 0, ""}, fmt::format("known={}; allowed are on and off", found->second));
    known_ = found->second != "off";
  }
  diagnostics.raise();
  goal_ = measures_->goal();
  small_ = space().finite() && space().count().feasible <= static_cast<double>(most_listed);
  make_guess();
}

Exploration::~Exploration() = default;

void Exploration::read_networks(Diagnostics& diagnostics) {
  std::vector<StudyNetwork> networks = study_.explore.networks;
  for (const StudyWorkload& workload : study_.workloads) {
    StudyNetwork network;
    network.workload = workload.name;
    if (!workload.more.empty())
      diagnostics.error(workload.where, "workload: a list of files is not read here; put them into one folder");
    network.weight = workload.weight;
    network.where = workload.where;
    if (study_.workloads.size() > 1) network.task = workload.name;
    networks.push_back(network);
  }
  if (networks.empty())
    diagnostics.error({study_.folder, 0, 0, ""},
                      "the study names no network: `network: {family: NAME}`, or a workload");
  for (const StudyNetwork& network : networks) {
    NetworkSource source;
    source.task = network.task;
    source.where = network.where;
    source.weight = network.weight;
    try {
      const std::string prefix = network.task.empty() ? "nn" : "nn." + network.task;
      for (const std::string& name : network.any) source.any.push_back(load_workload(resolve(study_.folder, name)));
      for (std::size_t i = 0; i < source.any.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
          if (source.any[i].name == source.any[k].name)
            throw InputError(network.where,
                             fmt::format("network: two networks are called {}", quote(source.any[i].name)));
      if (!network.any.empty())
        source.fixed = source.any.front();
      else if (!network.family.empty())
        source.family = load_network_family(resolve(study_.folder, network.family), network.settings, prefix);
      else
        source.fixed = import_workload({resolve(study_.folder, network.workload)}, study_.import).network;
      candidates_.networks.push_back(std::move(source));
    } catch (const InputError& error) {
      add(diagnostics, error, network.where);
    }
  }
}

void Exploration::read_machine(Diagnostics& diagnostics) {
  if (study_.family.empty()) return;
  try {
    const std::string name = resolve(study_.folder, study_.family);
    if (is_tile_family(name)) return read_tiles(name, diagnostics);
    const Family plain = load_family(name);
    std::map<std::string, double> settings;
    std::erase_if(study_.fixed, [&](const StudyEntry& entry) {
      for (const FamilySetting& setting : plain.settings()) {
        if (entry.name != setting.name && entry.name != "hw." + setting.name) continue;
        if (const std::optional<double> value = entry.value.as_number())
          settings[setting.name] = *value;
        else
          diagnostics.error(entry.value.location(),
                            entry.name + ": expected a number, found " + entry.value.describe());
        return true;
      }
      return false;
    });
    candidates_.machine = settings.empty() ? plain : load_family(name, settings);
  } catch (const InputError& error) {
    add(diagnostics, error, study_.family_where);
  }
}

void Exploration::make_stages(Diagnostics& diagnostics) {
  const StudyExploration& explore = study_.explore;
  StudyCost cost = explore.cost;
  const bool on_tiles = candidates_.tiles.has_value();
  if (on_tiles && cost.kind != StudyCost::Kind::none)
    diagnostics.error(cost.where, "cost: an FPGA family prices the network itself: of `cost` only `layers` is left");
  if (!on_tiles && cost.convolutions) diagnostics.error(cost.where, "cost: layers: convolutions is of FPGA families");
  if (explore.compression.given && explore.compression.solve == "exact") {
    const auto limit = most_allowed(explore.limits, "latency_ms");
    const auto sensitivity =
        std::find_if(explore.accuracies.begin(), explore.accuracies.end(),
                     [](const StudyAccuracy& one) { return one.kind == StudyAccuracy::Kind::sensitivity; });
    if (!on_tiles || !limit || candidates_.networks.size() != 1 || sensitivity == explore.accuracies.end())
      diagnostics.error(explore.compression.where,
                        "compress: solve: exact needs one network, an FPGA family, accuracy: {sensitivity: ...}, and a "
                        "limit latency_ms <= number");
    else
      exact_ = std::make_shared<ExactCompression>(explore.compression, read_sensitivities(*sensitivity, diagnostics),
                                                  *limit, cost.convolutions);
  }
  const bool has_machine = candidates_.machine || candidates_.system;
  if (cost.kind == StudyCost::Kind::none && has_machine) cost.kind = StudyCost::Kind::mapped;
  if (cost.kind == StudyCost::Kind::mapped && !has_machine)
    diagnostics.error(cost.where, "cost: mapping needs a machine: `family: NAME`, or a `system`");
  std::vector<std::string> order;
  for (const auto& entry : explore.stages) order.push_back(entry.first);
  for (const char* name : {"limits", "price", "accuracy"})
    if (std::find(order.begin(), order.end(), name) == order.end() && explore.stages.empty()) order.emplace_back(name);
  for (const auto& [name, where] : explore.stages) {
    if (name == "price" && cost.kind == StudyCost::Kind::none && explore.boards.boards.empty() && !on_tiles)
      diagnostics.error(where, "stages: nothing is priced: `cost`, or a machine `family`");
    if (name == "accuracy" && explore.accuracies.empty() && !own_accuracy_)
      diagnostics.error(where, "stages: the study has no `accuracy`");
  }
  const bool on_boards = !explore.boards.boards.empty();
  if (on_boards && (cost.kind != StudyCost::Kind::none || candidates_.machine))
    diagnostics.error(explore.boards.where,
                      "system: boards price the network themselves: leave out `cost` and `family`");
  const auto price = [&]() -> std::unique_ptr<Stage> {
    if (on_boards)
      return make_boards_pricer(candidates_, explore.boards, least_required(explore.limits, "frames_per_s"),
                                diagnostics);
    if (on_tiles) return make_tiles_pricer(candidates_, cost.convolutions, exact_);
    switch (cost.kind) {
      case StudyCost::Kind::table:
        return load_table_pricer(candidates_, resolve(study_.folder, cost.path, true), cost.where, diagnostics);
      case StudyCost::Kind::command:
        return make_command_pricer(candidates_, cost);
      case StudyCost::Kind::mapped: {
        MappedPricerOptions options;
        options.mapper = study_.mapper;
        options.budget = study_.budget;
        options.gap = study_.gap;
        options.objective = *parse_objective(cost.mapping);
        options.bypass = study_.bypass == "none"    ? Bypass::none
                         : study_.bypass == "fixed" ? Bypass::fixed
                                                    : Bypass::search;
        options.factors = study_.factors == "imperfect" ? Factors::imperfect : Factors::perfect;
        options.placement = study_.placement == "uneven" ? Placement::uneven : Placement::even;
        options.seed = study_.seed;
        options.clock_mhz = study_.clock_mhz;
        if (candidates_.system) {
          PlacementOptions placement;
          placement.labels = static_cast<std::size_t>(explore.system.labels);
          placement.comparisons = 150 * placement.labels;
          placement.beam = static_cast<std::size_t>(explore.system.beam);
          auto pricer = make_system_pricer(candidates_, options, placement);
          system_pricer_ = pricer.get();
          return pricer;
        }
        return candidates_.machine ? make_mapped_pricer(candidates_, options) : nullptr;
      }
      default:
        return nullptr;
    }
  };
  const auto accuracy = [&](const StudyAccuracy& wanted, std::size_t network,
                            const std::string& metric) -> std::unique_ptr<Stage> {
    switch (wanted.kind) {
      case StudyAccuracy::Kind::table:
        return load_table_accuracy(candidates_, network, wanted, resolve(study_.folder, wanted.path, true), metric,
                                   diagnostics);
      case StudyAccuracy::Kind::command:
        return make_command_accuracy(candidates_, wanted, metric);
      case StudyAccuracy::Kind::sensitivity:
        return make_sensitivity_accuracy(candidates_, network, read_sensitivities(wanted, diagnostics), exact_, metric);
      case StudyAccuracy::Kind::trainer:
        return make_trainer_accuracy(candidates_, network, wanted.trainer,
                                     resolve(study_.folder, wanted.trainer.data, true), wanted.where, metric,
                                     diagnostics);
      case StudyAccuracy::Kind::proxy:
        return make_proxy_accuracy(candidates_, network, metric);
      default:
        return nullptr;
    }
  };
  for (const std::string& name : order) {
    if (name == "limits") stages_.push_back(make_static_limits(candidates_, study_.clock_mhz));
    if (name == "price") {
      if (auto stage = price()) stages_.push_back(std::move(stage));
    }
    if (name == "accuracy" && own_accuracy_) stages_.push_back(own_accuracy_(candidates_));
    if (name != "accuracy" || own_accuracy_ || explore.accuracies.empty()) continue;
    const std::vector<StudyAccuracy>& all = explore.accuracies;
    if (candidates_.networks.size() == 1 ||
        (all.size() == 1 && all[0].kind == StudyAccuracy::Kind::command && all[0].task.empty())) {
      if (!all[0].task.empty())
        diagnostics.error(all[0].where, fmt::format("accuracy: there is no network {}", quote(all[0].task)));
      else if (auto stage = accuracy(all[0], 0, "accuracy"))
        stages_.push_back(std::move(stage));
      continue;
    }
    // One oracle per task, and their weighted mean.
    std::vector<std::string> tasks;
    for (const NetworkSource& network : candidates_.networks) tasks.push_back(network.task);
    for (const StudyAccuracy& wanted : all)
      if (std::find(tasks.begin(), tasks.end(), wanted.task) == tasks.end() && !wanted.task.empty())
        diagnostics.error(wanted.where, fmt::format("accuracy: there is no network {}{}", quote(wanted.task),
                                                    suggestion(wanted.task, tasks)));
    std::vector<std::unique_ptr<Stage>> parts;
    for (std::size_t n = 0; n < tasks.size(); ++n) {
      const auto found = std::find_if(all.begin(), all.end(), [&](const StudyAccuracy& one) {
        return one.task == tasks[n] || (one.task.empty() && all.size() == 1);
      });
      if (found == all.end()) {
        diagnostics.error(all[0].where, fmt::format("accuracy: nothing stands for the network {}", quote(tasks[n])));
        continue;
      }
      if (auto stage = accuracy(*found, n, tasks[n] + ".accuracy")) parts.push_back(std::move(stage));
    }
    if (!diagnostics.failed()) stages_.push_back(make_mean_accuracy(candidates_, std::move(parts)));
  }
}

void Exploration::read_start(Diagnostics& diagnostics) {
  for (const Node& node : study_.explore.start) {
    // What is not said is as in the families' default networks and the hand design.
    Point point;
    if (candidates_.machine) point = candidates_.machine->default_point();
    if (candidates_.tiles) point.numbers = start_tiling(node);
    if (candidates_.system) point.numbers = candidates_.system->default_numbers();
    const std::vector<double> uncut = candidates_.compression.whole();
    point.numbers.insert(point.numbers.end(), uncut.begin(), uncut.end());
    for (const NetworkSource& network : candidates_.networks) {
      if (!network.any.empty()) point.numbers.push_back(0.0);
      if (!network.family) continue;
      const auto& more = network.family->default_point().numbers;
      point.numbers.insert(point.numbers.end(), more.begin(), more.end());
    }
    const std::size_t before = diagnostics.errors();
    const std::vector<std::string> names = space().names();
    nlohmann::ordered_json whole = to_json(space(), point);
    std::vector<Node::Entry> entries = node.entries();
    for (const auto& [name, value] : whole.items()) {
      if (node.find(name) == nullptr)
        entries.push_back({name, node.location(), from_json(value, node.location().file)});
    }
    const auto read = read_point(Node::mapping(node.location(), entries), space(), diagnostics);
    if (diagnostics.errors() > before || !read) continue;
    if (!space().contains(*read)) {
      std::string broken;
      const std::vector<double> margins = space().margins(*read);
      for (std::size_t i = 0; i < margins.size(); ++i)
        if (!(margins[i] >= 0.0)) broken += (broken.empty() ? "" : "; ") + space().constraints()[i].text;
      diagnostics.error(node.location(), fmt::format("start: this point is not of the space: {}",
                                                     broken.empty() ? "outside of a range" : broken));
      continue;
    }
    start_.push_back(*read);
  }
}

std::optional<Trial> Exploration::evaluate(std::int64_t id, const Point& point, const StageEffort& effort) const {
  return measured(id, point, effort, false);
}

// `cheaply`: accuracies are those of the cheap fidelity.
std::optional<Trial> Exploration::measured(std::int64_t id, const Point& point, const StageEffort& effort,
                                           bool cheaply) const {
  const NetworkCandidate candidate = candidates_.candidate(point);
  Trial trial{id, point, TrialState::completed, {}, ""};
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    StageAnswer answer;
    try {
      const auto guess = cheaply ? stages_[s]->guess(candidate) : std::nullopt;
      if (guess)
        answer.metrics["accuracy"] = *guess;
      else
        answer = stages_[s]->run(candidate, effort);
    } catch (const CommandMissing&) {
      throw;
    } catch (const InputError& error) {
      answer.failure = error.diagnostics().empty() ? error.what() : error.diagnostics().front().message;
    }
    if (answer.stopped) return std::nullopt;
    trial.metrics[stages_metric] = static_cast<double>(s);
    if (!answer.failure.empty()) {
      trial.state = TrialState::failed;
      trial.reason = answer.failure;
      return trial;
    }
    trial.metrics.insert(answer.metrics.begin(), answer.metrics.end());
    measures_->extend(trial.metrics, static_cast<int>(s));
    if (const MeasuredLimit* broken = measures_->broken(trial.metrics, static_cast<int>(s))) {
      trial.reason = "spec " + broken->text;
      return trial;
    }
  }
  trial.metrics[stages_metric] = static_cast<double>(stages_.size());
  for (const Objective& objective : goal_.objectives) {
    const auto found = trial.metrics.find(objective.metric);
    if (found != trial.metrics.end() && std::isfinite(found->second)) continue;
    trial.state = TrialState::failed;
    trial.reason = fmt::format("the objective {} is undefined", objective.metric);
  }
  return trial;
}

std::map<std::string, double> Exploration::cheap_metrics(const Point& point) const {
  const NetworkCandidate candidate = candidates_.candidate(point);
  std::map<std::string, double> metrics;
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    if (!measures_->needed_by_known(static_cast<int>(s))) continue;
    const StageAnswer answer = stages_[s]->run(candidate, {});
    metrics.insert(answer.metrics.begin(), answer.metrics.end());
  }
  measures_->extend(metrics, static_cast<int>(stages_.size()));
  return metrics;
}

// The largest relative distance to a limit that holds by construction; at most 0 where all hold.
double Exploration::known_violation(const Point& point) const {
  double worst = -infinity;
  bool any = false;
  std::map<std::string, double> metrics;
  for (const MeasuredLimit& limit : measures_->limits()) {
    if (!limit.known) continue;
    if (!any) metrics = cheap_metrics(point);
    any = true;
    const auto found = metrics.find(limit.spec.metric);
    if (found == metrics.end() || std::isnan(found->second)) return infinity;
    const double bound = limit.spec.max ? *limit.spec.max : *limit.spec.min,
                 over = limit.spec.max ? found->second - bound : bound - found->second;
    worst = std::max(worst, over / std::max(1e-12, std::abs(bound)));
  }
  return worst;
}

bool Exploration::admits(const Point& point) const {
  if (!candidates_.in_order(point)) return false;
  if (!known_ || known_violation(point) <= 0.0) return true;
  ++refused_;
  return false;
}

std::optional<Point> Exploration::draw(Random& random) const {
  std::optional<Point> point = candidates_.draw(random);
  if (!point || !known_) return point;
  double violation = known_violation(*point);
  for (int step = 0; step < repair_steps && violation > 0.0; ++step) {
    bool moved = false;
    for (Point& near : space().neighbours(*point, random, 24)) {
      if (candidates_.system)
        candidates_.system->put_in_order(
            std::span(near.numbers).first(static_cast<std::size_t>(candidates_.machine_numbers)));
      const double other = known_violation(near);
      if (other >= violation) continue;
      violation = other;
      point = std::move(near);
      moved = true;
      if (random.below(2) == 0) break;  // not always the steepest: repaired draws stay spread
    }
    if (!moved) break;
  }
  return point;
}

std::optional<Unreachable> Exploration::unreachable() const {
  if (exact_) {
    const double least = exact_->least_latency_ms(candidates_);
    for (const MeasuredLimit& limit : measures_->limits())
      if (limit.spec.metric == "latency_ms" && limit.spec.max && least > *limit.spec.max * (1.0 + 1e-12))
        return Unreachable{&limit, least, true};
  }
  if (!known_) return std::nullopt;
  std::vector<const MeasuredLimit*> known;
  for (const MeasuredLimit& limit : measures_->limits())
    if (limit.known) known.push_back(&limit);
  if (known.empty()) return std::nullopt;
  std::vector<double> nearest(known.size(), infinity);  // in the direction of the limit: small is good
  bool together = false;
  const auto look = [&](const Point& point) {
    const std::map<std::string, double> metrics = cheap_metrics(point);
    bool all = true;
    for (std::size_t i = 0; i < known.size(); ++i) {
      const auto found = metrics.find(known[i]->spec.metric);
      if (found == metrics.end() || std::isnan(found->second)) {
        all = false;
        continue;
      }
      const bool at_most = known[i]->spec.max.has_value();
      const double value = at_most ? found->second : -found->second,
                   bound = at_most ? *known[i]->spec.max : -*known[i]->spec.min;
      nearest[i] = std::min(nearest[i], value);
      all = all && value <= bound;
    }
    together = together || all;
  };
  const bool listed = small_;
  if (listed) {
    for (const Point& point : space().enumerate(most_listed)) look(point);
  } else {
    Random random(study_.seed, {0x72656163});
    for (int i = 0; i < draws_to_judge && !together; ++i)
      if (const auto point = draw(random)) look(*point);
  }
  if (together) return std::nullopt;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const bool at_most = known[i]->spec.max.has_value();
    if (nearest[i] > (at_most ? *known[i]->spec.max : -*known[i]->spec.min))
      return Unreachable{known[i], at_most ? nearest[i] : -nearest[i], listed};
  }
  return Unreachable{nullptr, 0.0, listed};
}

bool Exploration::searches_cheaply_first() const {
  const auto& all = study_.explore.accuracies;
  return study_.designer == "bayes" && !all.empty() && !own_accuracy_ &&
         std::all_of(all.begin(), all.end(), [](const StudyAccuracy& one) { return !one.cheap.empty(); });
}

// A search of its own by the cheap fidelity alone, as the study of a related problem.
std::vector<Trial> Exploration::searched_cheaply(DesignerContext context) const {
  context.related.clear();
  const auto designer = make_designer(study_.designer, context);
  std::vector<Trial> trials;
  for (int i = 0; i < cheap_trials; ++i) {
    const std::vector<Point> points = designer->suggest(1);
    if (points.empty()) break;
    const auto trial = measured(i, points.front(), {context.threads, {}}, true);
    if (!trial) break;
    designer->update(std::span(&*trial, 1));
    trials.push_back(*trial);
  }
  return trials;
}

// The points that the cheap fidelity liked best are the first to be evaluated in full.
FirstDraws Exploration::best_of(const std::vector<Trial>& trials) const {
  const Objective& objective = goal_.objectives.front();
  std::vector<std::pair<double, Point>> order;
  for (const Trial& trial : trials)
    if (is_feasible(trial))
      order.emplace_back((objective.minimize ? 1.0 : -1.0) * trial.metrics.at(objective.metric), trial.point);
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  FirstDraws draws;
  draws.count = std::min(first_full, static_cast<int>(order.size()));
  draws.seed = study_.seed;
  draws.draw = [order = std::move(order), next = std::size_t{0}](Random&) mutable {
    return next < order.size() ? std::optional<Point>(order[next++].second) : std::nullopt;
  };
  return draws;
}

// The weighted mean of the accuracies of several networks, where nothing but a network decides its own.
std::vector<ObjectivePart> Exploration::accuracy_parts() const {
  const auto& all = study_.explore.accuracies;
  const std::vector<Objective>& objectives = goal_.objectives;
  const bool networks_decide = std::all_of(all.begin(), all.end(), [](const StudyAccuracy& one) {
    return one.kind == StudyAccuracy::Kind::table || one.kind == StudyAccuracy::Kind::proxy;
  });
  if (candidates_.networks.size() < 2 || all.empty() || own_accuracy_ || !networks_decide || objectives.size() != 1 ||
      objectives.front().metric != "accuracy" || study_.explore.compression.given)
    return {};
  double weights = 0.0;
  for (const NetworkSource& network : candidates_.networks) weights += network.weight;
  std::vector<ObjectivePart> parts;
  for (const NetworkSource& network : candidates_.networks) {
    if (network.count == 0) return {};
    parts.push_back({network.task + ".accuracy", network.weight / weights, network.first, network.count});
  }
  return parts;
}

std::unique_ptr<Designer> Exploration::designer(int threads) const {
  DesignerContext context;
  context.space = space();
  context.goal = goal_;
  context.seed = study_.seed;
  context.threads = threads;
  context.options = study_.designer_options;
  context.options.erase("known");
  const bool any_known = known_ && std::any_of(measures_->limits().begin(), measures_->limits().end(),
                                               [](const MeasuredLimit& limit) { return limit.known; });
  if (any_known || candidates_.system) context.admits = [this](const Point& point) { return admits(point); };
  if (candidates_.system) {
    context.draw = [this](Random& random) { return draw(random); };
    context.settle = [this](Point& point) {
      candidates_.system->put_in_order(
          std::span(point.numbers).first(static_cast<std::size_t>(candidates_.machine_numbers)));
    };
    context.moves = [this](std::span<const Point> best, Random& random) { return system_moves(best, random); };
  }
  context.parts = accuracy_parts();
  if (guessed_ > 0) context.prior_mean = [this](const Point& point) { return guesses(point); };
  if (any_known) {
    // What holds by construction need not be learned.
    context.goal.specs.clear();
    for (const MeasuredLimit& limit : measures_->limits())
      if (!limit.known) context.goal.specs.push_back(limit.spec);
  }
  try {
    if (searches_cheaply_first()) context.related.push_back(searched_cheaply(context));
    auto designer = make_designer(study_.designer, context);
    if (!context.related.empty()) designer = with_first_draws(std::move(designer), best_of(context.related.front()));
    const bool tight = any_known && !small_;
    if (!tight && !candidates_.stratified() && !candidates_.system) return designer;
    // Its own draws would be of the largest stratum, or break limits: the first points are drawn here, of random search
    // all.
    FirstDraws draws;
    draws.draw = [this](Random& random) { return draw(random); };
    const bool guided = guessed_ > 0 && study_.designer == "bayes";
    draws.count = study_.designer == "random" ? -1
                  : guided                    ? guessed_systems
                  : candidates_.system        ? first_systems
                                              : first_draws;
    draws.every = guided ? every_guessed_system : candidates_.system ? every_system : 0;
    draws.seed = study_.seed;
    return with_first_draws(std::move(designer), std::move(draws));
  } catch (const std::invalid_argument& error) {
    throw InputError({"designer", 0, 0, ""}, error.what());
  }
}

StudyRecord Exploration::record(const std::string& command, const std::string& version) const {
  StudyRecord record;
  auto& identity = record.identity;
  identity["kind"] = "explore";
  std::string text;
  for (const NetworkSource& network : candidates_.networks)
    text += fmt::format("{}{}*{}", text.empty() ? "" : ", ", network.title(), network.weight);
  identity["networks"] = text;
  text.clear();
  for (const NetworkSource& network : candidates_.networks) {
    if (network.family)
      text += network.family->document(network.family->default_point()).dump();
    else
      for (const Network& given : network.any.empty() ? std::vector<Network>{network.fixed} : network.any)
        for (const UniqueLayer& unique : unique_layers(given))
          text += fmt::format("{}:{};", unique.count, shape_key(unique.layer));
  }
  identity["networks digest"] = digest(text);
  if (candidates_.tiles) identity["family"] = candidates_.tiles->family.name;
  if (candidates_.machine) {
    identity["family"] = candidates_.machine->name();
    text.clear();
    for (const Figure& figure : candidates_.machine->figures(candidates_.machine->default_point()))
      text += fmt::format("{}{}{};", figure.component, figure.quantity, figure.value);
    identity["family digest"] = digest(text);
    identity["clock_mhz"] = fmt::format("{}", study_.clock_mhz.value_or(candidates_.machine->clock_mhz()));
    identity["bypass"] = study_.bypass;
    if (study_.factors != "perfect") identity["factors"] = study_.factors;
    if (study_.placement != "even") identity["placement"] = study_.placement;
  }
  if (candidates_.system) {
    text.clear();
    for (const SlotOption& option : candidates_.system->options()) {
      text += option.name + ":";
      const auto figures =
          option.family ? option.family->figures(option.family->default_point()) : dovetail::figures(option.fixed);
      for (const Figure& figure : figures)
        text += fmt::format("{}{}{};", figure.component, figure.quantity, figure.value);
      text += fmt::format("{};", option.clock_mhz);
    }
    identity["system digest"] = digest(text);
    identity["bypass"] = study_.bypass;
    if (study_.factors != "perfect") identity["factors"] = study_.factors;
    if (study_.placement != "even") identity["placement"] = study_.placement;
  }
  Random random(0, {0x7370});
  text.clear();
  for (const Parameter& parameter : space().parameters()) text += parameter.name + ";";
  for (const Constraint& constraint : space().constraints()) text += constraint.text + ";";
  for (int i = 0; i < 8; ++i)  // the domains show in what is drawn
    if (const auto point = space().sample(random)) text += space().text(*point) + ";";
  identity["space digest"] = digest(text);
  text.clear();
  for (const auto& stage : stages_) {
    text += (text.empty() ? "" : ", ") + stage->name();
    for (const auto& [name, value] : stage->identity()) identity[name] = value;
  }
  identity["stages"] = text;
  text.clear();
  for (const auto& [name, aim] : study_.explore.metrics) text += fmt::format("{}={};", name, aim.text);
  identity["metrics"] = text;
  text.clear();
  for (const Objective& objective : goal_.objectives)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", objective.minimize ? "minimize" : "maximize",
                        objective.metric);
  identity["objective"] = text;
  text.clear();
  for (const MeasuredLimit& limit : measures_->limits()) text += (text.empty() ? "" : ", ") + limit.text;
  identity["specs"] = text;
  text.clear();
  for (const Point& point : start_) text += space().text(point) + ";";
  identity["start"] = text;
  text = study_.designer;
  for (const auto& [name, value] : study_.designer_options) text += fmt::format(" {}={}", name, value);
  identity["designer"] = text;
  if (study_.lag)
    identity["lag"] = fmt::format("{}", *study_.lag);
  else
    identity["batch"] = fmt::format("{}", study_.batch);
  identity["seed"] = fmt::format("{}", study_.seed);
  record.information = {{"command", command}, {"version", version}, {"trials asked", fmt::format("{}", study_.trials)}};
  return record;
}

}  // namespace dovetail
