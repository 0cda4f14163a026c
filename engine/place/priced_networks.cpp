// Maps each distinct layer once per machine, in parallel.
#include <dovetail/engine/place/priced_networks.hpp>

#include <limits>
#include <map>

#include <dovetail/workloads/parallel.hpp>

namespace dovetail {

PlacementProblem placement_problem(std::span<const Network> networks, std::size_t machines,
                                   const std::function<LayerCost(const Layer&, std::size_t machine)>& cost) {
  PlacementProblem problem;
  problem.machines = machines;
  for (std::size_t n = 0; n < networks.size(); ++n) {
    const std::size_t first = problem.layers.size();
    for (const NetworkLayer* layer : layers(networks[n])) {
      PlacementLayer placed;
      placed.name = layer->layer.name;
      placed.network = static_cast<std::int64_t>(n);
      for (std::size_t m = 0; m < machines; ++m) {
        const LayerCost one = cost(layer->layer, m);
        placed.cycles.push_back(one.cycles * static_cast<double>(layer->repeat));
        placed.energy.push_back(one.energy_pj * static_cast<double>(layer->repeat));
      }
      problem.layers.push_back(std::move(placed));
    }
    const auto [begin, end] = boost::edges(networks[n].graph);
    for (auto edge = begin; edge != end; ++edge)
      problem.edges.emplace_back(first + boost::source(*edge, networks[n].graph),
                                 first + boost::target(*edge, networks[n].graph));
  }
  return problem;
}

PricedNetworks price_networks(std::span<const Network> networks, std::span<const PlacementMachine> machines,
                              const Mapper& mapper, const MapRequest& base, int threads) {
  PricedNetworks out;
  std::map<std::string, std::size_t> shape_of;
  std::vector<const Layer*> shapes;
  for (const Network& network : networks) {
    for (const NetworkLayer* layer : layers(network))
      if (shape_of.try_emplace(shape_key(layer->layer), shapes.size()).second) shapes.push_back(&layer->layer);
  }
  out.shapes = shapes.size();
  std::vector<LayerCost> prices(shapes.size() * machines.size(), {std::numeric_limits<double>::infinity(), 0.0});
  parallel_for(prices.size(), threads, [&](std::size_t i) {
    const PlacementMachine& machine = machines[i % machines.size()];
    MapRequest request = base;
    request.layer = *shapes[i / machines.size()];
    request.architecture = machine.architecture;
    if (machine.rules) request.rules = machine.rules(request.layer);
    const MapResult result = mapper.map(request);
    if (result.mapping) prices[i] = {static_cast<double>(result.best.cycles), result.best.energy_pj};
  });
  out.problem = placement_problem(networks, machines.size(), [&](const Layer& layer, std::size_t m) {
    return prices[shape_of.at(shape_key(layer)) * machines.size() + m];
  });
  return out;
}

}  // namespace dovetail
