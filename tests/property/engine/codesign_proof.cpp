// A proven co-design optimum is the optimum: beside enumeration of small spaces.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/codesign/proof/space_bound.hpp>
#include <dovetail/workloads/text/document.hpp>

using namespace dovetail;

namespace {

const char* const small_gemmini = R"(
workload: mlp
family: gemmini
space: {hw.pe_dim: [8, 16, 32], hw.scratchpad_kb: [8, 32, 128], hw.accumulator_kb: [4, 16, 64]}
)";

Study study() {
  Diagnostics diagnostics;
  Study study = read_study(parse_yaml(small_gemmini, "study.yaml"), diagnostics);
  diagnostics.raise();
  study.folder.clear();
  return study;
}

// The least objective of all points, every network mapped as a whole, and the same with nothing but layers' optima.
double enumerated(const Codesign& codesign) {
  double least = std::numeric_limits<double>::infinity();
  for (const Point& point : codesign.space().enumerate(1000)) {
    const auto design = codesign.evaluate(point, Codesign::Dataflow::free, {});
    if (design->feasible()) least = std::min(least, design->objective);
  }
  return least;
}

CodesignResult proven(const Codesign& codesign, int threads) {
  CodesignOptions options;
  options.threads = threads;
  options.baseline = false;
  return run(codesign, options);
}

}  // namespace

TEST_CASE("the proven optimum is the enumerated one, for any designer before and any objective") {
  for (const std::string objective : {"edp", "energy"}) {
    CAPTURE(objective);
    Diagnostics diagnostics;
    Study searched = study();
    searched.workloads.front().name = objective == "edp" ? "dqn" : "mlp";
    set_value(searched, "space.hw.scratchpad_kb=[8, 128]", "--set", diagnostics);
    searched.objective = objective;
    searched.trials = 4;
    searched.designer = "random";
    searched.prove = true;
    const Codesign codesign(searched);
    const double truth = enumerated(codesign);
    const CodesignResult result = proven(codesign, 1);
    REQUIRE(result.best);
    CHECK(result.best->objective == truth);
    CHECK(result.proven);
    CHECK(result.gap() == 0.0);
    CHECK(result.stopped == "proven");
    CHECK(result.work.points == 18);
    CHECK(result.work.mapped + result.work.cut + result.work.untried == 18);
    if (objective == "edp") CHECK(result.work.mapped < 18);
  }
}

TEST_CASE("limits on the area are part of the proof") {
  Study searched = study();
  Diagnostics diagnostics;
  set_value(searched, "specs=['area_um2 <= 6e5']", "--set", diagnostics);
  diagnostics.raise();
  searched.trials = 3;
  searched.prove = true;
  searched.designer = "random";
  const Codesign codesign(searched);
  const CodesignResult result = proven(codesign, 1);
  REQUIRE(result.best);
  CHECK(result.best->objective == enumerated(codesign));
  CHECK(result.best->area_um2 <= 6e5);
  CHECK(result.proven);
}

TEST_CASE("the exhaustive designer with bounds proves as well, and the same for any number of threads") {
  Study searched = study();
  searched.designer = "exhaustive";
  searched.trials = 1000;
  const Codesign codesign(searched);
  const CodesignResult one = proven(codesign, 1), two = proven(codesign, 2);
  REQUIRE(one.best);
  CHECK(one.trials.size() == two.trials.size());
  CHECK(one.best->objective == two.best->objective);
  CHECK(one.lower_bound == two.lower_bound);
  CHECK(one.exhausted);
  CHECK(one.lower_bound <= one.best->objective);
  for (std::size_t i = 0; i < one.trials.size(); ++i) CHECK(one.trials[i].point == two.trials[i].point);
}

TEST_CASE("of a space too large to list the best is proven by boxes, the same for any number of threads") {
  Diagnostics diagnostics;
  Study searched = read_study(parse_yaml(R"(
workload: mlp
family: eyeriss
fixed:
  {hw.filter_width: free, hw.filter_height: free, hw.gb_cluster: 1, hw.gb_block: 16, hw.pe_x: 8, hw.gb_x: 8, hw.gb_y: 1}
space: {hw.input_words: {low: 6, high: 11}}
)",
                                         "study.yaml"),
                              diagnostics);
  diagnostics.raise();
  searched.trials = 2;
  searched.designer = "random";
  searched.prove = true;
  const Codesign large(searched);
  CHECK_FALSE(can_be_listed(large.space()));
  const CodesignResult one = proven(large, 1), two = proven(large, 2);
  REQUIRE(one.best);
  CHECK(one.proven);
  CHECK(one.stopped == "proven");
  CHECK(one.lower_bound == one.best->objective);
  CHECK(one.trials.size() == two.trials.size());
  CHECK(one.best->point == two.best->point);

  // What is left of the space around the best can be listed.
  for (const char* narrower : {"space.hw.weight_words=[1, 2, 3]", "space.hw.psum_words=[1, 2, 3]"})
    set_value(searched, narrower, "--set", diagnostics);
  diagnostics.raise();
  const Codesign small(searched);
  REQUIRE(can_be_listed(small.space()));
  const CodesignResult listed = proven(small, 1);
  REQUIRE(listed.proven);
  CHECK(listed.best->objective == one.best->objective);
}

TEST_CASE("without a proof the bound of the space stands beside the best") {
  Study searched = study();
  searched.trials = 3;
  searched.designer = "random";
  const Codesign codesign(searched);
  const CodesignResult result = proven(codesign, 1);
  REQUIRE(result.best);
  CHECK(result.lower_bound > 0.0);
  CHECK(result.lower_bound <= enumerated(codesign));
}
