// The README's example: what a mapping of a small layer costs on a small machine.
#include <cstdio>

#include <dovetail/accelerators/loop/loop_model.hpp>

int main() {
  using namespace dovetail;
  const Layer layer = make_matmul({.name = "small", .rows = 16, .columns = 16, .depth = 16});
  Architecture machine;
  machine.compute = {.instances = 4, .mesh_x = 4, .energy_per_op_pj = 1.0};
  machine.levels = {{.name = "Buffer", .capacity_words = 1024, .energy = {2, 2, 2, 0}},
                    {.name = "DRAM", .energy = {100, 100, 100, 0}, .is_dram = true}};
  Mapping mapping;
  mapping.levels = {{.keep = 7, .spatial_x = {{1, 4}}, .temporal = {{0, 16}, {1, 4}, {2, 16}}}, {.keep = 7}};
  const Evaluation answer = LoopModel().evaluate(layer, machine, mapping);
  std::printf("%s: %.0f pJ, %lld cycles\n", answer.valid() ? "valid" : "invalid", answer.energy_pj,
              static_cast<long long>(answer.cycles));
  return answer.valid() && answer.macs == 4096 && answer.cycles == 1024 ? 0 : 1;
}
