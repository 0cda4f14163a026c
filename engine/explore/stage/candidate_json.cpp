// Writing candidates.
#include <dovetail/engine/explore/stage/candidate_json.hpp>

#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/spaces/space/point_json.hpp>
#include <dovetail/workloads/layer_document.hpp>

namespace dovetail {

using Json = nlohmann::ordered_json;

nlohmann::ordered_json network_document(const CandidateNetwork& network) {
  Json document;
  if (network.source->family) {
    document = network.source->family->document(network.point);
  } else {
    const Network given = network.plain();
    document = {{"schema", "dovetail-workload/1"}, {"name", given.name}, {"layers", Json::array()}};
    for (const NetworkLayer* layer : layers(given)) {
      Json problem = problem_json(layer->layer);
      problem.erase("name");
      if (layer->repeat != 1) problem["repeat"] = layer->repeat;
      document["layers"].push_back({{layer->layer.name, std::move(problem)}});
    }
  }
  if (!network.source->task.empty()) document["name"] = network.source->task;
  return document;
}

nlohmann::ordered_json candidate_question(const CandidateSpace& space, const NetworkCandidate& candidate) {
  Json question = {{"point", to_json(space.space, candidate.point)}, {"networks", Json::array()}};
  for (const CandidateNetwork& network : candidate.networks) question["networks"].push_back(network_document(network));
  if (candidate.machine != nullptr) question["architecture"] = to_json(candidate.architecture());
  return question;
}

}  // namespace dovetail
