// Rows of a sweep (see the header).
#include <dovetail/engine/report/design/sweep_row.hpp>

#include <chrono>
#include <optional>

#include <dovetail/engine/design/points/point_json.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

Json failed_row(Json point, const std::string& reason) {
  Json row = {{"point", std::move(point)}, {"status", "failed"}, {"reason", reason}, {"objective", nullptr}};
  for (const std::string& metric : sweep_metrics()) row[metric] = nullptr;
  row["lower_bound"] = nullptr;
  row["gap"] = nullptr;
  row["best"] = nullptr;
  row["seconds"] = 0.0;
  return row;
}

}  // namespace

const std::vector<std::string>& sweep_metrics() {
  static const std::vector<std::string> names = {"energy_pj", "cycles", "edp", "area_um2", "power_mw", "latency_ms"};
  return names;
}

Json sweep_row(const Codesign& codesign, Json point, const SweepRowOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  std::optional<DesignPoint> best;
  std::string reason = "no feasible design";
  double lower_bound = 0.0;
  Random random(0, {0x726f77});
  if (!codesign.space().sample(random)) {
    const auto closure = codesign.space().closure();
    reason = "no hardware point satisfies the constraints" + (closure ? ": " + closure->constraint : "");
  } else if (options.hold) {
    best = codesign.evaluate(codesign.nearest_to_hand(), Codesign::Dataflow::free,
                             {options.threads, 0.0, options.interrupted});
    if (best && !best->feasible()) {
      reason = best->reason;
      best.reset();
    }
    if (best) lower_bound = best->lower_bound;
  } else {
    CodesignOptions run_options;
    run_options.threads = options.threads;
    run_options.interrupted = options.interrupted;
    run_options.baseline = false;
    CodesignResult result = run(codesign, run_options);
    std::int64_t most = 0;  // the reason of most trials stands for the row
    for (const auto& [why, count] : result.infeasible) {
      if (count <= most) continue;
      most = count;
      reason = why;
    }
    lower_bound = result.lower_bound;
    best = std::move(result.best);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  Json row = failed_row(std::move(point), reason);
  row["seconds"] = json_number(seconds);
  if (!best) return row;
  row["status"] = "done";
  row["reason"] = "";
  row["objective"] = json_number(best->objective);
  row["energy_pj"] = json_number(best->energy_pj);
  row["cycles"] = json_number(best->cycles);
  row["edp"] = json_number(best->edp);
  row["area_um2"] = json_number(best->area_um2);
  row["power_mw"] = json_number(best->power_mw);
  row["latency_ms"] = json_number(best->latency_ms);
  row["lower_bound"] = json_number(lower_bound);
  row["gap"] = lower_bound > 0 ? json_number((best->objective - lower_bound) / best->objective) : Json(nullptr);
  row["best"] = point_to_json(codesign.family().space(), best->point);
  return row;
}

}  // namespace dovetail
