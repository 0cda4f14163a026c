// What every shipped family promises: legal machines everywhere, priced and sourced; rules that fit every layer.
#include <doctest/doctest.h>

#include <cmath>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/mapping/homes.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/network.hpp>

using namespace dovetail;

namespace {

void check_machine(const Architecture& machine) {
  CHECK(check(machine).empty());
  CHECK(machine.compute.energy_per_op_pj > 0.0);
  CHECK(area_um2(machine) > 0.0);
  for (const Level& level : machine.levels) {
    INFO(level.name);
    CHECK(level.energy.read_pj > 0.0);
    CHECK(level.energy.fill_pj > 0.0);
    CHECK(level.energy.update_pj > 0.0);
    CHECK(std::isfinite(level.energy.read_pj));
    CHECK(level.energy.leak_pj_per_cycle >= 0.0);
  }
  CHECK(machine.levels.back().is_dram);
  CHECK_FALSE(machine.levels.back().capacity_words.has_value());
  CHECK(machine.levels.back().instances == 1);
}

void check_rules(const MappingRules& rules, const Architecture& machine, const Layer& layer) {
  REQUIRE(rules.levels.size() == machine.levels.size());
  const unsigned all = (1U << layer.tensors.size()) - 1U;
  CHECK(rules.levels.back().must_keep == all);
  for (const LevelRules& level : rules.levels) {
    CHECK((level.must_keep & level.must_bypass) == 0U);
    const unsigned decided = level.must_keep | level.must_bypass;
    CHECK((decided & all) == all);  // --bypass fixed has an answer
    CHECK((living_in(decided) & ~all) == 0U);
    CHECK((living_in(level.must_bypass) & ~level.must_bypass) == 0U);  // what may live here passes by otherwise
    for (int slot = 0; slot < slot_count; ++slot) {
      for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
        const auto least = level.min_factor[slot][d], most = level.max_factor[slot][d];
        CHECK(least >= 1);
        CHECK((most == 0 || least <= most));
        CHECK(layer.dimensions[d].extent % least == 0);
      }
    }
  }
}

// The humblest mapping under the rules: least factors everywhere, the rest looped in the outermost memory that allows
// it.
Mapping humblest(const Layer& layer, const MappingRules& rules) {
  Mapping mapping;
  mapping.levels.resize(rules.levels.size());
  for (int d = 0; d < static_cast<int>(layer.dimensions.size()); ++d) {
    std::int64_t rest = layer.dimensions[d].extent;
    int outermost = -1;
    for (std::size_t i = 0; i < rules.levels.size(); ++i) {
      for (const auto& slot : rules.levels[i].min_factor) rest /= slot[d];
      if (rules.levels[i].max_factor[0][d] == 0) outermost = static_cast<int>(i);
    }
    if (rest > 1) REQUIRE(outermost >= 0);
    for (std::size_t i = 0; i < rules.levels.size(); ++i) {
      const LevelRules& level = rules.levels[i];
      const std::int64_t temporal = level.min_factor[0][d] * (static_cast<int>(i) == outermost ? rest : 1);
      if (temporal > 1) mapping.levels[i].temporal.push_back({d, temporal});
      if (level.min_factor[1][d] > 1) mapping.levels[i].spatial_x.push_back({d, level.min_factor[1][d]});
      if (level.min_factor[2][d] > 1) mapping.levels[i].spatial_y.push_back({d, level.min_factor[2][d]});
    }
  }
  for (std::size_t i = 0; i < rules.levels.size(); ++i) mapping.levels[i].keep = rules.levels[i].must_keep;
  return mapping;
}

void check_mappable(const MappingRules& rules, const Architecture& machine, const Layer& layer) {
  const Evaluation answer = LoopModel().evaluate(layer, machine, humblest(layer, rules));
  std::string violations;
  for (const Violation& violation : answer.violations) {
    violations += violation.constraint + " " + violation.level + " " + violation.tensor + "; ";
  }
  INFO(violations);
  CHECK(answer.valid());
}

}  // namespace

TEST_CASE("the shipped families") {
  CHECK(family_names() == std::vector<std::string>{"edge-tpu", "eyeriss-chip", "eyeriss", "gemmini", "nvdla",
                                                   "shidiannao", "simba", "tpu"});
}

TEST_CASE("every family: default, sampled points, sources") {
  for (const std::string& name : family_names()) {
    INFO(name);
    const Family family = load_family(name);
    CHECK(family.name() == name);
    CHECK_FALSE(family.about().empty());
    CHECK_FALSE(family.source().empty());
    CHECK_FALSE(family.default_source().empty());
    const Space& space = family.space();
    CHECK(space.contains(family.default_point()));
    CHECK(space.finite());
    for (std::size_t i = 0; i < family.meanings().size(); ++i) {
      CHECK_FALSE(family.meanings()[i].empty());
      CHECK(space.parameters()[i].name.rfind("hw.", 0) == 0);
    }
    check_machine(family.instantiate(family.default_point()));
    for (const Figure& figure : family.figures(family.default_point())) {
      INFO(figure.component, " ", figure.quantity);
      CHECK_FALSE(figure.source.empty());
      CHECK(figure.value > 0.0);
    }
    Random random(7, {1});
    for (int i = 0; i < 200; ++i) {
      const auto point = space.sample(random);
      REQUIRE(point);
      INFO(space.text(*point));
      check_machine(family.instantiate(*point));
    }
  }
}

TEST_CASE("every layer of the zoo has a legal mapping on every hand design, freely and under its dataflow") {
  for (const std::string& name : family_names()) {
    const Family family = load_family(name);
    const Architecture machine = family.instantiate(family.default_point());
    for (const std::string& workload : zoo_names()) {
      for (const UniqueLayer& unique : unique_layers(load_workload(workload))) {
        INFO(name, " ", workload, " ", unique.layer.name);
        const MappingRules free = family.rules(unique.layer, family.default_point());
        const MappingRules baseline = family.baseline_rules(unique.layer, family.default_point());
        for (const MappingRules* rules : {&free, &baseline}) {
          check_rules(*rules, machine, unique.layer);
          check_mappable(*rules, machine, unique.layer);
        }
      }
    }
  }
}
