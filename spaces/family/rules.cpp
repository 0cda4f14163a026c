// Compiles a family's mapping rules and applies them to a layer.
#include <dovetail/spaces/family/rules.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <dovetail/accelerators/mapping/homes.hpp>

namespace dovetail {
namespace {

bool all_among(const Layer& layer, const std::vector<std::string>& names) {
  return std::all_of(layer.dimensions.begin(), layer.dimensions.end(), [&](const Dimension& dimension) {
    return std::find(names.begin(), names.end(), dimension.name) != names.end();
  });
}

// Positions of a layer's tensors by role: the written one is Outputs, the others go by their names.
unsigned tensor_mask(const Layer& layer, const std::vector<std::string>& roles) {
  unsigned mask = 0;
  for (const std::string& role : roles) {
    const int tensor = role == "Outputs" ? written_tensor(layer) : find_tensor(layer, role);
    if (tensor >= 0) mask |= 1U << static_cast<unsigned>(tensor);
  }
  return mask;
}

// The tensors that the rules know: those that play one of the three roles.
unsigned known_tensors(const Layer& layer) {
  return tensor_mask(layer, {"Inputs", "Weights", "Outputs"});
}

void narrow_to(std::int64_t& max_factor, std::int64_t bound) {
  max_factor = max_factor == 0 ? bound : std::min(max_factor, bound);
}

}  // namespace

LayerKind layer_kind(const Layer& layer) {
  static const std::vector<std::string> conv = {"N", "K", "C", "P", "Q", "R", "S", "G"};
  static const std::vector<std::string> matmul = {"M", "N", "K", "B"};
  if (find_dimension(layer, "M") >= 0 && all_among(layer, matmul)) return LayerKind::matmul;
  if (all_among(layer, conv)) return LayerKind::conv;
  return LayerKind::other;
}

FamilyRules::FamilyRules(const RulesText& text, const std::vector<std::string>& levels, const FamilyNames& names,
                         Diagnostics& diagnostics) {
  const auto compile_list = [&](const std::vector<RuleText>& rules) {
    List list;
    for (const RuleText& rule : rules) {
      CompiledRule compiled;
      compiled.text = rule;
      const auto found = std::find(levels.begin(), levels.end(), rule.level);
      if (found == levels.end()) {
        diagnostics.error(rule.where,
                          fmt::format("there is no level {}{}", quote(rule.level), suggestion(rule.level, levels)));
        continue;
      }
      compiled.level = static_cast<int>(found - levels.begin());
      compiled.when = names.compile(rule.when, true, diagnostics, true);
      const auto compile_bounds = [&](const std::vector<BoundText>& bounds, std::vector<CompiledBound>& result) {
        for (const BoundText& bound : bounds) {
          result.push_back(
              {static_cast<Slot>(bound.slot), bound.dimension, names.compile(bound.factor, false, diagnostics, true)});
        }
      };
      compile_bounds(rule.at_least, compiled.at_least);
      compile_bounds(rule.at_most, compiled.at_most);
      list.push_back(std::move(compiled));
    }
    return list;
  };
  any_ = compile_list(text.any);
  conv_ = compile_list(text.conv);
  matmul_ = compile_list(text.matmul);
}

void FamilyRules::apply_rule(const CompiledRule& rule, const Layer& layer, std::vector<double>& values,
                             LevelRules& level) {
  const int dimensions = static_cast<int>(layer.dimensions.size());
  if (rule.text.keep) {
    const unsigned keep = tensor_mask(layer, *rule.text.keep), free = tensor_mask(layer, rule.text.may_keep);
    level.must_keep |= keep;
    level.must_bypass |= known_tensors(layer) & ~keep & ~free;
    const unsigned living = tensor_mask(layer, rule.text.may_home);
    for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
      if ((living >> t & 1U) != 0) level.must_bypass |= home_bit(t);
    }
  }
  for (int slot = 0; slot < slot_count; ++slot) {
    if (!rule.text.allowed[slot]) continue;
    const auto& allowed = *rule.text.allowed[slot];
    for (int d = 0; d < dimensions; ++d) {
      const bool listed = std::find(allowed.begin(), allowed.end(), layer.dimensions[d].name) != allowed.end();
      if (!listed) level.max_factor[slot][d] = 1;
    }
  }
  const auto bound = [&](const CompiledBound& entry, bool least) {
    const int d = find_dimension(layer, entry.dimension);
    if (d < 0) return;
    double& extent = values[values.size() - layer_symbols + extent_symbol];
    extent = static_cast<double>(layer.dimensions[d].extent);
    const double factor = std::max(1.0, evaluate(entry.factor, values));
    extent = 1.0;
    const int slot = static_cast<int>(entry.slot);
    if (least) {
      auto& lowest = level.min_factor[slot][d];
      lowest = std::max(lowest, static_cast<std::int64_t>(std::ceil(factor)));
    } else {
      narrow_to(level.max_factor[slot][d], static_cast<std::int64_t>(std::min(factor, 1e15)));
    }
  };
  for (const CompiledBound& entry : rule.at_least) bound(entry, true);
  for (const CompiledBound& entry : rule.at_most) bound(entry, false);
  if (!rule.text.order.empty()) {
    level.inner_order.clear();
    for (const std::string& name : rule.text.order) {
      const int d = find_dimension(layer, name);
      if (d >= 0) level.inner_order.push_back(d);
    }
    level.order_fixed = static_cast<int>(level.inner_order.size()) == dimensions;
  }
}

void FamilyRules::apply(const Layer& layer, const std::vector<double>& values, MappingRules& rules) const {
  std::vector<double> scratch = values;
  const int channels = find_dimension(layer, "C");
  const bool depthwise = channels >= 0 && relevant(layer.tensors[written_tensor(layer)], channels);
  scratch[scratch.size() - layer_symbols + depthwise_symbol] = depthwise ? 1.0 : 0.0;
  const auto apply_list = [&](const List& list) {
    for (const CompiledRule& rule : list) {
      if (!rule.when.empty() && !rule.when.expression.holds(scratch)) continue;
      apply_rule(rule, layer, scratch, rules.levels[static_cast<std::size_t>(rule.level)]);
    }
  };
  apply_list(any_);
  switch (layer_kind(layer)) {
    case LayerKind::conv:
      apply_list(conv_);
      break;
    case LayerKind::matmul:
      apply_list(matmul_);
      break;
    case LayerKind::other:
      break;
  }
}

void FamilyRules::mark_parameters(const FamilyNames& names, std::vector<char>& marks) const {
  for (const List* list : {&any_, &conv_, &matmul_}) {
    for (const CompiledRule& rule : *list) {
      names.mark_parameters(rule.when, marks);
      for (const CompiledBound& bound : rule.at_least) names.mark_parameters(bound.factor, marks);
      for (const CompiledBound& bound : rule.at_most) names.mark_parameters(bound.factor, marks);
    }
  }
}

}  // namespace dovetail
