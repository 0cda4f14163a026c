// On users' own machines, with and without free bypass, the exact mapper is never worse than any other mapper.
//
// The machines and layers are the Timeloop reference cases; their mappings are ignored. Efforts are counts: the budget
// of the others, and for the exact mapper, beside the same budget, so many labels as its memory holds.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <dovetail/engine/map/mapper.hpp>

#include "support/reference_data.hpp"
#include "support/timeloop_case.hpp"

using namespace dovetail;

namespace {

void compare(Bypass bypass) {
  const auto cases = testing::read_cases();
  if (cases.empty()) {
    dovetail::testing::skip("the reference cases are not here");
    return;
  }
  int compared = 0;
  for (const testing::TimeloopCase& one : cases) {
    MapRequest request;
    request.layer = one.layer;
    request.architecture = one.architecture;
    request.bypass = bypass;
    request.budget = 20'000;
    request.memory_mb = 4.0;
    request.seed = 1;
    const MapResult exact = make_mapper("exact")->map(request);
    // On some machines not every tensor fits at every level.
    if (exact.mapping) {
      CHECK_MESSAGE(exact.lower_bound <= exact.objective, one.id);
      CHECK_MESSAGE(exact.lower_bound > 0.0, one.id);
    }
    for (const std::string& name : mapper_names()) {
      if (name == "exact") continue;
      request.budget = name == "bayes" ? 40 : name == "random" ? 400 : 1000;
      const MapResult other = make_mapper(name)->map(request);
      if (!other.mapping) continue;
      REQUIRE_MESSAGE(exact.mapping, one.id, " ", name);
      ++compared;
      CHECK_MESSAGE(exact.objective <= other.objective * (1.0 + 1e-12), one.id, " ", name, ": ",
                    exact.objective / other.objective);
      // A bound above what another mapper finds would be a false one.
      CHECK_MESSAGE(exact.lower_bound <= other.objective * (1.0 + 1e-12), one.id, " ", name);
    }
  }
  CHECK(compared > 100);
}

}  // namespace

TEST_CASE("never worse, everything stored") {
  compare(Bypass::none);
}

TEST_CASE("never worse, bypass searched") {
  compare(Bypass::search);
}
