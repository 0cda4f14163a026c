// The names of a network family's expressions: loops, indices, settings and definitions become plain texts over
// parameters.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <dovetail/spaces/expression/expression.hpp>
#include <dovetail/spaces/family/family_document.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {

/// Values of loop variables, the outermost first.
using LoopValues = std::vector<std::pair<std::string, std::int64_t>>;

/// One loop of a `for`: name: low..high, both over settings and outer loop variables.
struct LoopText {
  std::string name, low, high;
  Location where;
};

/// What expressions of a family may say: `kernel[i]` for the parameter `kernel3` where i is 3, a setting's name for its
/// number, a definition's name for its text in parentheses. A definition may use the loop variables of the place where
/// it is used.
class NetworkNames {
 public:
  explicit NetworkNames(std::string prefix) : prefix_(std::move(prefix)) {}

  void add_setting(const std::string& name, double value) { settings_[name] = value; }
  void add_definition(const std::string& name, Formula formula) { definitions_[name] = std::move(formula); }
  /// The parameter `base` of a loop at `indices`: expressions call it base[i, j], and the space PREFIX.base1_2.
  void add_parameter(const std::string& base, const std::vector<std::int64_t>& indices);

  /// "kernel" and {1, 2}: "kernel1_2".
  static std::string joined(const std::string& base, const std::vector<std::int64_t>& indices);
  std::string prefixed(const std::string& name) const { return prefix_ + "." + name; }

  /// The text in the expression language, over prefixed parameters and the names in `free` (shapes). Mistakes are
  /// located at the formula, and the answer is then none.
  std::optional<std::string> expanded(const Formula& formula, const LoopValues& loops,
                                      const std::vector<std::string>& free, Diagnostics& diagnostics) const;

  /// The name that a reference such as `edge[e]` stands for, without prefix: of a parameter or of a layer.
  std::optional<std::string> reference(const Formula& formula, const LoopValues& loops, Diagnostics& diagnostics) const;

  /// The number of an expression over loop variables and settings alone.
  std::optional<double> number(const Formula& formula, const LoopValues& loops, Diagnostics& diagnostics) const;

  /// All values of nested loops, the last fastest; complains about ranges that are empty or too long.
  std::vector<LoopValues> unrolled(const std::vector<LoopText>& loops, const LoopValues& outer,
                                   Diagnostics& diagnostics) const;

  bool is_parameter(const std::string& name) const { return parameters_.count(name) != 0; }
  std::vector<std::string> parameter_names() const;

 private:
  struct Mistake {
    std::string message;
  };
  std::string expand(const std::string& text, const LoopValues& loops, const std::vector<std::string>& free,
                     int depth) const;
  std::string indexed(const std::string& base, const std::string& inside, const LoopValues& loops, int depth) const;

  std::string prefix_;
  std::map<std::string, double> settings_;
  std::map<std::string, Formula> definitions_;
  std::map<std::string, int> bases_;       ///< indices that a parameter takes
  std::map<std::string, int> parameters_;  ///< by the name without prefix
};

}  // namespace dovetail
