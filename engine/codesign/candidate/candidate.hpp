// What a point of a study stands for: networks with weights, a machine, and the rules of its mappings.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <dovetail/engine/codesign/candidate/layer_pool.hpp>
#include <dovetail/engine/fuse/activations.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/network.hpp>

namespace dovetail {

/// `count` occurrences of a layer of a set, under the network's own name for it.
struct CountedLayer {
  std::size_t layer = 0;
  std::int64_t count = 1;
  std::string name;
};

struct WeightedNetwork {
  std::string name;
  double weight = 1.0;
  std::vector<CountedLayer> layers;
  std::shared_ptr<const RunningNetwork> running{};  ///< with what feeds what, where results may stay on chip
};

/// Networks over their distinct layers.
struct NetworkSet {
  std::vector<WeightedNetwork> networks;
  std::vector<const PoolLayer*> layers;
  /// Layers are those of the pool, so that equal ones of different candidates are tabled once.
  void add(const Network& network, double weight, LayerPool& pool);
  /// The same of a network whose results may stay on chip.
  void add_fused(const Network& network, double weight, LayerPool& pool);
  /// Per layer, of networks whose results may stay on chip: the tensors, by bit, that do in some schedule of some
  /// network.
  std::vector<unsigned> residents;
  std::vector<unsigned> cut;  ///< and the dimensions that bands may cut
};

/// A value made from a point; it does not change.
struct Candidate {
  Point point;
  Architecture machine;
  std::shared_ptr<const NetworkSet> work;
  std::vector<MappingRules> rules;                       ///< per layer of the set
  std::function<MappingRules(const Layer&)> rules_of{};  ///< of any layer, also of a part of one; empty: not known
};

enum class Dataflow {
  free,      ///< whatever the machine allows
  baseline,  ///< the hand design's own dataflow
};

/// Makes candidates from points. A study whose points say more than a machine (the width of a layer, say) has a builder
/// of its own; nothing that maps, bounds or adds up knows where a candidate comes from. Safe to use from several
/// threads.
class CandidateBuilder {
 public:
  virtual ~CandidateBuilder() = default;
  virtual Candidate build(const Point& point, Dataflow dataflow) const = 0;
  /// The space of its points; null: that of the study's family, narrowed by the study.
  virtual const Space* space() const { return nullptr; }
};

/// The same networks on the machines of a family.
class FamilyCandidates final : public CandidateBuilder {
 public:
  FamilyCandidates(std::shared_ptr<const Family> family, std::shared_ptr<const NetworkSet> work);
  Candidate build(const Point& point, Dataflow dataflow) const override;

 private:
  std::shared_ptr<const Family> family_;
  std::shared_ptr<const NetworkSet> work_;
};

}  // namespace dovetail
