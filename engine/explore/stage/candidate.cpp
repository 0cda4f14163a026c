// Joining the spaces of machines and networks.
#include <dovetail/engine/explore/stage/candidate.hpp>

#include <algorithm>

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
  int first = machine_numbers;
  for (NetworkSource& network : networks) {
    network.first = first;
    network.count = network.family ? network.family->space().size() : 0;
    first += network.count;
    if (!network.family) continue;
    const auto& more = network.family->space().parameters();
    parameters.insert(parameters.end(), more.begin(), more.end());
  }
  for (const NetworkSource& network : networks) {
    if (!network.family) continue;
    for (const Constraint& constraint : network.family->space().constraints())
      constraints.push_back(make_constraint(constraint.text, parameters));
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
  for (const NetworkSource& source : networks) {
    CandidateNetwork network{&source, {}, source.fixed.name};
    if (source.family) {
      const auto begin = point.numbers.begin() + source.first;
      network.point.numbers.assign(begin, begin + source.count);
      network.text = source.family->key(network.point);
    }
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
