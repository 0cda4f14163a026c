// The bound of a whole space of machines from what its layers would choose: capacities are outcomes of mappings.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/codesign/codesign.hpp>

namespace dovetail {

/// Branch and bound over classes of machines and ranges of their capacities. In a class of shapes (shape_class.hpp)
/// every layer finds its own best machine: capacities cost what they are priced at, so that the search of a mapping
/// finds them, too (toll_search.hpp). For a price x of a cycle all machines c of the class obey
///
///     E(c) + x C(c) >= S = sum over layers of min over mappings m of [E(m, prices of what m needs) + x C(m)],
///
/// and with C >= Cmin and E >= Emin no product E^a C^b is below the lesser of its values at the two corners of that
/// region: it is quasi-concave along the line. Where layers disagree about a capacity its range is split, so that those
/// who want less pay for more or those who want more do without. Where they agree, there is a machine for all: it is
/// asked about, then shapes are told apart. It does not depend on the number of threads.
class SpaceProof {
 public:
  struct Limits {
    double gap = 0.0;         ///< share of the incumbent that may stay open
    std::int64_t effort = 0;  ///< labels of layer searches, some 4e4 a second
    bool ask = true;          ///< machines of which more should be known; else only bounds are raised
    std::function<bool()> stop = {};
    int threads = 1;
    std::function<void(double bound)> reached = {};  ///< told when a gap on the way was reached,
    std::function<void(double bound)> rose = {};     ///< and after every look at parts
  };
  /// A part of the space that is not excluded.
  struct Open {
    std::string what;  ///< meshes and memories
    double bound = 0.0;
    std::int64_t parts = 0;  ///< boxes of capacities
  };

  explicit SpaceProof(const Codesign& codesign);  ///< outlives the proof
  ~SpaceProof();

  /// Whether the space is one that this proof knows: families whose machines have boxes, under the loop model, an
  /// objective that energy is part of. Begins the proof.
  bool known(const Limits& limits);
  /// What layers may cost: as on this machine, or a little less. No bound depends on it, only how soon it is reached.
  void expect(const DesignPoint& good);
  /// No mapping of this machine has less.
  void prove(const Point& machine, double bound);
  /// Raises the bound until it is within the gap of the incumbent, or the limits end that. A machine that should be
  /// looked at before, if there is one; no machine twice.
  std::optional<Point> next(double incumbent, const Limits& limits);
  double lower_bound(double incumbent) const;  ///< at most the incumbent; 0 where nothing is known
  /// What keeps the bound below the incumbent: classes by rising bounds.
  std::vector<Open> open(double incumbent) const;
  std::int64_t searches() const;  ///< of layers
  std::int64_t effort() const;
  std::int64_t classes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dovetail
