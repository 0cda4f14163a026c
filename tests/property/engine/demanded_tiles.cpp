// Machines whose rules demand tiles that do not fit: none of them has a mapping, and no designer suggests one.
#include <doctest/doctest.h>

#include <dovetail/engine/bound/forced_tiles.hpp>
#include <dovetail/engine/codesign/codesign.hpp>

using namespace dovetail;

namespace {

Study filters_in_elements() {
  Diagnostics diagnostics;
  Study study = read_study(parse_yaml("{workload: dqn, family: eyeriss, trials: 6, designer: random, "
                                      "mapper: {name: evolution, budget: 50}, "
                                      "fixed: {hw.filter_width: in_pe, hw.filter_height: in_pe}}",
                                      "study"),
                           diagnostics);
  diagnostics.raise();
  return study;
}

bool fits(const Codesign& codesign, const Point& point) {
  const Architecture machine = codesign.family().instantiate(point);
  for (const UniqueLayer& unique : unique_layers(codesign.networks().front())) {
    if (!demanded_tiles_fit(unique.layer, machine, codesign.family().rules(unique.layer, point), Bypass::search))
      return false;
  }
  return true;
}

}  // namespace

TEST_CASE("what does not fit has no mapping, as the exact mapper proves") {
  Study study = filters_in_elements();
  study.mapper = "exact";
  study.budget = 0;
  const Codesign codesign(study);
  Random random(1, {1});
  Codesign::Limits quick;
  quick.prune = quick.prove = false;
  int refused = 0;
  for (int k = 0; k < 10; ++k) {
    const Point point = *codesign.space().sample(random);
    if (fits(codesign, point)) continue;
    ++refused;
    CHECK(!codesign.evaluate(point, Codesign::Dataflow::free, quick)->mapped);
  }
  CHECK(refused > 3);
}

TEST_CASE("a machine with a mapping always fits") {
  const Codesign codesign(filters_in_elements());
  Random random(2, {1});
  int mapped = 0;
  for (int k = 0; k < 60; ++k) {
    const Point point = *codesign.space().sample(random);
    if (!codesign.evaluate(point, Codesign::Dataflow::free, {})->mapped) continue;
    ++mapped;
    CHECK(fits(codesign, point));
  }
  CHECK(mapped > 1);
}

TEST_CASE("designers suggest what fits") {
  for (const char* designer : {"random", "bayes", "evolution", "trees", "relax-round"}) {
    CAPTURE(designer);
    Study study = filters_in_elements();
    study.designer = designer;
    const Codesign codesign(study);
    CodesignOptions options;
    options.baseline = false;
    std::int64_t done = 0;
    options.progress = [&](const CodesignProgress& state) { done = state.done; };
    options.interrupted = [&] { return done >= study.trials; };  // no bound of the space is wanted
    for (const Trial& trial : run(codesign, options).trials) CHECK(fits(codesign, trial.point));
  }
}
