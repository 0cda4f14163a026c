// The designer that proves the best machine of a space too large to list: machines that the proof asks about.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// Suggests the machines that a search of the space asks about until it has no more questions: its bound then says how
/// good the best told is. The search outlives it.
class SpaceProver final : public Designer {
 public:
  struct Search {
    std::function<std::optional<Point>(double incumbent)> next;
    std::function<void(const Point& machine, double bound)> prove;
  };
  SpaceProver(const Codesign& codesign, Search search) : codesign_(codesign), search_(std::move(search)) {}

  std::string name() const override { return "prover"; }
  std::vector<Point> suggest(int count) override;
  void update(std::span<const Trial> completed) override;

 private:
  const Codesign& codesign_;
  Search search_;
  double best_ = std::numeric_limits<double>::infinity();
};

}  // namespace dovetail
