// Bounds that prune lose nothing: a pruned machine is no better than the incumbent, whatever its mappings.
#include <doctest/doctest.h>

#include <algorithm>

#include <dovetail/engine/codesign/codesign.hpp>

using namespace dovetail;

namespace {

Study study(const std::string& workload, const std::string& family, const std::string& objective) {
  Study study;
  study.workloads = {{}};
  study.workloads.front().name = workload;
  study.family = family;
  study.objective = objective;
  return study;
}

// Every sampled point with an incumbent, beside the same point without one.
void compare(const Codesign& codesign, std::uint64_t seed, int points) {
  Random random(seed, {1});
  const Codesign::Limits unlimited;
  std::vector<DesignPoint> full;
  full.reserve(static_cast<std::size_t>(points));
  for (int k = 0; k < points; ++k)
    full.push_back(*codesign.evaluate(*codesign.space().sample(random), Codesign::Dataflow::free, unlimited));
  std::vector<double> objectives;
  for (const DesignPoint& design : full) {
    if (design.feasible()) objectives.push_back(design.objective);
  }
  REQUIRE(objectives.size() > 2);
  std::sort(objectives.begin(), objectives.end());
  int pruned = 0;
  for (const double incumbent : {objectives[0] * 0.999, objectives[1], objectives[objectives.size() / 2]}) {
    Codesign::Limits limits;
    limits.incumbent = incumbent;
    for (const DesignPoint& truth : full) {
      const DesignPoint design = *codesign.evaluate(truth.point, Codesign::Dataflow::free, limits);
      if (design.pruned && truth.mapped) {
        ++pruned;
        CHECK(truth.objective >= incumbent * (1 - 1e-9));
        CHECK(design.lower_bound >= incumbent * (1 - 1e-9));
        CHECK(truth.objective >= design.lower_bound * (1 - 1e-9));
        if (design.mapped) CHECK(design.objective >= design.lower_bound);
      } else if (!design.pruned) {
        CHECK(design.objective == truth.objective);
        CHECK(design.mapped == truth.mapped);
        CHECK(design.reason == truth.reason);
      }
    }
  }
  CHECK(pruned > 0);
}

}  // namespace

TEST_CASE("pruned machines are no better than the incumbent") {
  compare(Codesign(study("mlp", "eyeriss", "edp")), 1, 12);
  compare(Codesign(study("mlp", "gemmini", "energy")), 2, 8);
  compare(Codesign(study("transformer", "gemmini", "ed2p")), 3, 6);
}

TEST_CASE("two networks on one machine, summed and at their worst") {
  for (const Combine combine : {Combine::sum, Combine::worst}) {
    Study two = study("mlp", "gemmini", "edp");
    two.workloads.push_back(two.workloads.front());
    two.workloads.back().name = "dqn";
    two.workloads.back().weight = 0.5;
    two.combine = combine;
    compare(Codesign(two), 4, 6);
  }
}

TEST_CASE("the best mapping of a network is at least as good as the best of each layer, and proven") {
  const Codesign codesign(study("dqn", "eyeriss", "edp"));
  const Point point = codesign.family().default_point();
  Codesign::Limits quick;
  quick.prove = false;
  const DesignPoint design = *codesign.evaluate(point, Codesign::Dataflow::free, quick);
  const DesignPoint refined = codesign.refined(design, Codesign::Dataflow::free, {});
  CHECK(refined.objective <= design.objective);
  CHECK(refined.lower_bound == refined.objective);
  CHECK(refined.lower_bound >= design.lower_bound * (1 - 1e-9));
}

TEST_CASE("proofs that were put off are done at the end: nothing that was tried is better") {
  for (const char* objective : {"edp", "energy"}) {
    Study study = ::study("mlp", "eyeriss", objective);
    study.designer = "random";
    study.trials = 6;
    const Codesign codesign(study);
    const CodesignResult result = run(codesign, {});
    REQUIRE(result.best);
    CHECK(result.settled());
    for (const Trial& trial : result.trials) {
      const DesignPoint truth = *codesign.evaluate(trial.point, Codesign::Dataflow::free, {});
      if (truth.feasible()) CHECK(result.best->objective <= truth.objective);
      if (trial.metrics.count("objective") != 0 && truth.feasible()) {
        CHECK(trial.metrics.at("lower_bound") <= truth.objective * (1 + 1e-9));
        if (trial.metrics.count("pruned") == 0) CHECK(trial.metrics.at("objective") >= truth.objective * (1 - 1e-9));
      }
    }
  }
}

TEST_CASE("a limit on area is kept by every suggestion, as long as any machine can keep it") {
  for (const char* designer : {"random", "evolution", "bayes", "trees", "relax-round"}) {
    CAPTURE(designer);
    Diagnostics diagnostics;
    Study limited = study("mlp", "eyeriss", "edp");
    limited.designer = designer;
    limited.mapper = "random";
    limited.budget = 20;
    limited.trials = 8;
    for (const double limit : {3e6, 1.0}) {
      CAPTURE(limit);
      Study one = limited;
      set_value(one, "specs.area_um2=" + std::to_string(limit), "--set", diagnostics);
      diagnostics.raise();
      const CodesignResult result = run(Codesign(one), {});
      CHECK(result.trials.size() == 8);
      for (const Trial& trial : result.trials) CHECK((trial.reason == "spec area_um2") == (limit == 1.0));
    }
  }
}
