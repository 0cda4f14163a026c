// Metrics and specs against numbers worked out by hand.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include <dovetail/engine/map/network/sum_limits.hpp>
#include <dovetail/engine/map/network/supporting_lines.hpp>
#include <dovetail/engine/record/outcome.hpp>
#include <dovetail/engine/record/trial.hpp>

using namespace dovetail;

namespace {

double value(const char* metric, const DesignFigures& figures) {
  const Metric* found = find_metric(metric);
  REQUIRE(found != nullptr);
  return found->value(figures);
}

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("latency, power and the other metrics of a design, by hand") {
  // 3e9 pJ = 3 mJ in 4e6 cycles at 200 MHz: 20 ms, so 0.15 W.
  const DesignFigures figures{3e9, 4e6, 1.5e6, 200e6};
  CHECK(value("latency_ms", figures) == doctest::Approx(20.0).epsilon(1e-14));
  CHECK(value("power_mw", figures) == doctest::Approx(150.0).epsilon(1e-14));
  CHECK(value("edp", figures) == 1.2e16);
  CHECK(value("energy_pj", figures) == 3e9);
  CHECK(value("cycles", figures) == 4e6);
  CHECK(value("area_um2", figures) == 1.5e6);
  // Twice the clock: half the time, twice the power.
  const DesignFigures faster{3e9, 4e6, 1.5e6, 400e6};
  CHECK(value("latency_ms", faster) == doctest::Approx(10.0).epsilon(1e-14));
  CHECK(value("power_mw", faster) == doctest::Approx(300.0).epsilon(1e-14));
}

TEST_CASE("what bounds of energy and cycles bound, and what is known of the machine alone") {
  for (const Metric& metric : metrics()) {
    CAPTURE(metric.name);
    const DesignFigures low{2.0, 3.0, 7.0, 1.0}, high{4.0, 6.0, 7.0, 1.0};
    if (metric.rises()) CHECK(metric.value(low) <= metric.value(high));
    CHECK(metric.before_mapping == (metric.value(low) == metric.value({9.0, 8.0, 7.0, 1.0})));
    // value = scale x energy^a x cycles^b
    const double scale = metric.value({1.0, 1.0, 7.0, 1.0});
    CHECK(metric.value(low) ==
          doctest::Approx(scale * std::pow(2.0, metric.energy_power) * std::pow(3.0, metric.cycles_power)));
  }
  CHECK_FALSE(find_metric("power_mw")->rises());
  CHECK(find_metric("speed") == nullptr);
  CHECK(metric_names().size() == metrics().size());
}

TEST_CASE("the worst of several limits counts, two on one metric as well") {
  const DesignFigures figures{100.0, 10.0, 50.0, 1e6};
  const auto at_most = [](const char* metric, double bound) { return Spec{metric, bound, {}}; };
  const std::vector<Spec> both = {at_most("energy_pj", 80.0), at_most("energy_pj", 200.0)};
  CHECK(spec_violation(both, figures) == doctest::Approx(0.25));
  const std::vector<Spec> other = {at_most("energy_pj", 200.0), at_most("energy_pj", 80.0)};
  CHECK(spec_violation(other, figures) == doctest::Approx(0.25));
  CHECK(spec_violation(std::vector<Spec>{at_most("cycles", 10.0)}, figures) == 0.0);
  CHECK(excess({"cycles", {}, 20.0}, 10.0) == doctest::Approx(0.5));
}

TEST_CASE("what is least, and most, within limits on a curve") {
  // From (12, 1) straight to (4, 5) and to (2, 9): energy and cycles.
  const std::vector<CostPoint> curve = {{12, 1}, {4, 5}, {2, 9}};
  const MappingObjective edp{1, 1};
  const auto least = [&](const SumLimits& limits, const NetworkPart& share = {}) {
    return least_within(curve, edp, limits, share).objective;
  };
  SumLimits limits;
  CHECK(least(limits) == 12.0);
  limits.energy_pj = 8.0;  // the first piece at (8, 3), or the corners (4, 5) and (2, 9)
  CHECK(least(limits) == doctest::Approx(18.0).epsilon(1e-6));
  limits.energy_pj = 3.0;  // the second piece at (3, 7)
  CHECK(least(limits) == doctest::Approx(18.0).epsilon(1e-6));
  limits.cycles = 6.0;
  CHECK(least(limits) == infinity);
  limits = {};
  limits.energy_times_cycles = 11.9;
  CHECK(least(limits) == infinity);
  limits.energy_times_cycles = 18.5;
  CHECK(least(limits) == 12.0);
  limits.energy_pj = 10.0;  // 12 at (12, 1) is out; on the way to (4, 5) the product is 20 at its highest
  CHECK(least(limits) == doctest::Approx(18.0).epsilon(1e-6));
  limits = {};
  limits.energy_per_cycle = 2.0;  // E = 2 C at (7, 3.5)
  CHECK(least(limits) == doctest::Approx(18.0));
  limits.energy_per_cycle = 0.1;  // 2 pJ in 20 cycles, on the level part
  CHECK(least(limits) == doctest::Approx(40.0));
  // Of twice the network and 10 pJ beside it: 2 E + 10 <= 18 is E <= 4.
  limits = {};
  limits.energy_pj = 18.0;
  CHECK(least(limits, {2.0, {10.0, 0.0}}) == doctest::Approx(18.0).epsilon(1e-6));

  limits = {};
  limits.energy_pj = 10.0;
  limits.cycles = 6.0;
  const double most = most_within(curve, edp, infinity, limits, {}, 1.0, {infinity, infinity});
  CHECK(most >= 16.0);
  CHECK(most < 16.2);
  CHECK(most_within(curve, edp, infinity, {}, {}, 1.0, {infinity, infinity}) == infinity);
  CHECK(most_within(curve, edp, 11.0, limits, {}, 1.0, {infinity, infinity}) == -infinity);
}

TEST_CASE("how a trial ended is read from its record in one place") {
  const auto word = [](const Trial& trial) { return std::string(outcome_word(outcome_of(trial))); };
  Trial trial{1, {}, TrialState::pending, {}, ""};
  CHECK(word(trial) == "pending");
  trial.state = TrialState::completed;
  trial.metrics = {{"objective", 5.0}, {"lower_bound", 3.0}};
  CHECK(word(trial) == "feasible");
  trial.metrics["pruned"] = 1.0;
  CHECK(word(trial) == "pruned");
  CHECK(std::get<Pruned>(outcome_of(trial)).bound == 3.0);
  trial.reason = spec_reason("area_um2");
  CHECK(word(trial) == "infeasible");
  CHECK(std::get<Infeasible>(outcome_of(trial)).metric == "area_um2");
  CHECK(std::get<Infeasible>(outcome_of(trial)).proven);
  trial.reason = spec_reason("power_mw");
  CHECK(breaks_open_spec(outcome_of(trial)));
  trial.metrics[excluded_metric] = 1.0;
  CHECK_FALSE(breaks_open_spec(outcome_of(trial)));
  trial.state = TrialState::failed;
  trial.reason = "no mapping";
  CHECK(std::get<Failed>(outcome_of(trial)).reason == "no mapping");
}
