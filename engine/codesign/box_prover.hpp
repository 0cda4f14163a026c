// The designer that proves the best machine of a space too large to list: the machines that boxes of them leave open.
#pragma once

#include <limits>
#include <utility>

#include <dovetail/engine/codesign/box_search.hpp>
#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// Suggests machines by rising bounds until none is open below the best told: then the best is proven, as far as the trials
/// told are. `search` outlives it; `limits` hold for all suggestions together.
class BoxProver final : public Designer {
 public:
  BoxProver(const Codesign& codesign, BoxSearch& search, BoxSearch::Limits limits)
      : codesign_(codesign), search_(search), limits_(std::move(limits)) {}

  std::string name() const override { return "prover"; }
  std::vector<Point> suggest(int count) override;
  void update(std::span<const Trial> completed) override;

 private:
  const Codesign& codesign_;
  BoxSearch& search_;
  BoxSearch::Limits limits_;
  double best_ = std::numeric_limits<double>::infinity();
};

}  // namespace dovetail
