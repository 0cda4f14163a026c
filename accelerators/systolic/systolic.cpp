// How SCALE-Sim counts: cycles, SRAM and DRAM words and utilizations from folds, estimates and buffers.
#include <dovetail/accelerators/systolic/systolic.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <dovetail/accelerators/systolic/buffers.hpp>
#include <dovetail/accelerators/systolic/estimate.hpp>
#include <dovetail/accelerators/systolic/folds.hpp>

namespace dovetail {
namespace {

using namespace systolic;

double six_decimals(double x) {
  return std::round(x * 1e6) / 1e6;
}

double per_cycle(Words words, Cycle cycles) {
  return cycles > 0 ? six_decimals(static_cast<double>(words) / static_cast<double>(cycles)) : 0.0;
}

double ifmap_address_count(const SystolicInput& input) {
  const auto& c = input.convolution;
  return static_cast<double>(c.height) * static_cast<double>(c.width) * static_cast<double>(c.channels);
}

bool distinct_windows(const SystolicInput& input) {
  const auto& c = input.convolution;
  const bool clipped = (c.height - c.filter_height) % c.stride != 0 || (c.width - c.filter_width) % c.stride != 0;
  return !input.is_convolution || (c.stride >= c.filter_height && c.stride >= c.filter_width && !clipped);
}

void run_estimate(const SystolicInput& input, const SystolicInput::Product& p, const Folding& f, SystolicResult& out) {
  const auto half = [](std::int64_t kb) { return 50 * (1024 * kb / 100); };
  const Role ifmap = ifmap_role(input.dataflow), filter = filter_role(input.dataflow);
  fill_estimated(out.ifmap,
                 distinct_windows(input) ? distinct_reads(f, ifmap, half(input.ifmap_sram_kb))
                                         : scan_reads(f, ifmap, ifmap_addresses(input, p), half(input.ifmap_sram_kb)),
                 input.ifmap_sram_kb);
  fill_estimated(out.filter, distinct_reads(f, filter, half(input.filter_sram_kb)), input.filter_sram_kb);
  WriteBuffer buffer(input.ofmap_sram_kb, f.columns);
  Cycle cycle = 0;
  for (std::int64_t fc = 0; fc < f.column_folds; ++fc)
    for (std::int64_t fr = 0; fr < f.row_folds; ++fr)
      for (Cycle line = 0; line < f.fold_cycles; ++line, ++cycle)
        if (const Words words = output_words(f, fr, fc, line)) buffer.write(words, cycle);
  out.total_cycles = cycle - 1;
  buffer.finish(out.total_cycles);
  out.ofmap.dram_words = buffer.writes();
  out.ofmap.dram_first_cycle = buffer.first_drain();
  out.ofmap.dram_last_cycle = buffer.last_drain(input.version);
}

void run_bandwidth(const SystolicInput& input, const SystolicInput::Product& p, const Folding& f, SystolicResult& out) {
  const Words width = input.bandwidth_words_per_cycle;
  const Role ifmap = ifmap_role(input.dataflow), filter = filter_role(input.dataflow);
  const Addresses ifmap_at = ifmap_addresses(input, p), filter_at = filter_addresses(input, p);
  ReadBuffer ifmap_buffer(f, ifmap, ifmap_at, input.ifmap_sram_kb, width, input.version);
  ReadBuffer filter_buffer(f, filter, filter_at, input.filter_sram_kb, width, input.version);
  WriteBuffer ofmap_buffer(input.ofmap_sram_kb, width);
  Cycle line_index = 0;
  for (std::int64_t fc = 0; fc < f.column_folds; ++fc)
    for (std::int64_t fr = 0; fr < f.row_folds; ++fr)
      for (Cycle line = 0; line < f.fold_cycles; ++line, ++line_index) {
        const Cycle cycle = line_index + out.stall_cycles;
        Cycle ifmap_offset = 1, filter_offset = 1;
        requests(f, ifmap, ifmap_at, fr, fc, line, [&](std::int64_t address) {
          if (address >= 0) ifmap_buffer.demand(address, cycle, ifmap_offset);
        });
        requests(f, filter, filter_at, fr, fc, line,
                 [&](std::int64_t address) { filter_buffer.demand(address, cycle, filter_offset); });
        const Cycle done = ofmap_buffer.write(output_words(f, fr, fc, line), cycle);
        out.total_cycles = done;
        out.stall_cycles += std::max({ifmap_offset - 1, filter_offset - 1, done - cycle});
      }
  ofmap_buffer.finish(out.total_cycles);
  out.total_cycles = line_index - 1 + out.stall_cycles;
  out.ifmap.dram_words = ifmap_buffer.reads();
  out.ifmap.dram_first_cycle = ifmap_buffer.first(), out.ifmap.dram_last_cycle = ifmap_buffer.last();
  out.filter.dram_words = filter_buffer.reads();
  out.filter.dram_first_cycle = filter_buffer.first(), out.filter.dram_last_cycle = filter_buffer.last();
  out.ofmap.dram_words = ofmap_buffer.writes();
  out.ofmap.dram_first_cycle = ofmap_buffer.first_drain();
  out.ofmap.dram_last_cycle = ofmap_buffer.last_drain(input.version);
}

}  // namespace

SystolicInput::Product as_product(const SystolicInput& input) {
  if (!input.is_convolution) return input.product;
  const auto& c = input.convolution;
  return {output_length(c.height, c.filter_height, c.stride) * output_length(c.width, c.filter_width, c.stride),
          c.filters, c.filter_height * c.filter_width * c.channels};
}

double systolic_requests(const SystolicInput& input) {
  const auto p = as_product(input);
  const Folding f = fold(input, p);
  const auto real = [](std::int64_t x) { return static_cast<double>(x); };
  const double macs = real(p.rows) * real(p.columns) * real(p.depth);
  const bool scans = input.bandwidth_words_per_cycle > 0 || !distinct_windows(input);
  return real(f.row_folds) * real(f.column_folds) * real(f.fold_cycles) +
         (scans ? macs / real(std::min(f.rows, f.columns)) + macs / real(f.steps) : 0.0);
}

double systolic_addresses(const SystolicInput& input) {
  const auto p = as_product(input);
  const auto real = [](std::int64_t x) { return static_cast<double>(x); };
  if (input.bandwidth_words_per_cycle > 0) return std::max(real(p.rows), real(p.columns)) * real(p.depth);
  return distinct_windows(input) ? 0.0 : real(p.rows) + real(p.depth) + ifmap_address_count(input);
}

SystolicResult evaluate_systolic(const SystolicInput& input) {
  const auto& c = input.convolution;
  const bool empty = input.is_convolution && (c.filter_height > c.height || c.filter_width > c.width || c.stride < 1);
  const auto p = empty ? SystolicInput::Product{0, 0, 0} : as_product(input);
  if (empty || p.rows < 1 || p.columns < 1 || p.depth < 1 || input.array_rows < 1 || input.array_columns < 1 ||
      input.ifmap_sram_kb < 1 || input.filter_sram_kb < 1 || input.ofmap_sram_kb < 1 ||
      input.bandwidth_words_per_cycle < 0)
    throw std::invalid_argument("a systolic array needs sizes of at least 1");
  if (systolic_requests(input) > systolic_request_limit || systolic_addresses(input) > systolic_address_limit)
    throw std::invalid_argument("the layer has too many requests to walk");
  const Folding f = fold(input, p);
  SystolicResult out;
  if (input.bandwidth_words_per_cycle > 0)
    run_bandwidth(input, p, f, out);
  else
    run_estimate(input, p, f, out);

  const bool ws = input.dataflow == SystolicDataflow::weight_stationary,
             is = input.dataflow == SystolicDataflow::input_stationary;
  out.ifmap.sram_words = p.rows * p.depth * (is ? 1 : f.column_folds);
  out.filter.sram_words = p.columns * p.depth * (ws ? 1 : (is ? f.column_folds : f.row_folds));
  out.ofmap.sram_words = p.rows * p.columns * (f.stationary ? f.row_folds : 1);
  const Words quirk = f.stationary ? 0 : f.folds() * (f.rows + f.columns);  // the tool adds the array's edge per fold
  out.total_cycles_incl_prefetch =
      out.ofmap.dram_last_cycle - std::min(out.ifmap.dram_first_cycle, out.filter.dram_first_cycle);
  const double cells = static_cast<double>(f.rows * f.columns), folds = static_cast<double>(f.folds());
  const double used = static_cast<double>(f.sr) * static_cast<double>(f.sc);
  // The utilization of stationary operands is divided by a fold longer than the simulated one.
  const double utilization_cycles =
      static_cast<double>(f.stationary ? f.steps + 2 * f.rows + 2 * f.columns - 3 : f.fold_cycles);
  out.mapping_eff_pct = six_decimals(100.0 * used / (folds * cells));
  out.compute_util_pct =
      six_decimals(100.0 * used * static_cast<double>(f.steps) / (folds * cells * utilization_cycles));
  out.overall_util_pct =
      out.total_cycles > 0
          ? six_decimals(100.0 *
                         (static_cast<double>(p.rows) * static_cast<double>(p.columns) * static_cast<double>(p.depth)) /
                         (static_cast<double>(out.total_cycles) * cells))
          : 0.0;
  out.ofmap.sram_words += quirk;
  for (OperandTraffic* operand : {&out.ifmap, &out.filter, &out.ofmap}) {
    operand->sram_words_per_cycle = per_cycle(operand->sram_words, out.total_cycles);
    operand->dram_words_per_cycle =
        per_cycle(operand->dram_words, operand->dram_last_cycle - operand->dram_first_cycle + 1);
  }
  return out;
}

}  // namespace dovetail
