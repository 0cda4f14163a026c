#include <dovetail/accelerators/export/scalesim_run.hpp>

#include <fmt/format.h>

namespace dovetail {
namespace {

std::string topology(const SystolicInput& input) {
  if (!input.is_convolution)
    return fmt::format("Layer,M,N,K,\nlayer,{},{},{},\n", input.product.rows, input.product.columns,
                       input.product.depth);
  const SystolicInput::Convolution& conv = input.convolution;
  return fmt::format(
      "Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides,\n"
      "layer,{},{},{},{},{},{},{},\n",
      conv.height, conv.width, conv.filter_height, conv.filter_width, conv.channels, conv.filters, conv.stride);
}

const char* word(SystolicDataflow dataflow) {
  switch (dataflow) {
    case SystolicDataflow::weight_stationary:
      return "ws";
    case SystolicDataflow::input_stationary:
      return "is";
    default:
      return "os";
  }
}

// Version 3 has a section of layouts, whose bank bandwidths are those of the interface.
std::string layout(std::int64_t bandwidth) {
  std::string text = "\n[layout]\n";
  for (const char* operand : {"Ifmap", "Filter"}) {
    text += fmt::format("{0}CustomLayout: False\n{0}SRAMBankBandwidth: {1}\n{0}SRAMBankNum: 10\n{0}SRAMBankPort: 2\n",
                        operand, bandwidth);
  }
  return text + "\n[sparsity]\nSparsitySupport: false\n";
}

}  // namespace

ScalesimRun scalesim_run(const SystolicInput& input, const std::string& name) {
  const bool user = input.bandwidth_words_per_cycle > 0;
  const std::int64_t bandwidth = user ? input.bandwidth_words_per_cycle : 10;
  ScalesimRun run;
  run.topology = topology(input);
  run.config = fmt::format(
      "[general]\nrun_name = {}\n\n[architecture_presets]\nArrayHeight: {}\nArrayWidth: {}\nIfmapSramSzkB: "
      "{}\n"
      "FilterSramSzkB: {}\nOfmapSramSzkB: {}\nIfmapOffset: 0\nFilterOffset: 10000000\nOfmapOffset: 20000000\n"
      "Dataflow: {}\nBandwidth: {}\n",
      name, input.array_rows, input.array_columns, input.ifmap_sram_kb, input.filter_sram_kb, input.ofmap_sram_kb,
      word(input.dataflow), bandwidth);
  if (input.version >= 3) run.config += layout(bandwidth);
  run.config += fmt::format("\n[run_presets]\nInterfaceBandwidth: {}\n", user ? "USER" : "CALC");
  if (input.version >= 3) run.config += "UseRamulatorTrace: False\n";
  return run;
}

}  // namespace dovetail
