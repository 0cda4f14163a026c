// What a point of a search over networks stands for: networks with their tasks, and the machine that they run on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/spaces/network/network_family.hpp>

namespace dovetail {

/// A network that is part of every candidate: of a family, or always the same.
struct NetworkSource {
  std::string task;                     ///< empty when it is the only one
  double weight = 1.0;                  ///< of its accuracy among several
  std::optional<NetworkFamily> family;  ///< none: `fixed`
  Network fixed;
  int first = 0, count = 0;  ///< its numbers in a point
};

/// One of a candidate's networks. The network itself is built when it is asked for.
struct CandidateNetwork {
  const NetworkSource* source = nullptr;
  Point point;       ///< of the family
  std::string text;  ///< canonical; the name of a network that is not searched

  Network network() const { return source->family ? source->family->instantiate(point) : source->fixed; }
};

/// A value; building one costs microseconds.
struct NetworkCandidate {
  Point point;
  std::vector<CandidateNetwork> networks;
  const Family* machine = nullptr;  ///< none: networks alone
  Point machine_point;

  Architecture architecture() const { return machine->instantiate(machine_point); }
};

/// The joint space of a machine family (first, if any) and network families, and the way from its points to candidates.
struct CandidateSpace {
  std::optional<Family> machine;
  int machine_numbers = 0;
  std::vector<NetworkSource> networks;
  Space space;  ///< hw.*, nn.* (of several networks nn.TASK.*), with the constraints of all

  /// Joins what `machine` and `networks` hold.
  void join();
  NetworkCandidate candidate(const Point& point) const;
  /// A feasible point: each family's own draw where the space allows it, any point otherwise.
  std::optional<Point> draw(Random& random) const;
  bool stratified() const;
};

}  // namespace dovetail
