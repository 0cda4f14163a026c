// What a mapper was asked and what it answered, as JSON.
#include <dovetail/engine/report/design/map_json.hpp>

#include <nlohmann/json.hpp>

#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>

namespace dovetail {

using Json = nlohmann::ordered_json;

Json to_json(const MapRequest& request, const MapResult& result) {
  Json json;
  const bool found = result.mapping.has_value();
  json["best"] = nullptr;
  if (found) {
    json["best"] = to_json(request.layer, request.architecture, result.best);
    json["best"]["mapping"] = to_json(request.layer, request.architecture, *result.mapping);
  }
  json["objective"] = found ? json_number(result.objective) : Json(nullptr);
  json["lower_bound"] = json_number(result.lower_bound);
  json["gap"] = found && result.objective > 0 ? json_number(result.gap()) : Json(nullptr);
  json["proven"] = result.proven;
  json["evaluations"] = result.evaluations;
  json["seconds"] = json_number(result.seconds);
  json["stopped"] = result.stopped;
  if (!found) {
    json["violations"] = Json::array();
    for (const Violation& violation : result.closest) {
      json["violations"].push_back({{"constraint", violation.constraint},
                                    {"level", violation.level},
                                    {"tensor", violation.tensor},
                                    {"needed", json_number(violation.needed)},
                                    {"available", json_number(violation.available)}});
    }
  }
  if (!result.front.empty()) {
    json["front"] = Json::array();
    for (const FrontPoint& point : result.front) {
      json["front"].push_back({{"energy_pj", json_number(point.energy_pj)},
                               {"cycles", point.cycles},
                               {"mapping", to_json(request.layer, request.architecture, point.mapping)}});
    }
    json["front_proven"] = result.front_proven;
  }
  return json;
}

}  // namespace dovetail
