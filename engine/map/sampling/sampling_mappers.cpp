// Random, hill climbing, annealing and evolution over MapMoves.
#include <dovetail/engine/map/sampling/sampling_mappers.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <dovetail/engine/map/sampling/moves.hpp>
#include <dovetail/engine/map/session.hpp>
#include <dovetail/spaces/space/random.hpp>

namespace dovetail {
namespace {

constexpr std::int64_t random_budget = 100'000, search_budget = 20'000;
constexpr int give_up = 2'000;  // draws in a row without a legal mapping: nothing fits

}  // namespace

MapResult RandomMapper::map(const MapRequest& request) const {
  const MapMoves moves(request);
  MapSession session(request);
  int failures = 0;
  for (std::uint64_t draw = 0; !session.finished(random_budget) && failures < give_up; ++draw) {
    Random random(request.seed, {draw});
    const auto mapping = moves.sample(random);
    if (mapping) session.evaluate(*mapping);
    failures = mapping || session.best() ? 0 : failures + 1;
  }
  return session.result();
}

MapResult HillclimbMapper::map(const MapRequest& request) const {
  const MapMoves moves(request);
  MapSession session(request);
  Random random(request.seed, {1});
  int empty = 0;
  while (!session.finished(search_budget) && empty < give_up) {
    auto current = moves.sample(random);
    double value = current ? session.evaluate(*current) : std::numeric_limits<double>::infinity();
    if (!std::isfinite(value)) {
      if (!session.best()) ++empty;
      continue;
    }
    for (int failures = 0; failures < 300 && !session.finished(search_budget);) {
      const auto next = moves.mutate(*current, random);
      const double changed = next ? session.evaluate(*next) : std::numeric_limits<double>::infinity();
      if (changed < value) {
        current = next;
        value = changed;
        failures = 0;
      } else {
        ++failures;
      }
    }
  }
  return session.result();
}

MapResult AnnealingMapper::map(const MapRequest& request) const {
  const MapMoves moves(request);
  MapSession session(request);
  Random random(request.seed, {2});
  const double budget = static_cast<double>(request.budget > 0 ? request.budget : search_budget);
  std::optional<PackedMapping> current;
  double value = std::numeric_limits<double>::infinity();
  for (int empty = 0; !std::isfinite(value) && empty < give_up && !session.finished(search_budget); ++empty) {
    current = moves.sample(random);
    if (current) value = session.evaluate(*current);
  }
  int stuck = 0;
  while (std::isfinite(value) && !session.finished(search_budget) && stuck < give_up) {
    const double temperature = std::pow(1e-4, static_cast<double>(session.evaluations()) / budget);
    const auto next = moves.mutate(*current, random);
    if (!next) {
      ++stuck;
      continue;
    }
    stuck = 0;
    const double changed = session.evaluate(*next);
    if (!std::isfinite(changed)) continue;
    if (changed <= value || random.uniform() < std::exp((std::log(value) - std::log(changed)) / temperature)) {
      current = next;
      value = changed;
    }
  }
  return session.result();
}

MapResult EvolutionMapper::map(const MapRequest& request) const {
  constexpr std::size_t population_size = 64;
  const MapMoves moves(request);
  MapSession session(request);
  Random random(request.seed, {3});
  struct Member {
    PackedMapping mapping;
    double value;
  };
  std::vector<Member> population;
  for (int empty = 0; population.size() < population_size && empty < give_up && !session.finished(search_budget);) {
    const auto mapping = moves.sample(random);
    const double value = mapping ? session.evaluate(*mapping) : std::numeric_limits<double>::infinity();
    if (std::isfinite(value)) {
      population.push_back({*mapping, value});
    } else {
      ++empty;
    }
  }
  if (population.empty()) return session.result();
  const auto parent = [&]() -> const Member& {
    std::size_t best = random.below(population.size());
    for (int round = 1; round < 4; ++round) {
      const std::size_t other = random.below(population.size());
      if (population[other].value < population[best].value) best = other;
    }
    return population[best];
  };
  int stuck = 0;
  while (!session.finished(search_budget) && stuck < give_up) {
    auto child = moves.cross(parent().mapping, parent().mapping, random);
    const std::uint64_t changes = 1 + random.below(3);
    for (std::uint64_t change = 0; child && change < changes; ++change) child = moves.mutate(*child, random);
    if (!child) {
      ++stuck;
      continue;
    }
    stuck = 0;
    const double value = session.evaluate(*child);
    const auto worst = std::max_element(population.begin(), population.end(),
                                        [](const Member& a, const Member& b) { return a.value < b.value; });
    if (value < worst->value) *worst = {*child, value};
  }
  return session.result();
}

}  // namespace dovetail
