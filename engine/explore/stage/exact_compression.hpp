// The compression of a network on a given tiling that loses least within a latency: solved, not searched.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <dovetail/engine/compress/compression.hpp>
#include <dovetail/engine/explore/stage/candidate.hpp>
#include <dovetail/engine/study/keys/compress_keys.hpp>

namespace dovetail {

/// What is predicted of a network: per kind how its metric falls, and what it is uncompressed.
struct NetworkSensitivity {
  double base = 0.0;
  std::vector<Sensitivity> kinds;
  Drop drop = Drop::envelope;
};

/// The sensitivities of all given networks, by name.
using Sensitivities = std::map<std::string, NetworkSensitivity>;

/// With the tiling fixed, additive drops and cycles make a multiple-choice knapsack: exact. Answers are remembered;
/// safe to call concurrently.
class ExactCompression {
 public:
  /// `convolutions`: products are left out.
  ExactCompression(StudyCompression study, Sensitivities sensitivities, double latency_ms, bool convolutions)
      : study_(std::move(study)),
        sensitivities_(std::move(sensitivities)),
        latency_ms_(latency_ms),
        convolutions_(convolutions) {}

  struct Answer {
    bool feasible = false;
    double loss = 0.0, cycles = 0.0;  ///< of the choice; where nothing is feasible, cycles are the least reachable
    NetworkCompression choice;
    std::string failure;  ///< a layer that no engine runs
  };
  Answer solve(const NetworkCandidate& candidate) const;
  /// The least latency of all networks and tilings of the space, every layer compressed to its fastest: proven.
  double least_latency_ms(const CandidateSpace& space) const;
  double latency_ms() const { return latency_ms_; }

 private:
  struct Layer;
  /// A network's layers with all that they may become; or the refusal.
  std::string options(const Network& network, const std::string& name, std::vector<Layer>& layers) const;

  StudyCompression study_;
  Sensitivities sensitivities_;
  double latency_ms_;
  bool convolutions_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Answer> known_;
};

}  // namespace dovetail
