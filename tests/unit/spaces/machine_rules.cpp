// What imported memories keep, by the tensors of a layer.
#include <doctest/doctest.h>

#include <dovetail/spaces/mapping/machine_rules.hpp>

using namespace dovetail;

namespace {

constexpr unsigned inputs = operand_bit(Operand::inputs), weights = operand_bit(Operand::weights),
                   outputs = operand_bit(Operand::outputs);

}  // namespace

TEST_CASE("tensors are operands by what they do and what they are called") {
  Layer layer = make_matmul({"gemm", 4, 5, 6, 1});
  CHECK(operands_of(layer) == std::vector{Operand::weights, Operand::inputs, Operand::outputs});
  layer.tensors[0].name = "I";
  layer.tensors[1].name = "w";
  CHECK(operands_of(layer) == std::vector{Operand::inputs, Operand::weights, Operand::outputs});
  layer.tensors[0].name = "Q";
  layer.tensors[1].name = "K";
  CHECK(operands_of(layer) == std::vector{Operand::inputs, Operand::weights, Operand::outputs});
}

TEST_CASE("every level keeps its operands and no others") {
  const Layer layer = make_matmul({"gemm", 4, 5, 6, 1});
  const MappingRules rules = machine_rules({weights, 0, inputs | outputs, all_operands}, layer);
  REQUIRE(rules.levels.size() == 4);
  CHECK(rules.levels[0].must_keep == 0b001);
  CHECK(rules.levels[0].must_bypass == 0b110);
  CHECK(rules.levels[1].must_keep == 0);
  CHECK(rules.levels[1].must_bypass == 0b111);
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
    CHECK(rules.levels[1].max_factor[at(Slot::temporal)][d] == 1);
    CHECK(rules.levels[1].max_factor[at(Slot::spatial_x)][d] == 0);
    CHECK(rules.levels[0].max_factor[at(Slot::temporal)][d] == 0);
  }
  CHECK(rules.levels[2].must_keep == 0b110);
  CHECK(rules.levels[3].must_bypass == 0);
  CHECK(machine_rules({}, layer).levels.empty());
}
