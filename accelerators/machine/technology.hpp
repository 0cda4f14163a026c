// What silicon costs: energy, leakage and area as functions of what a search changes, each figure with its source.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dovetail {

/// All numbers between two; one number stands for itself.
struct Range {
  double low = 0.0, high = 0.0;
  Range(double value) : low(value), high(value) {}  // NOLINT(google-explicit-constructor): a number is a range
  Range(double least, double most) : low(least), high(most) {}
};

/// A positive function of one positive variable, given by points and followed by power laws between them: straight
/// lines on log-log paper, the last one extended at both ends. One point is a constant. Square-root laws (SRAM energy
/// over capacity), square laws (multipliers over bits) and constants are all exact in this form, and the curve is
/// monotone where its points are.
class Curve {
 public:
  Curve() = default;  ///< the constant 0
  explicit Curve(double constant);
  /// Points (x, y), ascending in x, all positive. Throws std::invalid_argument otherwise.
  explicit Curve(std::vector<std::pair<double, double>> points);

  double operator()(double x) const;
  double least(Range x) const;  ///< the least value over a range
  bool constant() const { return points_.size() <= 1; }
  const std::vector<std::pair<double, double>>& points() const { return points_; }
  Curve scaled(double factor) const;
  bool operator==(const Curve&) const = default;

 private:
  std::vector<std::pair<double, double>> points_;
};

/// How an entry follows the process: switched capacitance and supply (L V^2), wires (V^2, their capacitance per
/// length hardly changes), area (L^2), or not at all.
enum class Scaling { energy, wire, area, none };

/// One row of the technology table.
struct TechnologyEntry {
  std::string name;      ///< "sram.energy_pj_per_bit"
  std::string variable;  ///< what the curve runs over: "capacity_bits", "word_bits", or empty for a constant
  Scaling scaling = Scaling::none;
  double node_nm = 45.0;  ///< process at which the points hold
  double voltage = 0.9;   ///< supply at which they hold
  Curve curve;
  std::string source;
};

/// Energy of one operation or access, leakage power, area, and where the figures come from.
struct Cost {
  double energy_pj = 0.0;
  double leak_pw = 0.0;
  double area_um2 = 0.0;
  std::string source;
};

/// Number formats: int with any number of bits, fp16, bf16, fp32.
struct NumberFormat {
  enum class Kind { integer, fp16, bf16, fp32 } kind = Kind::integer;
  int bits = 16;
  bool operator==(const NumberFormat&) const = default;
};

/// Reads "int8", "int16", "fp16", "bf16", "fp32"; throws std::invalid_argument naming the allowed.
NumberFormat parse_number_format(std::string_view text);

/// A process with its table of figures. The defaults are the published figures listed in technology.cpp, scaled from
/// their own process to this one; any entry can be replaced.
///
///     Technology technology(65.0);
///     technology.sram(1 << 20, 64).energy_pj;   // one 64-bit access of a 128 KB buffer
///     technology.replace("dram.lpddr4.energy_pj_per_bit", Curve(6.0), "data sheet");
class Technology {
 public:
  /// `voltage` 0: the nominal supply of the node. Throws std::invalid_argument outside 3 to 250 nm or 0.3 to 3 V.
  explicit Technology(double node_nm = 45.0, double voltage = 0.0);

  double node_nm() const { return node_nm_; }
  double voltage() const { return voltage_; }

  /// Multiply two words of `format`.
  Cost multiplier(NumberFormat format) const;
  /// Multiply two words of `format` and add to an accumulator of `accumulator`: multiplier plus adder.
  Cost mac(NumberFormat format, NumberFormat accumulator) const;
  /// One addition of two words.
  Cost adder(NumberFormat format) const;
  /// One access of one word of a register file (flip-flops or latches); area of the whole file. Of files whose size is
  /// only known to lie within a range: costs that none of them undercuts, here and below.
  Cost register_file(Range words, double word_bits) const;
  /// One access of `access_bits` to an SRAM of `capacity_bits` in `banks` equal banks (each access opens one bank);
  /// leakage and area of the whole memory.
  Cost sram(Range capacity_bits, double access_bits, Range banks = 1.0) const;
  /// Moving `bits` to or from memory of `kind` (dram_kinds()). No area or leakage: it is another chip.
  Cost dram(std::string_view kind, double bits) const;
  /// `bits` over `mm` of repeated on-chip wire.
  Cost wire(double bits, double mm) const;

  /// The table, in the order in which it prints.
  const std::vector<TechnologyEntry>& entries() const { return entries_; }
  /// Replaces a curve by one that holds at this process (no scaling). Throws std::invalid_argument for a name that is
  /// not in the table.
  void replace(std::string_view name, Curve curve, std::string source);
  /// Value of an entry at this process, the least over a range.
  double value(std::string_view name, Range x = 1.0) const;
  /// Where an entry comes from, with the scaling that was applied.
  std::string provenance(std::string_view name) const;

 private:
  const TechnologyEntry& entry(std::string_view name) const;
  double node_nm_, voltage_;
  std::vector<TechnologyEntry> entries_;
};

/// All names that `replace` knows, in table order.
std::vector<std::string> technology_entry_names();

/// ddr3 ddr4 gddr5 lpddr4 hbm2.
std::vector<std::string> dram_kinds();

/// Nominal supply of a node, in volt: interpolated in the table of technology.cpp.
double nominal_voltage(double node_nm);

/// What a figure at (from_nm, from_v) is multiplied with to hold at (to_nm, to_v).
double scaling_factor(Scaling scaling, double from_nm, double from_v, double to_nm, double to_v);

}  // namespace dovetail
