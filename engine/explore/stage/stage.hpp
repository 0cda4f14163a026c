// One step of an evaluation: what it measures of a candidate, at what expense.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/accelerators/mapping/mapping.hpp>
#include <dovetail/engine/explore/stage/candidate.hpp>

namespace dovetail {

/// What a stage found: metrics by name, or why there are none. A stop asked for by the caller is neither.
struct StageAnswer {
  std::map<std::string, double> metrics;
  std::string failure;
  bool stopped = false;
};

/// What a stage may use.
struct StageEffort {
  int threads = 1;
  std::function<bool()> stop = {};
};

/// How often a stage asked for something dear, and how many of these were different.
struct StageReuse {
  std::int64_t asked = 0, distinct = 0;
  std::string of;  ///< "layer on machine"; empty: nothing is reused
};

/// A layer of a candidate as a stage priced it: on which machine, by which mapping. Costs are of one occurrence.
struct PricedLayer {
  std::size_t network = 0;  ///< of the candidate's
  Layer layer;
  std::int64_t count = 1;  ///< occurrences in the network
  int slot = -1;           ///< of a system; -1: the only machine
  Architecture architecture;
  std::shared_ptr<const Mapping> mapping;
  double energy_pj = 0.0, cycles = 0.0;
};

/// A stage is pure in the candidate: the same one gives the same answer, for any number of threads; `run` is called
/// concurrently.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual std::string name() const = 0;                  ///< limits, price, accuracy
  virtual std::vector<std::string> metrics() const = 0;  ///< all that it may answer
  virtual double expected_seconds() const = 0;
  /// Whether it is an oracle that stands for dear measurements, however fast it is: never a known constraint.
  virtual bool oracle() const { return false; }
  virtual StageAnswer run(const NetworkCandidate& candidate, const StageEffort& effort) const = 0;
  virtual StageReuse reuse() const { return {}; }
  /// What would change answers, for the identity of a study: digests of tables, commands.
  virtual std::map<std::string, std::string> identity() const { return {}; }
  /// A cheap guess of a metric, where there is one.
  virtual std::optional<double> guess(const NetworkCandidate& candidate) const {
    (void)candidate;
    return std::nullopt;
  }
  /// What a report says of a candidate beyond its metrics, as JSON: `title`, `stages` (rows of a table) and `timeline`
  /// (lines); may be empty.
  virtual std::string detail(const NetworkCandidate& candidate) const {
    (void)candidate;
    return "";
  }
  /// The layers as they were priced, each with its mapping, so that a reported design can be evaluated again; of a
  /// stage that maps layers.
  virtual std::vector<PricedLayer> priced_layers(const NetworkCandidate& candidate, const StageEffort& effort) const {
    (void)candidate, (void)effort;
    return {};
  }
  /// Remarks that belong to every result: what the numbers are worth.
  virtual std::vector<std::string> remarks() const { return {}; }
};

/// A stage with a limit below this holds as a constraint of the search, by construction.
inline constexpr double known_seconds = 1e-3;

}  // namespace dovetail
