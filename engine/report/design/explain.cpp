#include <dovetail/engine/report/design/explain.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include <dovetail/accelerators/loop/cost.hpp>
#include <dovetail/accelerators/mapping/homes.hpp>

namespace dovetail {
namespace {

constexpr std::size_t most_remedies = 3;
constexpr double worth_saying = 0.995;  // ratio below which a remedy is worth a line

using LoopLists = std::vector<std::vector<Loop>*>;

std::string loop_text(const Layer& layer, const Loop& loop) {
  return fmt::format("{} {}", layer.dimensions[loop.dimension].name, loop.factor);
}

bool keeps(const MappingLevel& level, std::size_t tensor) {
  return (level.keep >> tensor & 1U) != 0;
}

std::int64_t product(const std::vector<Loop>& loops) {
  std::int64_t all = 1;
  for (const Loop& loop : loops) all *= loop.factor;
  return all;
}

void explain_time(const Layer& layer, const Architecture& machine, const Mapping& mapping, Explanation& to) {
  const Evaluation& evaluation = to.evaluation;
  const auto compute = static_cast<double>(evaluation.compute_cycles);
  to.time.push_back({machine.compute.name, "compute", compute, 0.0, 0.0});
  for (std::size_t i = 0; i < machine.levels.size(); ++i) {
    const Level& level = machine.levels[i];
    double reads = 0.0, writes = 0.0;  // memory words per instance
    for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
      const TensorCounts& counts = evaluation.levels[i].tensors[t];
      const double rate = AccessCost(level, layer.tensors[t]).rate;
      reads += static_cast<double>(counts.reads) * rate;
      writes += static_cast<double>(counts.fills + counts.updates) * rate;
    }
    auto limit = [&](const std::optional<double>& bandwidth, double words, const char* resource) {
      if (bandwidth) to.time.push_back({level.name, resource, words / *bandwidth, words / compute, *bandwidth});
    };
    limit(level.read_bandwidth, reads, "read bandwidth");
    limit(level.write_bandwidth, writes, "write bandwidth");
    limit(level.shared_bandwidth, reads + writes, "shared bandwidth");
  }
  std::stable_sort(to.time.begin(), to.time.end(),
                   [](const TimeBound& a, const TimeBound& b) { return a.cycles > b.cycles; });

  to.used_multipliers = 1;
  for (std::size_t i = machine.levels.size(); i-- > 0;) {
    const std::int64_t x = product(mapping.levels[i].spatial_x), y = product(mapping.levels[i].spatial_y);
    to.used_multipliers *= x * y;
    const std::string child = i == 0 ? machine.compute.name : machine.levels[i - 1].name;
    const std::int64_t fan_x = fanout_x(machine, static_cast<int>(i)), fan_y = fanout_y(machine, static_cast<int>(i));
    if (fan_x > 1) to.array.push_back(fmt::format("{} of {} {} along X", x, fan_x, child));
    if (fan_y > 1) to.array.push_back(fmt::format("{} of {} {} along Y", y, fan_y, child));
  }
}

void explain_energy(const Layer& layer, const Architecture& machine, Explanation& to) {
  const Evaluation& evaluation = to.evaluation;
  auto add = [&](std::string where, std::string tensor, double energy_pj) {
    if (energy_pj > 0.0)
      to.energy.push_back({std::move(where), std::move(tensor), energy_pj, energy_pj / evaluation.energy_pj});
  };
  add(machine.compute.name, "", evaluation.compute_energy_pj);
  for (std::size_t i = 0; i < machine.levels.size(); ++i) {
    for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
      add(machine.levels[i].name, layer.tensors[t].name, evaluation.levels[i].tensors[t].energy_pj);
    }
    add(machine.levels[i].name + " leakage", "", evaluation.levels[i].leakage_energy_pj);
  }
  for (const NetworkEvaluation& network : evaluation.networks) add("network " + network.name, "", network.energy_pj);
  std::stable_sort(to.energy.begin(), to.energy.end(),
                   [](const EnergyTerm& a, const EnergyTerm& b) { return a.energy_pj > b.energy_pj; });
}

// The temporal loops outside a level, innermost first.
std::vector<Loop> loops_outside(const Mapping& mapping, std::size_t level) {
  std::vector<Loop> loops;
  for (std::size_t i = level + 1; i < mapping.levels.size(); ++i) {
    loops.insert(loops.end(), mapping.levels[i].temporal.rbegin(), mapping.levels[i].temporal.rend());
  }
  return loops;
}

void explain_reuse(const Layer& layer, const Architecture& machine, const Mapping& mapping, Explanation& to) {
  const Homes homes = homes_of(mapping);
  for (std::size_t i = machine.levels.size(); i-- > 0;) {
    const bool outermost = i + 1 == machine.levels.size();
    for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
      if (!keeps(mapping.levels[i], t)) continue;
      const Tensor& tensor = layer.tensors[t];
      const TensorCounts& counts = to.evaluation.levels[i].tensors[t];
      KeptTensor reuse;
      reuse.level = machine.levels[i].name;
      reuse.tensor = tensor.name;
      reuse.tile_words = counts.utilized_capacity;
      reuse.home = homes[t] == static_cast<int>(i);
      for (const Loop& loop : loops_outside(mapping, i)) {
        if (relevant(tensor, loop.dimension)) break;
        reuse.held_steps *= static_cast<double>(loop.factor);
        reuse.held.push_back(loop_text(layer, loop));
      }
      // Instances of this level that hold the same words: spatial loops above it that do not move the tensor.
      for (std::size_t j = i + 1; j < mapping.levels.size(); ++j) {
        for (const auto* loops : {&mapping.levels[j].spatial_x, &mapping.levels[j].spatial_y}) {
          for (const Loop& loop : *loops) reuse.sharing *= relevant(tensor, loop.dimension) ? 1 : loop.factor;
        }
      }
      if (outermost) {
        const double crossings = static_cast<double>(tensor.written ? counts.updates : counts.reads);
        reuse.transfers_per_word = crossings / static_cast<double>(elements(layer, tensor));
        // A loop that does not move the tensor, outside of one that does, brings its words again. The walk is over the
        // loops outside the next level that keeps the tensor.
        std::size_t child = i;
        while (child > 0 && !keeps(mapping.levels[child - 1], t)) --child;
        bool moved = false;
        if (child > 0) {
          for (const Loop& loop : loops_outside(mapping, child - 1)) {
            if (relevant(tensor, loop.dimension)) {
              moved = true;
            } else if (moved) {
              reuse.causes.push_back(loop_text(layer, loop));
            }
          }
        }
      }
      to.reuse.push_back(std::move(reuse));
    }
  }
}

// Adds a factor of a dimension to a list, outermost or innermost when the dimension is new there.
void multiply(std::vector<Loop>& loops, int dimension, std::int64_t factor, bool in_front) {
  for (Loop& loop : loops) {
    if (loop.dimension == dimension) {
      loop.factor *= factor;
      return;
    }
  }
  loops.insert(in_front ? loops.begin() : loops.end(), Loop{dimension, factor});
}

std::vector<std::int64_t> prime_factors(std::int64_t value) {
  std::vector<std::int64_t> primes;
  for (std::int64_t p = 2; p * p <= value; ++p) {
    if (value % p != 0) continue;
    primes.push_back(p);
    while (value % p == 0) value /= p;
  }
  if (value > 1) primes.push_back(value);
  return primes;
}

class Neighbours {
 public:
  using Visit = std::function<void(const Mapping&, const std::string&)>;
  Neighbours(const Layer& layer, const Architecture& machine, const Mapping& mapping, Visit visit)
      : layer_(layer),
        machine_(machine),
        mapping_(mapping),
        visit_(std::move(visit)) {}

  void walk() {
    for (std::size_t i = 0; i < mapping_.levels.size(); ++i) {
      swaps(i);
      if (i + 1 < mapping_.levels.size()) keep_changes(i);
      moves(i, &MappingLevel::temporal, "");
      moves(i, &MappingLevel::spatial_x, " along X");
      moves(i, &MappingLevel::spatial_y, " along Y");
    }
  }

 private:
  using List = std::vector<Loop> MappingLevel::*;
  std::string level(std::size_t i) const { return machine_.levels[i].name; }
  std::string name(int dimension) const { return layer_.dimensions[dimension].name; }

  void swaps(std::size_t i) {
    const std::size_t count = mapping_.levels[i].temporal.size();
    for (std::size_t a = 0; a < count; ++a) {
      for (std::size_t b = a + 1; b < count; ++b) {
        Mapping other = mapping_;
        auto& loops = other.levels[i].temporal;
        std::swap(loops[a], loops[b]);
        visit_(other,
               fmt::format("swap loops {} and {} of {}", name(loops[a].dimension), name(loops[b].dimension), level(i)));
      }
    }
  }

  void keep_changes(std::size_t i) {
    for (std::size_t t = 0; t < layer_.tensors.size(); ++t) {
      Mapping other = mapping_;
      other.levels[i].keep ^= 1U << t;
      const std::string& tensor = layer_.tensors[t].name;
      visit_(other, keeps(mapping_.levels[i], t) ? fmt::format("let {} bypass {}", tensor, level(i))
                                                 : fmt::format("keep {} in {}", tensor, level(i)));
    }
  }

  void moves(std::size_t from, List list, const char* along) {
    const auto& loops = mapping_.levels[from].*list;
    for (std::size_t l = 0; l < loops.size(); ++l) {
      for (const std::int64_t prime : prime_factors(loops[l].factor)) {
        Mapping without = mapping_;
        auto& rest = without.levels[from].*list;
        rest[l].factor /= prime;
        if (rest[l].factor == 1) rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(l));
        for (std::size_t to = 0; to < mapping_.levels.size(); ++to) {
          for (const auto& [target, where] : {std::pair<List, const char*>(&MappingLevel::temporal, ""),
                                              {&MappingLevel::spatial_x, " along X"},
                                              {&MappingLevel::spatial_y, " along Y"}}) {
            if (to == from && target == list) continue;
            for (const bool in_front : {true, false}) {
              Mapping other = without;
              multiply(other.levels[to].*target, loops[l].dimension, prime, in_front);
              visit_(other, fmt::format("move a factor {} of {} from {}{} to {}{}", prime, name(loops[l].dimension),
                                        level(from), along, level(to), where));
            }
          }
        }
      }
    }
  }

  const Layer& layer_;
  const Architecture& machine_;
  const Mapping& mapping_;
  Visit visit_;
};

// Relative cost of an alternative; nothing when it is invalid.
std::optional<Remedy> compare(const Evaluation& now, const Evaluation& then, const std::string& change) {
  if (!then.valid() || !(then.energy_pj > 0.0) || then.cycles <= 0) return std::nullopt;
  return Remedy{change, then.edp() / now.edp(), then.energy_pj / now.energy_pj,
                static_cast<double>(then.cycles) / static_cast<double>(now.cycles)};
}

void keep_best(std::vector<Remedy>& remedies) {
  std::stable_sort(remedies.begin(), remedies.end(), [](const Remedy& a, const Remedy& b) { return a.edp < b.edp; });
  std::vector<Remedy> best;
  for (const Remedy& remedy : remedies) {
    const bool said = std::any_of(best.begin(), best.end(), [&](const Remedy& other) {
      return other.change == remedy.change || (other.energy == remedy.energy && other.cycles == remedy.cycles);
    });
    if (remedy.edp < worth_saying && !said && best.size() < most_remedies) best.push_back(remedy);
  }
  remedies = std::move(best);
}

void explain_remedies(const Layer& layer, const Architecture& machine, const Mapping& mapping,
                      const Evaluator& evaluator, Explanation& to) {
  Neighbours(layer, machine, mapping, [&](const Mapping& other, const std::string& change) {
    if (auto remedy = compare(to.evaluation, evaluator.evaluate(layer, machine, other), change))
      to.mapping_remedies.push_back(*remedy);
  }).walk();
  keep_best(to.mapping_remedies);
  for (std::size_t i = 0; i < machine.levels.size(); ++i) {
    auto doubled = [&](std::optional<double> Level::*bandwidth, const char* what) {
      if (!(machine.levels[i].*bandwidth)) return;
      Architecture other = machine;
      *(other.levels[i].*bandwidth) *= 2.0;
      const std::string change = fmt::format("twice the {} bandwidth of {}", what, machine.levels[i].name);
      if (auto remedy = compare(to.evaluation, evaluator.evaluate(layer, other, mapping), change))
        to.machine_remedies.push_back(*remedy);
    };
    doubled(&Level::read_bandwidth, "read");
    doubled(&Level::write_bandwidth, "write");
    doubled(&Level::shared_bandwidth, "shared");
    Architecture cheaper = machine;
    AccessEnergy& energy = cheaper.levels[i].energy;
    for (double* part : {&energy.read_pj, &energy.fill_pj, &energy.update_pj}) *part /= 2.0;
    const std::string change = fmt::format("half the energy per access of {}", machine.levels[i].name);
    if (auto remedy = compare(to.evaluation, evaluator.evaluate(layer, cheaper, mapping), change))
      to.machine_remedies.push_back(*remedy);
  }
  keep_best(to.machine_remedies);
}

}  // namespace

Explanation explain(const Layer& layer, const Architecture& architecture, const Mapping& mapping,
                    const Evaluator& evaluator) {
  Explanation explanation;
  explanation.evaluation = evaluator.evaluate(layer, architecture, mapping);
  if (!explanation.evaluation.valid()) return explanation;
  explain_time(layer, architecture, mapping, explanation);
  explain_energy(layer, architecture, explanation);
  explain_reuse(layer, architecture, mapping, explanation);
  explain_remedies(layer, architecture, mapping, evaluator, explanation);
  return explanation;
}

}  // namespace dovetail
