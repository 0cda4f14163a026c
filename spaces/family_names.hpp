// The names that a family's expressions use, and their values at a point.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/spaces/expression.hpp>
#include <dovetail/spaces/family_document.hpp>
#include <dovetail/spaces/space.hpp>

namespace dovetail {

/// An expression of a descriptor, compiled; remembers its text and place for messages.
struct CompiledFormula {
  Formula formula;
  Expression expression;
  bool empty() const { return formula.empty(); }
};

/// Symbols in the order parameters, settings, lets, extent. A let may use names before it.
class FamilyNames {
 public:
  FamilyNames() = default;
  /// Compiles the lets; mistakes go to diagnostics.
  FamilyNames(const FamilyText& text, const std::map<std::string, double>& settings, Diagnostics& diagnostics);

  /// Compiles a formula over every name, `extent` too where `with_extent`; empty formulas stay empty.
  CompiledFormula compile(const Formula& formula, bool condition, Diagnostics& diagnostics,
                          bool with_extent = false) const;
  /// A number over the settings alone (bounds of parameters, defaults); none, with an error, otherwise.
  std::optional<double> settle(const Formula& formula, Diagnostics& diagnostics) const;
  /// The formula's text with settings and lets written out: over parameters alone.
  std::string expanded(const std::string& text) const;

  /// Values of all symbols at a point (extent: 1).
  std::vector<double> values(const Space& space, const Point& point) const;
  double setting(const std::string& name) const;
  const std::vector<Symbol>& parameters() const { return parameters_; }

 private:
  std::vector<Symbol> parameters_, settings_, symbols_;
  std::vector<double> setting_values_;
  std::vector<CompiledFormula> lets_;
};

/// The value of a formula, or `fallback` when it is empty. Throws InputError when it is undefined.
double evaluate(const CompiledFormula& formula, const std::vector<double>& values, double fallback = 0.0);

}  // namespace dovetail
