// Costs of networks on a tiled FPGA engine.
#pragma once

#include <memory>

#include <dovetail/engine/explore/stage/exact_compression.hpp>
#include <dovetail/engine/explore/stage/stage.hpp>

namespace dovetail {

/// latency_ms, cycles, dsp, bram, port_bits, and energy_mj by the board's powers where it has any. Layers run one after
/// the other; networks too. `convolutions`: products are left out, as in HotNAS' figures. Densities and word widths of
/// weights are kept kernels and stored bits. With `exact` the compression that loses least within its latency is
/// priced, or, where none keeps it, the fastest. A layer that no engine runs fails the candidate by its name.
std::unique_ptr<Stage> make_tiles_pricer(const CandidateSpace& space, bool convolutions,
                                         std::shared_ptr<const ExactCompression> exact);

}  // namespace dovetail
