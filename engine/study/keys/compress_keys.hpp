// The key `compress`: which layers may be compressed, by what.
#pragma once

#include <string>
#include <vector>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// Choices per layer (or for all layers together). A list that is empty is no choice.
struct StudyCompression {
  bool given = false;
  std::vector<std::string> layers;  ///< names; * stands for anything; empty: all
  std::vector<int> keep;            ///< weights that a kernel keeps; as many as it has, or more: all
  std::vector<double> channels;     ///< shares of the output channels that stay
  std::vector<int> weight_bits, activation_bits;
  std::string per = "layer";     ///< layer, or network: one choice for all
  std::string solve = "search";  ///< search: parameters compress.*; exact: solved for every tiling and network
  Location where;
};

/// {layers, keep, channels, weight_bits, activation_bits, per, solve}; what is not named stays.
void read_compression_keys(const Node& node, StudyCompression& compression, Diagnostics& diagnostics);

/// Whether a layer's name is meant: by a name, or a pattern with *.
bool is_meant(const StudyCompression& compression, const std::string& layer);

}  // namespace dovetail
