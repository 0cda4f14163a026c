// Drawn chains of layers, and the same for the loop model: a network and a machine of a buffer and an outermost memory.
#pragma once

#include <algorithm>
#include <string>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/engine/fuse/chain.hpp>
#include <dovetail/workloads/network.hpp>

#include "support/loop_draws.hpp"

namespace dovetail::testing {

inline Architecture chain_machine(const ChainMachine& from) {
  Architecture machine;
  machine.name = "chain";
  Level buffer;
  buffer.name = "Buffer";
  buffer.capacity_words = from.capacity_words;
  buffer.energy = {from.buffer_pj, from.buffer_pj, from.buffer_pj, 0.0};
  Level dram;
  dram.name = "DRAM";
  dram.is_dram = true;
  dram.energy = {from.dram_pj, from.dram_pj, from.dram_pj, 0.0};
  dram.shared_bandwidth = from.bandwidth_words_per_cycle;
  machine.levels = {buffer, dram};
  machine.compute.energy_per_op_pj = from.mac_pj;
  return machine;
}

inline Layer chain_layer(const ChainLayer& from, int number) {
  const std::string name = "layer" + std::to_string(number);
  if (from.kind == ChainLayer::Kind::matmul)
    return make_matmul({.name = name, .rows = from.rows, .columns = from.columns, .depth = from.channels});
  return make_conv({.name = name,
                    .in_channels = from.channels,
                    .out_channels = from.columns,
                    .out_height = from.rows,
                    .kernel_height = from.taps,
                    .stride_height = from.stride});
}

/// Each layer reads what the one before wrote; additions are not in it.
inline Network chain_network(const FusedChain& chain) {
  Network network;
  network.name = chain.name;
  for (std::size_t i = 0; i < chain.layers.size(); ++i) {
    boost::add_vertex(NetworkLayer{chain_layer(chain.layers[i], static_cast<int>(i))}, network.graph);
    if (i > 0) boost::add_edge(i - 1, i, network.graph);
  }
  return network;
}

inline FusedChain draw_chain(Dice& dice) {
  FusedChain chain;
  chain.name = "drawn";
  chain.machine = {dice.of({12, 20, 30, 40, 60, 90}), dice.of({1.0, 2.0, 1000.0}), dice.of({10.0, 100.0, 200.0}), 6.0,
                   1.0};
  const int count = dice.between(2, 4);
  if (dice.one_in(2)) {
    const std::int64_t rows = dice.of({2, 4, 6});
    std::int64_t depth = dice.of({2, 3, 4});
    for (int i = 0; i < count; ++i) {
      ChainLayer layer;
      layer.rows = rows, layer.channels = depth, layer.columns = dice.of({2, 3, 4, 8});
      depth = layer.columns;
      chain.layers.push_back(layer);
    }
    if (count > 2 && dice.one_in(3)) {
      chain.layers[2].columns = chain.layers[0].columns;
      if (count > 3) chain.layers[3].channels = chain.layers[2].columns;
      chain.adds = {{0, 2}};
    }
    return chain;
  }
  // From the last layer backwards: rows of a layer are those that the next one reads.
  std::int64_t rows = dice.of({2, 3, 4, 6});
  for (int i = std::min(count, 3); i-- > 0;) {
    ChainLayer layer;
    layer.kind = ChainLayer::Kind::conv1d;
    layer.rows = rows;
    layer.stride = dice.of({1, 1, 2});
    layer.taps = layer.stride + dice.of({0, 1, 2});
    layer.columns = dice.of({1, 2, 3});
    layer.channels = 2;
    if (!chain.layers.empty()) layer.columns = chain.layers.front().channels;
    rows = layer.stride * (layer.rows - 1) + layer.taps;
    chain.layers.insert(chain.layers.begin(), layer);
  }
  return chain;
}

}  // namespace dovetail::testing
