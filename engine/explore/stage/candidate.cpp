// Joining the spaces of machines and networks.
#include <dovetail/engine/explore/stage/candidate.hpp>

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include <dovetail/spaces/space/point_slot.hpp>

namespace dovetail {

void CandidateSpace::join() {
  std::vector<Parameter> parameters;
  std::vector<Constraint> constraints;
  if (machine) {
    parameters = machine->space().parameters();
    constraints = machine->space().constraints();  // over the first numbers: they stay where they are
    machine_numbers = machine->space().size();
  }
  if (tiles) {
    parameters = tiles->parameters;
    for (const std::string& text : tiles->constraints) constraints.push_back(make_constraint(text, parameters));
    machine_numbers = tiles->numbers();
  }
  for (const CompressionParameter& one : compression.parameters()) parameters.push_back(one.parameter);
  int first = machine_numbers + compression.numbers();
  for (NetworkSource& network : networks) {
    network.first = first;
    network.count = network.family ? network.family->space().size() : network.any.empty() ? 0 : 1;
    first += network.count;
    if (!network.any.empty()) {
      CategoricalValues names;
      for (const Network& one : network.any) names.values.push_back(one.name);
      parameters.push_back({network.task.empty() ? "nn.network" : "nn." + network.task + ".network", std::move(names)});
    }
    if (!network.family) continue;
    const auto& more = network.family->space().parameters();
    parameters.insert(parameters.end(), more.begin(), more.end());
  }
  for (const NetworkSource& network : networks) {
    if (!network.family) continue;
    for (const Constraint& constraint : network.family->space().constraints())
      constraints.push_back(make_constraint(constraint.text, parameters));
  }
  // What would compress a network that is not chosen is pinned to none.
  for (const CompressionParameter& one : compression.parameters()) {
    if (one.option < 0) continue;
    const NetworkSource& source = networks[one.network];
    constraints.push_back(make_constraint(fmt::format("{} == '{}' or {} == {}", source.task.empty() ? "nn.network" : "nn." + source.task + ".network", source.any[static_cast<std::size_t>(one.option)].name,
                                                      one.parameter.name, std::get<OrdinalValues>(one.parameter.domain).values.back()),
                                          parameters));
  }
  space = Space(std::move(parameters), std::move(constraints));
}

NetworkCandidate CandidateSpace::candidate(const Point& point) const {
  NetworkCandidate result;
  result.point = point;
  if (machine) {
    result.machine = &*machine;
    result.machine_point.numbers.assign(point.numbers.begin(), point.numbers.begin() + machine_numbers);
  }
  if (tiles) {
    result.tiles = &*tiles;
    result.machine_point.numbers.assign(point.numbers.begin(), point.numbers.begin() + machine_numbers);
  }
  for (std::size_t n = 0; n < networks.size(); ++n) {
    const NetworkSource& source = networks[n];
    CandidateNetwork network{&source, {}, source.fixed.name, -1, {}};
    if (!source.any.empty()) {
      network.option = static_cast<int>(point.numbers[static_cast<std::size_t>(source.first)]);
      network.text = network.name();
    }
    if (source.family) {
      const auto begin = point.numbers.begin() + source.first;
      network.point.numbers.assign(begin, begin + source.count);
      network.text = source.family->key(network.point);
    }
    if (compression.numbers() > 0)
      network.compression = compression.decode(std::span(point.numbers).subspan(static_cast<std::size_t>(machine_numbers), static_cast<std::size_t>(compression.numbers())), n, network.option, network.plain());
    result.networks.push_back(std::move(network));
  }
  return result;
}

bool CandidateSpace::stratified() const {
  return std::any_of(networks.begin(), networks.end(),
                     [](const NetworkSource& network) { return network.family && network.family->stratum() >= 0; });
}

std::optional<Point> CandidateSpace::draw(Random& random) const {
  std::optional<Point> point = space.sample(random);
  if (!point || !stratified()) return point;
  constexpr int tries = 16;  // the study may have narrowed the space
  for (int i = 0; i < tries; ++i) {
    Point drawn = *point;
    for (const NetworkSource& network : networks) {
      if (!network.family || network.family->stratum() < 0) continue;
      if (const auto part = network.family->draw(random))
        std::copy(part->numbers.begin(), part->numbers.end(), drawn.numbers.begin() + network.first);
    }
    if (space.contains(drawn)) return drawn;
  }
  return point;
}

}  // namespace dovetail
