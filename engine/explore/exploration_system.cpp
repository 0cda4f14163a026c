// Binding the system of a study: its machines, budgets, and which of a candidate's schedules is taken.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/explore/exploration.hpp>
#include <dovetail/engine/explore/pricers/system_guess.hpp>
#include <dovetail/engine/explore/pricers/system_pricer.hpp>
#include <dovetail/engine/explore/stage/csv_table.hpp>
#include <dovetail/engine/study/keys/named_file.hpp>
#include <dovetail/engine/study/study_space.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

std::string machine_path(const std::string& folder, const std::string& name) {
  return named_file(folder, name);
}

bool is_family(const std::string& name_or_path) {
  const std::vector<std::string> names = family_names();
  std::error_code error;
  if (std::find(names.begin(), names.end(), name_or_path) != names.end() ||
      !std::filesystem::is_regular_file(name_or_path, error))
    return true;
  const Node document = load_file(name_or_path);
  if (const Node* schema = document.find("schema")) return schema->text().rfind("dovetail-family/", 0) == 0;
  return document.find("parameters") != nullptr || document.find("architecture") != nullptr;
}

void add_mistakes(Diagnostics& diagnostics, const InputError& error, const Location& named_at) {
  for (const Diagnostic& diagnostic : error.diagnostics())
    diagnostics.error(diagnostic.where.line > 0 ? diagnostic.where : named_at, diagnostic.message);
}

// `hw.0.nvdla.atomic_c` is about slot 0, `hw.nvdla.atomic_c` about nvdla in any slot.
struct SlotEntry {
  int slot = -1;  ///< any
  std::string option, name;
};

std::optional<SlotEntry> slot_entry(const std::string& name, const std::vector<SlotOption>& options) {
  if (name.rfind("hw.", 0) != 0) return std::nullopt;
  std::string rest = name.substr(3);
  SlotEntry entry;
  const std::size_t digits = rest.find_first_not_of("0123456789");
  if (digits != 0 && digits != std::string::npos && rest[digits] == '.') {
    if (digits > 6) return std::nullopt;
    entry.slot = std::stoi(rest.substr(0, digits));
    rest = rest.substr(digits + 1);
  }
  for (const SlotOption& option : options)
    if (rest.rfind(option.name + ".", 0) == 0 && option.name.size() > entry.option.size()) entry.option = option.name;
  if (!entry.option.empty()) rest = rest.substr(entry.option.size() + 1);
  if (entry.slot < 0 && entry.option.empty()) return std::nullopt;
  entry.name = rest;
  return entry;
}

// Text before `<=` and the number after it, where a limit has this form.
std::optional<std::pair<std::string, std::string>> at_most(const std::string& text) {
  const std::size_t at = text.find("<=");
  if (at == std::string::npos) return std::nullopt;
  std::string left = text.substr(0, at), right = text.substr(at + 2);
  std::erase_if(left, [](char c) { return c == ' ' || c == '\t'; });
  std::erase_if(right, [](char c) { return c == ' ' || c == '\t'; });
  if (!csv_number(right)) return std::nullopt;
  return std::pair(left, right);
}

double size_of(const SystemMachine& machine, const std::string& metric) {
  const Architecture built = machine.architecture();
  if (metric == "pes") return static_cast<double>(built.compute.instances);
  return metric == "area_um2" ? own_area_um2(built) : bandwidth_gb_s(built, machine.option->clock_mhz);
}

// The least size of a machine of a slot that draws and steps to neighbours find.
double least_size(const SlotOption& option, const Space& space, std::optional<double> bandwidth,
                  const std::string& metric, bool thorough) {
  SystemMachine machine;
  machine.option = &option;
  machine.bandwidth_gb_s = bandwidth;
  if (!option.family) return size_of(machine, metric);
  const auto size = [&](const Point& point) {
    machine.point = point;
    return size_of(machine, metric);
  };
  Random random(0, {0x6c656173});
  double least = infinity;
  for (int start = 0; start < 4; ++start) {
    std::optional<Point> point = start == 0 && space.contains(option.family->default_point())
                                     ? option.family->default_point()
                                     : space.sample(random);
    if (!point) break;
    double here = size(*point);
    for (bool better = thorough; better;) {
      better = false;
      for (const Point& near : space.neighbours(*point, random, 64)) {
        const double other = size(near);
        if (other >= here) continue;
        here = other;
        point = near;
        better = true;
        break;
      }
    }
    least = std::min(least, here);
  }
  return least;
}

}  // namespace

void Exploration::read_system_machines(Diagnostics& diagnostics) {
  const StudySystem& system = study_.explore.system;
  if (!study_.family.empty())
    diagnostics.error(system.where, "both 'family' and 'system': a system names its families itself");
  if (study_.explore.cost.kind == StudyCost::Kind::table || study_.explore.cost.kind == StudyCost::Kind::command)
    diagnostics.error(study_.explore.cost.where,
                      "cost: a system is priced by mapping, placing and scheduling its layers");
  std::vector<SlotOption> options;
  std::vector<std::string> made;
  const auto option_of = [&](const StudyMachine& machine) -> std::optional<std::size_t> {
    std::string key = machine.name;
    for (const auto& [name, value] : machine.settings) key += fmt::format(" {}={}", name, value);
    if (const auto found = std::find(made.begin(), made.end(), key); found != made.end())
      return static_cast<std::size_t>(found - made.begin());
    try {
      const std::string path = machine_path(study_.folder, machine.name);
      SlotOption option =
          !machine.is_machine && is_family(path)
              ? family_option(path, machine.settings, system.technology)
              : machine_option(path, system.technology.clock_mhz.value_or(study_.clock_mhz.value_or(1000.0)));
      const auto taken = [&](const std::string& name) {
        return name == empty_slot ||
               std::any_of(options.begin(), options.end(), [&](const SlotOption& other) { return other.name == name; });
      };
      const std::string plain = option.name;
      for (int i = 2; taken(option.name); ++i) option.name = fmt::format("{}_{}", plain, i);
      options.push_back(std::move(option));
      made.push_back(key);
      return options.size() - 1;
    } catch (const InputError& error) {
      add_mistakes(diagnostics, error, machine.where);
      return std::nullopt;
    }
  };
  std::vector<std::vector<std::size_t>> chosen;
  for (const StudySlot& slot : system.slots) {
    std::vector<std::size_t>& list = chosen.emplace_back();
    for (const StudyMachine& machine : slot.machines) {
      const auto option = option_of(machine);
      if (option && std::find(list.begin(), list.end(), *option) == list.end()) list.push_back(*option);
    }
  }
  if (diagnostics.failed()) return;
  // What the study says of parameters belongs to the families of the slots.
  std::vector<SystemSlot> slots(chosen.size());
  std::vector<std::vector<Study>> wishes(chosen.size());
  for (std::size_t s = 0; s < chosen.size(); ++s) {
    slots[s].may_be_empty = system.slots[s].may_be_empty;
    wishes[s].resize(chosen[s].size());
  }
  const auto route = [&](std::vector<StudyEntry>& entries, std::vector<StudyEntry> Study::*list) {
    std::erase_if(entries, [&](const StudyEntry& entry) {
      const auto about = slot_entry(entry.name, options);
      if (!about) return false;
      if (about->slot >= static_cast<int>(slots.size())) {
        diagnostics.error(entry.where, fmt::format("{}: there are {} slots, from 0", entry.name, slots.size()));
        return true;
      }
      if (about->slot >= 0)
        slots[static_cast<std::size_t>(about->slot)].alike +=
            about->option + "." + about->name + "=" + to_json(entry.value).dump() + ";";
      if (about->option.empty() && (about->name == "family" || about->name == "bandwidth_gb_s")) return false;
      bool used = false;
      for (std::size_t s = 0; s < slots.size(); ++s) {
        if (about->slot >= 0 && static_cast<int>(s) != about->slot) continue;
        if (about->option.empty() && chosen[s].size() > 1) {
          diagnostics.error(entry.where, fmt::format("{}: slot {} may hold several families, so it is hw.{}.FAMILY.{}",
                                                     entry.name, s, s, about->name));
          return true;
        }
        for (std::size_t c = 0; c < chosen[s].size(); ++c) {
          const SlotOption& option = options[chosen[s][c]];
          if (!option.family || (!about->option.empty() && option.name != about->option)) continue;
          StudyEntry own = entry;
          own.name = "hw." + about->name;
          (wishes[s][c].*list).push_back(std::move(own));
          used = true;
        }
      }
      if (!used)
        diagnostics.error(entry.where, fmt::format("{}: no slot holds a family with this parameter", entry.name));
      return true;
    });
  };
  route(study_.fixed, &Study::fixed);
  route(study_.space, &Study::space);
  for (std::size_t s = 0; s < slots.size(); ++s)
    for (std::size_t c = 0; c < chosen[s].size(); ++c) {
      const SlotOption& option = options[chosen[s][c]];
      SlotChoice choice{chosen[s][c], Space()};
      if (option.family) {
        std::vector<std::string> settings;
        for (const FamilySetting& setting : option.family->settings()) settings.push_back("hw." + setting.name);
        choice.space = narrow(option.family->space(), wishes[s][c], diagnostics, settings);
        if (const auto closure = diagnostics.failed() ? std::nullopt : choice.space.closure())
          diagnostics.error(system.where,
                            fmt::format("slot {}: no {} is left: {}", s, option.name, closure->constraint));
      }
      slots[s].choices.push_back(std::move(choice));
    }
  if (diagnostics.failed()) return;
  candidates_.system.emplace(std::move(options), std::move(slots), system.bandwidths_gb_s);
}

// What no schedule undercuts must keep the limits of what it bounds; budgets are limits on sums.
void Exploration::add_following_limits() {
  StudyExploration& explore = study_.explore;
  std::vector<StudyLimit> following;
  for (const StudyLimit& limit : explore.limits) {
    const auto parts = at_most(limit.text);
    if (!parts || (parts->first != "latency_ms" && parts->first != "energy_mj")) continue;
    following.push_back({fmt::format("least_{} <= {}", parts->first, parts->second), limit.where, limit.text});
  }
  explore.limits.insert(explore.limits.end(), following.begin(), following.end());
  for (const auto& [text, where] : explore.system.share) explore.limits.push_back({text, where, ""});
}

void Exploration::check_budgets(Diagnostics& diagnostics) const {
  const StudySystem& system = study_.explore.system;
  const std::vector<SlotOption>& options = candidates_.system->options();
  const std::optional<double> bandwidth =
      system.bandwidths_gb_s.empty() ? std::nullopt : std::optional<double>(system.bandwidths_gb_s.front());
  for (const auto& [text, where] : system.share) {
    const auto parts = at_most(text);
    if (!parts || (parts->first != "pes" && parts->first != "area_um2" && parts->first != "bandwidth_gb_s")) continue;
    const double bound = *csv_number(parts->second);
    std::string found;
    double sum = 0.0;
    for (const bool thorough : {false, true}) {
      sum = 0.0;
      found.clear();
      for (std::size_t s = 0; s < candidates_.system->slots().size(); ++s) {
        const SystemSlot& slot = candidates_.system->slots()[s];
        if (slot.may_be_empty) continue;
        double least = infinity;
        std::string named;
        for (const SlotChoice& choice : slot.choices) {
          const double size = least_size(options[choice.option], choice.space, bandwidth, parts->first, thorough);
          named += fmt::format("{}{} {:.6g}", named.empty() ? "" : ", ", options[choice.option].name, size);
          least = std::min(least, size);
        }
        sum += least;
        found += fmt::format("{}slot {}: {}", found.empty() ? "" : "; ", s, named);
      }
      if (sum <= bound) break;
    }
    if (sum > bound)
      diagnostics.error(where, fmt::format("share: {} fits no system: the least machines have {:.6g} together ({})",
                                           text, sum, found));
  }
}

std::optional<Unreachable> Exploration::unrunnable(const StageEffort& effort) const {
  if (system_pricer_ == nullptr) return std::nullopt;
  const std::optional<UnrunnableLayer> found = system_pricer_->unrunnable(effort);
  if (!found) return std::nullopt;
  const NetworkSource& network = candidates_.networks[found->network];
  std::string text = fmt::format("no machine runs {}: {}", found->layer, found->reason);
  if (candidates_.networks.size() > 1)
    text += fmt::format(" (network {})", network.task.empty() ? network.fixed.name : network.task);
  return Unreachable{nullptr, 0.0, true, text, network.where};
}

// Of the trade-offs of latency and energy: the one that breaks the limits least, then the best by the first objective
// that they decide, or by EDP.
std::size_t Exploration::choose_schedule(const std::vector<std::map<std::string, double>>& metrics) const {
  std::size_t stage = 0;
  while (stage + 1 < stages_.size() && stages_[stage].get() != system_pricer_) ++stage;
  std::size_t best = 0;
  std::pair<double, double> least{infinity, infinity};
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    std::map<std::string, double> all = metrics[i];
    measures_->extend(all, static_cast<int>(stage));
    double violation = 0.0, value = all.at("edp");
    for (const MeasuredLimit& limit : measures_->limits()) {
      const auto found = all.find(limit.spec.metric);
      if (found == all.end()) continue;
      if (limit.spec.max)
        violation += std::max(0.0, (found->second - *limit.spec.max) / std::max(1e-12, std::abs(*limit.spec.max)));
      if (limit.spec.min)
        violation += std::max(0.0, (*limit.spec.min - found->second) / std::max(1e-12, std::abs(*limit.spec.min)));
    }
    for (const Objective& objective : measures_->objectives())
      if (const auto found = all.find(objective.metric); found != all.end()) {
        value = (objective.minimize ? 1.0 : -1.0) * found->second;
        break;
      }
    const std::pair<double, double> score{violation, value};
    if (score < least) least = score, best = i;
  }
  return best;
}

// A guess of the schedule is a guess of what only needs its latency and energy, and is to be small.
void Exploration::make_guess() {
  if (system_pricer_ == nullptr || !SystemGuess::possible(candidates_)) return;
  std::map<std::string, double> metrics;
  for (const char* name : {"latency_ms", "cycles", "energy_pj", "energy_mj", "edp", "power_mw"}) metrics[name] = 1.0;
  measures_->extend(metrics, static_cast<int>(stages_.size()));
  for (const Objective& objective : measures_->objectives()) {
    if (!objective.minimize || metrics.count(objective.metric) == 0) break;
    ++guessed_;
  }
  const Bypass bypass = study_.bypass == "none"    ? Bypass::none
                        : study_.bypass == "fixed" ? Bypass::fixed
                                                   : Bypass::search;
  if (guessed_ > 0) guess_ = std::make_unique<const SystemGuess>(candidates_, bypass, study_.clock_mhz);
}

// Logarithms of the objectives, at the trade-off of latency and energy with the least of the first one.
std::vector<double> Exploration::guesses(const Point& point) const {
  constexpr double hopeless = 300.0;
  std::vector<double> least(guessed_, hopeless);
  const double ms = 1e-3 / guess_->clock_mhz();
  for (const FluidCost& cost : (*guess_)(candidates_.candidate(point))) {
    std::map<std::string, double> metrics = {{"cycles", cost.cycles},
                                             {"latency_ms", cost.cycles * ms},
                                             {"energy_pj", cost.energy_pj},
                                             {"energy_mj", cost.energy_pj * 1e-9},
                                             {"edp", cost.cycles * cost.energy_pj},
                                             {"power_mw", cost.energy_pj * 1e-6 / (cost.cycles * ms)}};
    measures_->extend(metrics, static_cast<int>(stages_.size()));
    std::vector<double> values;
    for (std::size_t k = 0; k < guessed_; ++k) {
      const double value = metrics.at(measures_->objectives()[k].metric);
      values.push_back(value > 0.0 && std::isfinite(value) ? std::log(value) : hopeless);
    }
    if (values.front() < least.front()) least = std::move(values);
  }
  return least;
}

std::vector<Point> Exploration::system_moves(std::span<const Point> best, Random& random) const {
  const MachineSystem& system = *candidates_.system;
  std::vector<Point> moved;
  const auto machines = [&](Point& point) {
    return std::span(point.numbers).first(static_cast<std::size_t>(candidates_.machine_numbers));
  };
  const auto copy = [&](const Point& from, int a, Point& to, int b) {
    const auto [first, count] = system.block(a);
    std::copy_n(from.numbers.begin() + first, count, to.numbers.begin() + system.block(b).first);
  };
  const auto keep = [&](Point&& point) {
    system.put_in_order(machines(point));
    moved.push_back(std::move(point));
  };
  const auto equal = [&](const Point& point, int a, int b) {
    const auto [first, count] = system.block(a);
    return std::equal(point.numbers.begin() + first, point.numbers.begin() + first + count,
                      point.numbers.begin() + system.block(b).first);
  };
  for (const std::vector<int>& group : system.groups()) {
    if (group.size() < 2) continue;
    for (const Point& point : best) {
      bool twins = false;
      for (const int a : group) {
        Point all = point;
        for (const int b : group) {
          if (a == b) continue;
          twins = twins || equal(point, a, b);
          copy(point, a, all, b);
          for (const Point& other : best) {
            Point one = other;
            copy(point, a, one, b);
            keep(std::move(one));
          }
        }
        keep(std::move(all));
      }
      if (!twins) continue;
      constexpr int steps = 48;
      for (const Point& near : space().neighbours(point, random, steps)) {
        Point together = near;
        for (const int a : group)
          for (const int b : group)
            if (a != b && equal(point, a, b) &&
                std::equal(near.numbers.begin() + system.block(b).first,
                           near.numbers.begin() + system.block(b).first + system.block(b).second,
                           point.numbers.begin() + system.block(b).first))
              copy(near, a, together, b);
        keep(std::move(together));
      }
    }
  }
  return moved;
}

}  // namespace dovetail
