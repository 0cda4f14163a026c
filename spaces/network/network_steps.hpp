// The steps of a family, unrolled and compiled: how a point becomes layers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <dovetail/spaces/expression/expression.hpp>
#include <dovetail/spaces/network/network_family_document.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// Channels, height and width of what passes between steps.
struct MapShape {
  std::int64_t channels = 0, height = 0, width = 0;
  bool operator==(const MapShape&) const = default;
};

/// A layer of a network that was built, with the positions of the layers that it reads.
struct BuiltLayer {
  enum class Kind { conv, depthwise, linear } kind = Kind::conv;
  std::string name;
  MapShape input;
  ConvShape conv;                        ///< of conv and depthwise
  std::int64_t inputs = 0, outputs = 0;  ///< of linear
  std::vector<std::size_t> reads;
};

/// A family's steps over the numbers of a point.
class NetworkSteps {
 public:
  /// Unrolls and compiles; mistakes are located. `symbols` are those of the family's parameters.
  NetworkSteps(const std::vector<StatementText>& statements, const NetworkNames& names,
               const std::vector<Symbol>& symbols, std::optional<MapShape> input, Diagnostics& diagnostics);

  /// `numbers`: what expressions see of the parameters. Throws InputError where a step is impossible; `where_text` says
  /// at which point.
  std::vector<BuiltLayer> build(const std::vector<double>& numbers, const std::string& where_text) const;

  struct Step;

 private:
  friend class StepCompiler;
  std::vector<Step> steps_;
  std::size_t parameters_ = 0;
  int nodes_ = 0;
  std::optional<MapShape> input_;
};

/// A step after unrolling.
struct NetworkSteps::Step {
  struct Value {
    Expression expression;
    std::string text;  ///< for messages
  };
  StatementText::Kind kind = StatementText::Kind::pass;
  std::string name;
  Location where;
  int node = 0;
  std::optional<Expression> when;
  std::vector<int> after;  ///< nodes; -1: where the group began; -2: the network's input
  std::optional<MapShape> literal;
  std::optional<Value> in, out, kernel, stride, pad, groups, dilation, size;
  bool pad_same = false;
  std::vector<Step> body;                      ///< of a group, or the alternatives
  int selector = -1;                           ///< number of the point that chooses
  std::vector<std::pair<double, int>> chosen;  ///< value -> position in body
};

}  // namespace dovetail
