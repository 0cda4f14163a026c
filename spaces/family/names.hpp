// The names that a family's expressions use, and their values at a point.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/accelerators/machine/technology.hpp>
#include <dovetail/spaces/expression/expression.hpp>
#include <dovetail/spaces/family/family_document.hpp>
#include <dovetail/spaces/space/box.hpp>
#include <dovetail/spaces/space/space.hpp>

namespace dovetail {

/// An expression of a descriptor, compiled; remembers its text and place for messages.
struct CompiledFormula {
  Formula formula;
  Expression expression;
  bool empty() const { return formula.empty(); }
};

/// What a rule knows about the layer beside the family's names: the extent of the dimension that a bound is about, and
/// whether the layer's channels C move the outputs (depthwise convolution: nothing is summed over C).
enum LayerSymbol { extent_symbol, depthwise_symbol, layer_symbols };

/// Symbols in the order parameters, settings, lets, layer symbols. A let may use names before it.
class FamilyNames {
 public:
  FamilyNames() = default;
  /// Compiles the lets; mistakes go to diagnostics.
  FamilyNames(const FamilyText& text, const std::map<std::string, double>& settings, Diagnostics& diagnostics);

  /// Compiles a formula over every name, those of the layer too where `with_layer`; empty formulas stay empty.
  CompiledFormula compile(const Formula& formula, bool condition, Diagnostics& diagnostics,
                          bool with_layer = false) const;
  /// A number over the settings alone (bounds of parameters, defaults); none, with an error, otherwise.
  std::optional<double> settle(const Formula& formula, Diagnostics& diagnostics) const;
  /// The formula's text with settings and lets written out: over parameters alone.
  std::string expanded(const std::string& text) const;

  /// Values of all symbols at a point; the last `layer_symbols` are extent 1 and depthwise 0.
  std::vector<double> values(const Space& space, const Point& point) const;
  /// Bounds of all symbols over a box, in the same order.
  std::vector<Interval> bounds(const Space& space, const Box& box) const;
  /// The parameters that decide the formula's value, through lets too: marked in `parameters`.
  void mark_parameters(const CompiledFormula& formula, std::vector<char>& marks) const;
  double setting(const std::string& name) const;
  const std::vector<Symbol>& parameters() const { return parameters_; }

 private:
  std::vector<Symbol> parameters_, settings_, symbols_;
  std::vector<double> setting_values_;
  std::vector<CompiledFormula> lets_;
};

/// What formulas are worth: one value each at a point, least and greatest over a box.
class FormulaValues {
 public:
  explicit FormulaValues(std::vector<double> at_point) : at_point_(std::move(at_point)) {}
  explicit FormulaValues(std::vector<Interval> over_box) : over_box_(std::move(over_box)) {}
  bool at_point() const { return over_box_.empty(); }
  /// Of an empty formula `fallback`. Throws InputError when it is undefined at a point; over a box its bounds are then
  /// without end.
  Range range(const CompiledFormula& formula, double fallback = 0.0) const;

 private:
  std::vector<double> at_point_;
  std::vector<Interval> over_box_;
};

/// The value of a formula, or `fallback` when it is empty. Throws InputError when it is undefined.
double evaluate(const CompiledFormula& formula, const std::vector<double>& values, double fallback = 0.0);

}  // namespace dovetail
