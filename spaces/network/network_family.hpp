// Network families: a network with parameters, read from a YAML descriptor. The mirror of machine families.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/spaces/space/space.hpp>
#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// A part of a network as a table of costs knows it: what stands at a place, and how wide it is where that matters.
struct NetworkOperator {
  std::string block, operation;
  std::optional<double> channels;
};

/// A number of a family that is not searched.
struct NetworkSetting {
  std::string name, meaning;
  double value = 0.0;
};

/// A family: a space of parameters PREFIX.NAME under constraints, and the network at each of its points. A parameter
/// whose `when` does not hold is pinned to its first value by a known constraint, so equal networks are equal points.
/// Immutable; safe to call concurrently.
///
///     NetworkFamily nb201 = load_network_family("nb201");
///     Network cell = nb201.instantiate(*nb201.draw(random));
class NetworkFamily {
 public:
  const std::string& name() const;
  const std::string& about() const;
  const std::string& source() const;
  const std::string& from_memory() const;  ///< what of it was not looked up; empty: nothing
  const std::vector<NetworkSetting>& settings() const;
  const std::string& prefix() const;

  const Space& space() const;
  const std::vector<std::string>& meanings() const;  ///< per parameter
  const Point& default_point() const;
  /// The parameter whose values uniform draws take equally often, or -1.
  int stratum() const;
  /// A feasible point: where the family is stratified a value of the stratum first, then uniform among its points.
  std::optional<Point> draw(Random& random) const;
  /// Per parameter: whether it exists at this point (its `when` holds).
  std::vector<char> active(const Point& point) const;

  /// The network at a point. Throws InputError, located in the descriptor, where a step is impossible (a size below
  /// one, channels that are no whole number, summands of different shapes) and names the constraint that is missing.
  Network instantiate(const Point& point) const;
  /// What its layers and their sizes do not show, in words: overlapping windows, upsampling, joined or taken channels,
  /// zeros. Who computes with the network itself needs to know of it.
  std::vector<std::string> unseen_steps() const;
  /// The same network as a dovetail-workload/1 document.
  nlohmann::ordered_json document(const Point& point) const;

  /// The canonical text: per parameter of `key` (default: all) the position of its value among words, or its number;
  /// written together where all are words with at most ten values each, with dashes otherwise.
  std::string key(const Point& point) const;
  /// What a table of costs sums. Default: every parameter is a block, and its value the operator.
  std::vector<NetworkOperator> operators(const Point& point) const;
  /// Every block with its operators that some point has, in the order of the family; channels left out.
  std::vector<std::pair<std::string, std::vector<std::string>>> blocks() const;

 private:
  friend NetworkFamily read_network_family(const Node& document, const std::map<std::string, Node>& settings,
                                           const std::string& prefix);
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

/// The family of a document. `settings` replaces settings and `input` by name. Throws InputError with every mistake; a
/// family without networks, and one whose networks are impossible at some of the points that are tried, are mistakes.
NetworkFamily read_network_family(const Node& document, const std::map<std::string, Node>& settings = {},
                                  const std::string& prefix = "nn");

/// The family with this name, or in the YAML file at this path.
NetworkFamily load_network_family(const std::string& name_or_path, const std::map<std::string, Node>& settings = {},
                                  const std::string& prefix = "nn");

/// Names of the families that are part of the program.
std::vector<std::string> network_family_names();

/// The point that these `name=value` texts say, the others as in the family's default; names with or without prefix.
/// Unknown names, impossible values and inactive parameters are located errors (at `source`).
Point network_point(const NetworkFamily& family, const std::vector<std::pair<std::string, std::string>>& values,
                    const std::string& source, Diagnostics& diagnostics);

}  // namespace dovetail
