// Candidates from points (see the header).
#include <dovetail/engine/codesign/candidate/candidate.hpp>

#include <algorithm>
#include <utility>

namespace dovetail {

void NetworkSet::add(const Network& network, double weight, LayerPool& pool) {
  WeightedNetwork own{network.name, weight, {}};
  for (const UniqueLayer& unique : unique_layers(network)) {
    const PoolLayer* layer = &pool.add(unique.layer);
    const auto found = std::find(layers.begin(), layers.end(), layer);
    own.layers.push_back({static_cast<std::size_t>(found - layers.begin()), unique.count, unique.layer.name});
    if (found == layers.end()) layers.push_back(layer);
  }
  networks.push_back(std::move(own));
}

void NetworkSet::add_fused(const Network& network, double weight, LayerPool& pool) {
  add(network, weight, pool);
  const auto running = std::make_shared<const RunningNetwork>(running_network(network));
  residents.resize(layers.size(), 0U);
  cut.resize(layers.size(), 0U);
  for (std::size_t i = 0; i < running->layers.size(); ++i) {
    const auto found = std::find(layers.begin(), layers.end(), &pool.add(running->layers[i].layer));
    const auto place = static_cast<std::size_t>(found - layers.begin());
    residents[place] |= dovetail::residents(*running, static_cast<int>(i));
    cut[place] |= cut_dimensions(running->layers[i]);
  }
  networks.back().running = running;
}

FamilyCandidates::FamilyCandidates(std::shared_ptr<const Family> family, std::shared_ptr<const NetworkSet> work)
    : family_(std::move(family)),
      work_(std::move(work)) {}

Candidate FamilyCandidates::build(const Point& point, Dataflow dataflow) const {
  Candidate candidate{point, family_->instantiate(point), work_, {}, {}};
  candidate.rules_of = [family = family_, point, dataflow](const Layer& layer) {
    return dataflow == Dataflow::baseline ? family->baseline_rules(layer, point) : family->rules(layer, point);
  };
  candidate.rules.reserve(work_->layers.size());
  for (const PoolLayer* layer : work_->layers) candidate.rules.push_back(candidate.rules_of(layer->layer));
  return candidate;
}

}  // namespace dovetail
