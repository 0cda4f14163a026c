// A run of SCALE-Sim written as its topology and configuration reads back as the same run.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

#include <dovetail/accelerators/export/scalesim_run.hpp>
#include <dovetail/accelerators/import/scalesim_machine.hpp>

using namespace dovetail;

TEST_CASE("topology and configuration read back as the run that they were written for") {
  CHECK(rc::check([] {
    const auto draw = [](std::int64_t low, std::int64_t high) {
      return *rc::gen::inRange<std::int64_t>(low, high + 1);
    };
    SystolicInput input;
    input.is_convolution = draw(0, 1) == 1;
    input.convolution = {draw(3, 9), draw(3, 9), draw(1, 3), draw(1, 3), draw(1, 4), draw(1, 4), draw(1, 2)};
    input.product = {draw(1, 9), draw(1, 9), draw(1, 9)};
    const SystolicDataflow flows[] = {SystolicDataflow::output_stationary, SystolicDataflow::weight_stationary,
                                      SystolicDataflow::input_stationary};
    input.dataflow = flows[draw(0, 2)];
    input.array_rows = draw(1, 16);
    input.array_columns = draw(1, 16);
    input.ifmap_sram_kb = draw(1, 64);
    input.filter_sram_kb = draw(1, 64);
    input.ofmap_sram_kb = draw(1, 64);
    input.bandwidth_words_per_cycle = draw(0, 1) == 1 ? draw(1, 64) : 0;
    input.version = static_cast<int>(draw(2, 3));
    const ScalesimRun run = scalesim_run(input, "run");
    std::vector<Remark> remarks;
    const auto again = read_scalesim_runs(Source("run.csv", run.topology), Source("run.cfg", run.config), remarks);
    RC_ASSERT(again.size() == 1);
    const SystolicInput& read = again[0].input;
    RC_ASSERT(read.is_convolution == input.is_convolution);
    RC_ASSERT(read.dataflow == input.dataflow);
    RC_ASSERT(read.version == input.version);
    RC_ASSERT(read.bandwidth_words_per_cycle == input.bandwidth_words_per_cycle);
    const SystolicResult before = evaluate_systolic(input), after = evaluate_systolic(read);
    RC_ASSERT(after.total_cycles_incl_prefetch == before.total_cycles_incl_prefetch);
    RC_ASSERT(after.stall_cycles == before.stall_cycles);
    RC_ASSERT(after.ifmap.dram_words == before.ifmap.dram_words);
    RC_ASSERT(after.filter.sram_words == before.filter.sram_words);
    RC_ASSERT(after.ofmap.dram_last_cycle == before.ofmap.dram_last_cycle);
  }));
}
