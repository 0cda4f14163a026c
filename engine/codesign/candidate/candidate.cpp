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

FamilyCandidates::FamilyCandidates(std::shared_ptr<const Family> family, std::shared_ptr<const NetworkSet> work)
    : family_(std::move(family)), work_(std::move(work)) {}

Candidate FamilyCandidates::build(const Point& point, Dataflow dataflow) const {
  Candidate candidate{point, family_->instantiate(point), work_, {}};
  candidate.rules.reserve(work_->layers.size());
  for (const PoolLayer* layer : work_->layers)
    candidate.rules.push_back(dataflow == Dataflow::baseline ? family_->baseline_rules(layer->layer, point)
                                                             : family_->rules(layer->layer, point));
  return candidate;
}

}  // namespace dovetail
