// Layers as Timeloop problems (YAML, version 0.4).
#pragma once

#include <string>
#include <vector>

#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// The problem of a layer: its own shape, with every coefficient named by tensor and dimension, and the
/// instance's sizes. Timeloop reads dimensions of one capital letter in its mappings; where all names differ
/// in their first letters they are that letter already in the networks of the zoo. Densities stand in
/// `instance` as Timeloop has them. Word widths are the machine's in Timeloop: a layer that sets them is
/// refused (InputError).
std::string timeloop_problem(const Layer& layer);

}  // namespace dovetail
