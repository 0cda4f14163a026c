// What a job of a co-design study gives (see the header).
#include <dovetail/engine/report/job_outcome.hpp>

#include <chrono>

#include <dovetail/engine/report/report.hpp>

namespace dovetail {

std::optional<JobOutcome> evaluate_job(const Codesign& codesign, const Job& job, int threads,
                                       const std::function<bool()>& stop) {
  const auto start = std::chrono::steady_clock::now();
  const Codesign::Limits limits{threads, job.incumbent, stop, true, codesign.study().prove, {}, job.proving};
  std::optional<DesignPoint> design = codesign.evaluate(job.point, Codesign::Dataflow::free, limits);
  if (!design) return std::nullopt;
  JobOutcome outcome{{codesign.trial(job.id, *design), 0.0, ""}, *std::move(design)};
  // The full design of what beats the incumbent; of the others the values of the parameters, for reports.
  const bool better = outcome.design.feasible() && (job.incumbent <= 0.0 || outcome.design.objective < job.incumbent);
  const nlohmann::ordered_json detail =
      better ? design_point_json(codesign, outcome.design)
             : nlohmann::ordered_json{{"point", trial_json(codesign, outcome.record.trial)["point"]}};
  outcome.record.detail = detail.dump();
  outcome.record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

}  // namespace dovetail
