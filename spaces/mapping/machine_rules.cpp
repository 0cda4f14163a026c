#include <dovetail/spaces/mapping/machine_rules.hpp>

#include <algorithm>
#include <cctype>
#include <string>

namespace dovetail {
namespace {

bool is_called_weights(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return name == "weights" || name == "weight" || name == "w";
}

}  // namespace

std::vector<Operand> operands_of(const Layer& layer) {
  std::vector<Operand> operands;
  std::size_t weights = layer.tensors.size(), last = weights, read = 0;
  for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
    operands.push_back(layer.tensors[t].written ? Operand::outputs : Operand::inputs);
    if (layer.tensors[t].written) continue;
    if (is_called_weights(layer.tensors[t].name)) weights = t;
    last = t;
    ++read;
  }
  if (weights == layer.tensors.size() && read > 1) weights = last;
  if (weights < layer.tensors.size()) operands[weights] = Operand::weights;
  return operands;
}

MappingRules machine_rules(const std::vector<unsigned>& keeps, const Layer& layer) {
  MappingRules rules;
  const std::vector<Operand> operands = operands_of(layer);
  for (const unsigned kept : keeps) {
    LevelRules& level = rules.levels.emplace_back();
    for (std::size_t t = 0; t < operands.size(); ++t)
      ((kept & operand_bit(operands[t])) != 0 ? level.must_keep : level.must_bypass) |= 1U << t;
    if (kept != 0) continue;
    for (std::size_t d = 0; d < layer.dimensions.size(); ++d) level.max_factor[at(Slot::temporal)][d] = 1;
  }
  return rules;
}

}  // namespace dovetail
