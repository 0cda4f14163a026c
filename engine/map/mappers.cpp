// The mappers by name.
#include <dovetail/engine/map/mapper.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/sampling/bayes_mapper.hpp>
#include <dovetail/engine/map/sampling/sampling_mappers.hpp>

namespace dovetail {

std::unique_ptr<Mapper> make_mapper(const std::string& name) {
  if (name == "exact") return std::make_unique<ExactMapper>();
  if (name == "random") return std::make_unique<RandomMapper>();
  if (name == "bayes") return std::make_unique<BayesMapper>();
  if (name == "hillclimb") return std::make_unique<HillclimbMapper>();
  if (name == "annealing") return std::make_unique<AnnealingMapper>();
  if (name == "evolution") return std::make_unique<EvolutionMapper>();
  throw std::invalid_argument(fmt::format("no mapper is named {}; known: {}", name, fmt::join(mapper_names(), ", ")));
}

std::vector<std::string> mapper_names() {
  return {"exact", "random", "bayes", "evolution", "annealing", "hillclimb"};
}

}  // namespace dovetail
