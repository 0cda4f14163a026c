// Raises the bound of a part of a space: layers are searched no further than the target asks.
#pragma once

#include <functional>

#include <dovetail/engine/codesign/proof/space_part.hpp>

namespace dovetail {

/// With what good mappings cost in hand it is known beforehand whether layers can reach the target together. If they
/// can, each is searched only for its share of what is missing: that much of the way from its bound to its mapping. If
/// not, layers are searched to their ends, so that parts of the part know what they want.
class PartBound {
 public:
  struct Limits {
    std::int64_t labels = 0;
    std::function<bool()> stop = {};
  };
  PartBound(const Codesign& codesign, const UsedLayers& uses, double target, Limits limits)
      : codesign_(codesign),
        uses_(uses),
        target_(target),
        limits_(std::move(limits)) {}

  /// True: all layers have chosen, or gave up, and that is below the target.
  bool raise(SpacePart& part, ProofWork& work) const;

 private:
  double gain(const SpacePart& part, std::size_t use) const;
  double share(const SpacePart& part, const std::vector<std::size_t>& open) const;
  std::vector<std::size_t> enough_of(const SpacePart& part, std::vector<std::size_t> open) const;
  void share_out(SpacePart& part, std::vector<std::size_t> open, ProofWork& work) const;
  void search(SpacePart& part, std::size_t use, double enough, ProofWork& work) const;
  bool ended(const ProofWork& work) const { return work.labels >= limits_.labels || (limits_.stop && limits_.stop()); }
  void update(SpacePart& part) const;

  const Codesign& codesign_;
  const UsedLayers& uses_;
  const double target_;
  const Limits limits_;
};

}  // namespace dovetail
