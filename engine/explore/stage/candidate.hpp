// What a point of a search over networks stands for: networks with their tasks, and the machine that they run on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/engine/explore/stage/compression_space.hpp>
#include <dovetail/engine/tiles/tile_space.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/spaces/network/network_family.hpp>
#include <dovetail/spaces/system/machine_system.hpp>

namespace dovetail {

/// A network that is part of every candidate: of a family, or always the same.
struct NetworkSource {
  std::string task;                     ///< empty when it is the only one
  double weight = 1.0;                  ///< of its accuracy among several
  std::optional<NetworkFamily> family;  ///< none: `fixed`
  Network fixed;
  std::vector<Network> any;  ///< several as they are, of which one is chosen; empty: `fixed`
  int first = 0, count = 0;  ///< its numbers in a point
  Location where;            ///< in the study

  /// The family, the network, or all that one is chosen from: "alexnet or resnet18".
  std::string title() const;
};

/// One of a candidate's networks. The network itself is built when it is asked for.
struct CandidateNetwork {
  const NetworkSource* source = nullptr;
  Point point;       ///< of the family
  std::string text;  ///< canonical; the name of a network that is not searched
  int option = -1;   ///< of several given ones
  NetworkCompression compression;

  /// Before compression.
  Network plain() const { return source->family ? source->family->instantiate(point) : given(); }
  /// Throws InputError where the compression is impossible.
  Network network() const { return compression.empty() ? plain() : compressed(plain(), compression); }
  std::string name() const { return source->family ? source->family->name() : given().name; }

 private:
  const Network& given() const { return option < 0 ? source->fixed : source->any[static_cast<std::size_t>(option)]; }
};

/// A value; building one costs microseconds.
struct NetworkCandidate {
  Point point;
  std::vector<CandidateNetwork> networks;
  const TileSpace* tiles = nullptr;  ///< an FPGA engine, whose tiling is `machine_point`
  const Family* machine = nullptr;   ///< none: networks alone, or a system
  Point machine_point;
  std::vector<SystemMachine> machines;  ///< of a system

  Architecture architecture() const { return machine->instantiate(machine_point); }
};

/// The joint space of a machine family or a system of several (first, if any) and network families, and the way from
/// its points to candidates.
struct CandidateSpace {
  std::optional<Family> machine;
  std::optional<TileSpace> tiles;  ///< an FPGA engine instead of a machine
  CompressionSpace compression;
  std::optional<MachineSystem> system;  ///< instead of one machine
  int machine_numbers = 0;
  std::vector<NetworkSource> networks;
  Space space;  ///< hw.*, nn.* (of several networks nn.TASK.*), with the constraints of all

  /// Joins what `machine` or `system`, and `networks` hold.
  void join();
  NetworkCandidate candidate(const Point& point) const;
  /// A feasible point: each family's own draw where the space allows it, any point otherwise. Of a system every choice
  /// of families is as likely as any other, however many machines each has.
  std::optional<Point> draw(Random& random) const;
  bool stratified() const;
  /// Whether it stands for the systems that differ from it in the order of equal slots only.
  bool in_order(const Point& point) const { return !system || system->in_order(point.numbers); }
  /// Candidates, each system once.
  SpaceSize count() const;
  /// The points of consecutive parameters that the space allows.
  Space part(int first, int count) const;

 private:
  struct Draws;
  std::shared_ptr<Draws> draws_;
  std::optional<std::vector<double>> draw_system(Random& random) const;
};

}  // namespace dovetail
