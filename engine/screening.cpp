// A mapper finds candidates with its own model; another evaluator decides between them.
#include <dovetail/engine/screening.hpp>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include <dovetail/workloads/diagnostics.hpp>

namespace dovetail {

Decision decide(const MapRequest& request, const MapResult& result, const Evaluator& evaluator,
                int candidates) {
  const auto value = [&](const FrontPoint& point) {
    return request.objective(point.energy_pj, static_cast<double>(point.cycles));
  };
  std::vector<FrontPoint> front = result.front;
  if (candidates > 0)
    std::stable_sort(front.begin(), front.end(),
                     [&](const FrontPoint& a, const FrontPoint& b) { return value(a) < value(b); });
  std::vector<const Mapping*> list = {&*result.mapping};
  for (const FrontPoint& point : front)
    if (!(point.mapping == *result.mapping)) list.push_back(&point.mapping);
  if (candidates > 0) list.resize(std::min(list.size(), static_cast<std::size_t>(candidates)));

  Decision decision;
  const auto failed = [&](const std::string& reason) {
    if (decision.failure.empty()) decision.failure = fmt::format("{}: {}", evaluator.name(), reason);
  };
  for (const Mapping* candidate : list) {
    try {
      const Evaluation answer = evaluator.evaluate(request.layer, request.architecture, *candidate);
      if (!answer.valid()) {
        failed(answer.violations.front().constraint);
        continue;
      }
      const double objective = request.objective(answer.energy_pj, static_cast<double>(answer.cycles));
      if (decision.mapping && objective >= decision.objective) continue;
      decision.mapping = *candidate;
      decision.evaluation = answer;
      decision.objective = objective;
    } catch (const InputError&) {
      throw;  // not of this design
    } catch (const std::runtime_error& error) {
      failed(error.what());
    }
  }
  if (decision.mapping) decision.failure.clear();
  return decision;
}

}  // namespace dovetail
