// What is known of a candidate before any layer is mapped: bounds, guesses, and whether it is worth a look.
#pragma once

#include <vector>

#include <dovetail/engine/codesign/candidate/study_terms.hpp>

namespace dovetail {

class MachineBound {
 public:
  explicit MachineBound(const StudyTerms& terms) : terms_(&terms) {}  ///< outlives the bound

  /// What no mapping avoids, per layer, and no schedule where results may stay on chip; of those that are not `weighty`
  /// (empty: all are) only what a glance shows.
  std::vector<CompulsoryCost> costs(const Candidate& candidate, const std::vector<char>& weighty = {}) const;
  /// A lower bound of the objective over all mappings; 0 when none is known.
  double operator()(const Candidate& candidate) const;
  /// The same within the specs: infinite where no mapping keeps them, as far as bounds show.
  double within(const Candidate& candidate) const;
  /// Layers that take 3 % of the energy or of the cycles, as far as a glance shows: with these a guess of three
  /// networks is within a percent or two of its bound, eight times faster.
  std::vector<char> weighty_layers(const Candidate& candidate) const;
  /// About what layers cost: their bounds; where results may stay on chip, if none of these crossed the outermost
  /// memory, which is no bound of bands.
  std::vector<CompulsoryCost> likely_costs(const Candidate& candidate, const std::vector<char>& weighty = {}) const;
  /// Logarithms of what the objectives may be, from these.
  std::vector<double> guesses(const Candidate& candidate, const std::vector<char>& weighty) const;
  /// Whether a machine keeps the specs on area and, with `mappable`, holds the tiles that its rules demand of every
  /// layer: what needs no mapping to be known.
  bool admits(const Candidate& candidate, bool mappable) const;

 private:
  const StudyTerms* terms_;
};

}  // namespace dovetail
