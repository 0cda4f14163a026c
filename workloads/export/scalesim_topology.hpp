// Networks as SCALE-Sim topologies: the rows that its CSV can say.
#pragma once

#include <string>
#include <vector>

#include <dovetail/workloads/network.hpp>

namespace dovetail {

/// A topology and what was changed on the way.
struct ScalesimTopology {
  std::string csv;
  std::vector<std::string> notes;  ///< names that a row cannot have, a graph that becomes a chain
};

/// The rows of a network: M, N, K where all layers are matrix products; otherwise convolutions, in which a
/// matrix product is a 1x1 convolution over a column of M positions. IFMAP sizes are those that the windows
/// touch, padding included. A layer that occurs n times is n rows. Throws InputError with one message for
/// each layer that CSV cannot say: groups, depthwise, dilation, two strides, batched products, any other loop
/// nest, word widths, densities that are no N:M.
ScalesimTopology scalesim_topology(const Network& network);

}  // namespace dovetail
