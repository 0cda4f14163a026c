// The mapping rules of a family: from texts over dimension names to MappingRules of one layer.
#pragma once

#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/spaces/family/names.hpp>
#include <dovetail/spaces/mapping/mapping_rules.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// What the dimensions of a layer mean: conv over N K C P Q R S G, matmul over M N K B, or neither.
enum class LayerKind { conv, matmul, other };
LayerKind layer_kind(const Layer& layer);

/// Compiled form of one list of rules.
class FamilyRules {
 public:
  FamilyRules() = default;
  /// `levels` are the names of the machine's levels, innermost first.
  FamilyRules(const RulesText& text, const std::vector<std::string>& levels, const FamilyNames& names,
              Diagnostics& diagnostics);

  /// Narrows `rules` (one entry per level) for this layer: allowed sets intersect, bounds tighten.
  void apply(const Layer& layer, const std::vector<double>& values, MappingRules& rules) const;

  /// Marks the parameters that rules depend on.
  void mark_parameters(const FamilyNames& names, std::vector<char>& marks) const;

 private:
  struct CompiledBound {
    Slot slot;
    std::string dimension;
    CompiledFormula factor;
  };
  struct CompiledRule {
    RuleText text;
    int level = 0;
    CompiledFormula when;
    std::vector<CompiledBound> at_least, at_most;
  };
  using List = std::vector<CompiledRule>;
  static void apply_rule(const CompiledRule& rule, const Layer& layer, std::vector<double>& values, LevelRules& level);

  List any_, conv_, matmul_;
};

}  // namespace dovetail
