// A chain with activations on chip as a document, and its answer: schema fused-chain-case/1.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include <dovetail/engine/fuse/chain.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// A chain as written, with the fusion that its `mode` asks for: residency (homes) or bands; homes where absent.
struct ChainDocument {
  FusedChain chain;
  Fusion fusion = Fusion::homes;
};

/// Whether a document has `schema: fused-chain-case/1`.
bool is_fused_chain(const Node& document);

/// Keys: name, machine {capacity, bandwidth, dram, buffer, mac}, layers [{kind: matmul, m, k, n} or {kind: conv1d, k,
/// c, p, r, stride}], adds [[from, to]], mode; `answer` is not read. None when there was an error.
std::optional<ChainDocument> read_fused_chain(const Node& document, Diagnostics& diagnostics);

/// {schema, name, network: {edp, energy_pj, cycles, lower_bound, proven, groups, in_buffer, unfused_edp,
/// compulsory_edp}} with groups as text, such as "0-1 nb=3 pinned recompute". Nulls where nothing fits.
nlohmann::ordered_json chain_answer_json(const FusedChain& chain, Fusion fusion);

}  // namespace dovetail
