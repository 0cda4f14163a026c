// Joining the spaces of machines and networks.
#include <dovetail/engine/explore/stage/candidate.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <span>

#include <fmt/format.h>

#include <dovetail/engine/design/points/held_space.hpp>
#include <dovetail/spaces/space/point_slot.hpp>

namespace dovetail {

/// Spaces of systems whose slots hold chosen families, made when they are first asked for.
struct CandidateSpace::Draws {
  std::mutex mutex;
  std::optional<Space> all, rest;
  std::map<std::vector<double>, Space> by_families;
};

std::string NetworkSource::title() const {
  if (family) return family->name();
  if (any.empty()) return fixed.name;
  std::string text;
  for (const Network& network : any) text += (text.empty() ? "" : " or ") + network.name;
  return text;
}

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
  if (system) {
    parameters = system->parameters();
    for (const std::string& text : system->constraints()) constraints.push_back(make_constraint(text, parameters));
    machine_numbers = system->numbers();
    draws_ = std::make_shared<Draws>();
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
    constraints.push_back(make_constraint(
        fmt::format("{} == '{}' or {} == {}", source.task.empty() ? "nn.network" : "nn." + source.task + ".network",
                    source.any[static_cast<std::size_t>(one.option)].name, one.parameter.name,
                    std::get<OrdinalValues>(one.parameter.domain).values.back()),
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
  if (system)
    result.machines = system->machines(std::span(point.numbers).first(static_cast<std::size_t>(machine_numbers)));
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
      network.compression = compression.decode(
          std::span(point.numbers)
              .subspan(static_cast<std::size_t>(machine_numbers), static_cast<std::size_t>(compression.numbers())),
          n, network.option, network.plain());
    result.networks.push_back(std::move(network));
  }
  return result;
}

bool CandidateSpace::stratified() const {
  return std::any_of(networks.begin(), networks.end(),
                     [](const NetworkSource& network) { return network.family && network.family->stratum() >= 0; });
}

Space CandidateSpace::part(int first, int count) const {
  std::vector<Parameter> parameters;
  std::vector<Constraint> constraints;
  for (int p = first; p < first + count; ++p) parameters.push_back(space.parameters()[static_cast<std::size_t>(p)]);
  const int begin = space.offset(first), end = begin + count;
  for (const Constraint& constraint : space.constraints()) {
    const std::vector<int>& names = constraint.predicate.names();
    if (!names.empty() && names.front() >= begin && names.back() < end)
      constraints.push_back(make_constraint(constraint.text, parameters));
  }
  return Space(std::move(parameters), std::move(constraints));
}

std::optional<std::vector<double>> CandidateSpace::draw_system(Random& random) const {
  const std::vector<int> chosen = system->family_parameters();
  const std::lock_guard<std::mutex> lock(draws_->mutex);
  if (!draws_->all) draws_->all = part(0, machine_numbers);
  constexpr int tries = 32;  // the study may forbid some families
  for (int i = 0; i < tries; ++i) {
    std::vector<double> families;
    std::vector<HeldParameter> held;
    for (const int parameter : chosen) {
      if (parameter < 0) continue;
      const auto& words =
          std::get<CategoricalValues>(draws_->all->parameters()[static_cast<std::size_t>(parameter)].domain);
      held.push_back({parameter, static_cast<double>(random.below(words.values.size()))});
      families.push_back(held.back().stored);
    }
    auto found = draws_->by_families.find(families);
    if (found == draws_->by_families.end()) {
      constexpr std::size_t most = 512;
      if (draws_->by_families.size() >= most) draws_->by_families.clear();
      found = draws_->by_families.emplace(families, held_space(*draws_->all, held)).first;
    }
    if (auto point = found->second.sample(random)) {
      system->put_in_order(point->numbers);
      return std::move(point->numbers);
    }
  }
  return std::nullopt;
}

SpaceSize CandidateSpace::count() const {
  if (!system) return space.count();
  SpaceSize size;
  size.points = space.count().points;
  size.feasible = size.feasible_low = size.feasible_high = size.share = size.share_low = size.share_high = 1.0;
  size.exact = true;
  const auto times = [&](double value, double low, double high) {
    size.feasible *= value;
    size.feasible_low *= low;
    size.feasible_high *= high;
  };
  const int parameters = static_cast<int>(space.parameters().size());
  if (machine_numbers < parameters) {
    const SpaceSize rest = part(machine_numbers, parameters - machine_numbers).count();
    times(rest.feasible, rest.feasible_low, rest.feasible_high);
    size.exact = rest.exact;
  }
  // Multisets: of j machines out of d there are d (d + 1) ... (d + j - 1) / j!.
  const auto multisets = [](double d, int j) {
    double count = 1.0;
    for (int i = 0; i < j; ++i) count = count * (d + i) / (i + 1);
    return std::max(0.0, std::round(count));
  };
  for (const std::vector<int>& group : system->groups()) {
    const auto [first, block] = system->block(group.front());
    const SpaceSize one = block > 0 ? part(first, block).count() : SpaceSize{1, 1, 1, 1, 1, 1, 1, 1, true};
    const bool empty_first = system->slots()[static_cast<std::size_t>(group.front())].may_be_empty;
    const int filled = static_cast<int>(std::count_if(
        group.begin(), group.end(), [&](int s) { return !system->slots()[static_cast<std::size_t>(s)].may_be_empty; }));
    const auto systems = [&](double d) {
      double sum = 0.0;
      for (int j = filled; j <= static_cast<int>(group.size()); ++j) sum += multisets(d - (empty_first ? 1.0 : 0.0), j);
      return sum;
    };
    times(systems(one.feasible), systems(one.feasible_low), systems(one.feasible_high));
    size.exact = size.exact && one.exact;
  }
  size.share = size.points > 0.0 ? size.feasible / size.points : 0.0;
  return size;
}

std::optional<Point> CandidateSpace::draw(Random& random) const {
  std::optional<Point> point;
  if (system) {
    std::optional<std::vector<double>> numbers = draw_system(random);
    const int parameters = static_cast<int>(space.parameters().size());
    {
      const std::lock_guard<std::mutex> lock(draws_->mutex);
      if (!draws_->rest)
        draws_->rest = machine_numbers < parameters ? part(machine_numbers, parameters - machine_numbers) : Space();
    }
    const std::optional<Point> rest = draws_->rest->sample(random);
    if (!numbers || !rest) return std::nullopt;
    numbers->insert(numbers->end(), rest->numbers.begin(), rest->numbers.end());
    point = Point{*std::move(numbers)};
  } else {
    point = space.sample(random);
  }
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
