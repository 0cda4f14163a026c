// Constants arrive as they were written: a compiler that broadcasts {x, x, x, 0} would change every energy.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>

using namespace dovetail;

namespace {

AccessEnergy flat(double pj) {
  return {pj, pj, pj, 0.0};
}

AccessEnergy access(double read_pj, double fill_pj, double update_pj) {
  return {read_pj, fill_pj, update_pj, 0.0};
}

Level level(const char* name, std::int64_t instances, AccessEnergy energy) {
  Level made;
  made.name = name;
  made.instances = instances;
  made.energy = energy;
  return made;
}

Architecture machine(std::vector<Level> levels) {
  Architecture made;
  made.levels = std::move(levels);
  return made;
}

}  // namespace

TEST_CASE("levels keep the constants of their description") {
  const Architecture made = machine(
      {level("Spad", 168, flat(0.95)), level("GlobalBuffer", 1, flat(26)), level("DRAM", 1, access(800, 700, 700))});
  const std::vector<double> read_pj = {0.95, 26, 800};
  for (std::size_t i = 0; i < made.levels.size(); ++i) {
    CHECK(made.levels[i].energy.read_pj == read_pj[i]);
    CHECK(made.levels[i].energy.leak_pj_per_cycle == 0.0);
  }
}
