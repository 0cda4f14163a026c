// Compression as parameters compress.*: one per layer and kind, or one per kind for a whole network.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <dovetail/engine/compress/compression.hpp>
#include <dovetail/engine/study/keys/compress_keys.hpp>
#include <dovetail/spaces/space/space.hpp>

namespace dovetail {

/// A parameter and what it changes.
struct CompressionParameter {
  enum class What { keep, channels, weight_bits, activation_bits } what = What::keep;
  std::size_t network = 0;
  int option = -1;                  ///< of several given networks; -1: of all
  std::vector<std::string> layers;  ///< empty: all that the study means
  Parameter parameter;              ///< ordinal, the least compression last
};

/// The group `compress` of a study.
class CompressionSpace {
 public:
  /// A given network, with its name among several; families have no layers of their own and take part by `per: network`
  /// only.
  struct Target {
    std::size_t network = 0;
    int option = -1;
    std::string name;  ///< part of the parameters' names; may be empty
    const Network* given = nullptr;
  };
  CompressionSpace() = default;
  CompressionSpace(const StudyCompression& study, const std::vector<Target>& targets, Diagnostics& diagnostics);

  const std::vector<CompressionParameter>& parameters() const { return parameters_; }
  int numbers() const { return static_cast<int>(parameters_.size()); }
  /// The compression of a network at a point's numbers of this group.
  NetworkCompression decode(std::span<const double> numbers, std::size_t network, int option,
                            const Network& plain) const;
  std::vector<double> whole() const;  ///< numbers of the least compression

 private:
  void add(const StudyCompression& study, const Target& target, const std::string& part,
           std::vector<std::string> layers, int kernel);
  StudyCompression study_;
  std::vector<CompressionParameter> parameters_;
};

}  // namespace dovetail
