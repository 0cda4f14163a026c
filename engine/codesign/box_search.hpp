// A bound of a hardware space too large to list: boxes of machines, each bounded by the ideal machine of the box.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <dovetail/engine/codesign/codesign.hpp>

namespace dovetail {

/// Branch and bound over the machines of a space. A box holds a range of every parameter; no machine in it, whatever
/// its mappings, is better than the ideal machine of the box (Codesign::bound). Parameters that shape the machine are
/// fixed first; then the box with the least bound is halved where that raises the bound of its heaviest layers most,
/// until the least belongs to a machine that exists. What is proven of that machine is then the bound of its box, and
/// the search goes on. It does not depend on the number of threads.
class BoxSearch {
 public:
  /// What may end a part of the search early.
  struct Limits {
    std::int64_t most_boxes = 0;  ///< bounded in all
    std::function<bool()> stop = {};
    int threads = 1;
  };

  explicit BoxSearch(const Codesign& codesign);  ///< outlives the search
  ~BoxSearch();

  /// No mapping of this machine has less; what is told of a machine twice counts at its largest.
  void prove(const Point& machine, double bound);
  /// The next machine, by rising bounds, whose own bound is all that is known of it, or none where no machine is below
  /// the incumbent or the limits ended the search. No machine is answered twice.
  std::optional<Point> next(double incumbent, const Limits& limits);
  /// Whether anything is known of the space. Begins the search.
  bool known(const Limits& limits);
  /// Of the objective over the space, at most the incumbent; 0 where nothing is known, as of spaces of more shapes than
  /// `most_boxes`.
  double lower_bound(double incumbent) const;
  std::int64_t boxes() const;  ///< that were bounded

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dovetail
