// The table of published figures, and the few laws that combine them.
#include <dovetail/accelerators/machine/technology.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace dovetail {
namespace {

constexpr const char* horowitz = "M. Horowitz, Computing's energy problem, ISSCC 2014, 45 nm 0.9 V table";
constexpr const char* jouppi =
    "N. Jouppi et al., Ten lessons from three generations, ISCA 2021, table 2: bf16 / fp16 ratio at 7 nm, "
    "times the fp16 "
    "figure of Horowitz, ISSCC 2014";

// Every published figure that the defaults rest on. Energies of integer and floating-point operations, of SRAM and of
// DDR3 are Horowitz's; powers between his points are what a log-log line gives (a 16-bit multiplier: 0.79 pJ).
std::vector<TechnologyEntry> published() {
  const auto points = [](std::vector<std::pair<double, double>> list) { return Curve(std::move(list)); };
  std::vector<TechnologyEntry> table;
  const auto add = [&](const char* name, const char* variable, Scaling scaling, Curve curve, std::string source,
                       double node_nm = 45.0, double voltage = 0.9) {
    table.push_back({name, variable, scaling, node_nm, voltage, std::move(curve), std::move(source)});
  };
  const std::string areas = std::string(horowitz) + ", area column";
  add("multiply.int.energy_pj", "word_bits", Scaling::energy, points({{8, 0.2}, {32, 3.1}}), horowitz);
  add("multiply.fp16.energy_pj", "", Scaling::energy, Curve(1.1), horowitz);
  add("multiply.bf16.energy_pj", "", Scaling::energy, Curve(1.1 * 0.21 / 0.34), jouppi);
  add("multiply.fp32.energy_pj", "", Scaling::energy, Curve(3.7), horowitz);
  add("add.int.energy_pj", "word_bits", Scaling::energy, points({{8, 0.03}, {16, 0.05}, {32, 0.1}}), horowitz);
  add("add.fp16.energy_pj", "", Scaling::energy, Curve(0.4), horowitz);
  add("add.bf16.energy_pj", "", Scaling::energy, Curve(0.4 * 0.11 / 0.16), jouppi);
  add("add.fp32.energy_pj", "", Scaling::energy, Curve(0.9), horowitz);
  add("multiply.int.area_um2", "word_bits", Scaling::area, points({{8, 282}, {32, 3495}}), areas);
  add("multiply.fp16.area_um2", "", Scaling::area, Curve(1640), areas);
  add("multiply.bf16.area_um2", "", Scaling::area, Curve(1640 * 64.0 / 121.0),
      areas + ", fp16 times (8 / 11)^2 for the significand array (our estimate)");
  add("multiply.fp32.area_um2", "", Scaling::area, Curve(7700), areas);
  add("add.int.area_um2", "word_bits", Scaling::area, points({{8, 36}, {16, 67}, {32, 137}}), areas);
  add("add.fp16.area_um2", "", Scaling::area, Curve(1360), areas);
  add("add.bf16.area_um2", "", Scaling::area, Curve(1360), areas + ", as fp16 (our estimate)");
  add("add.fp32.area_um2", "", Scaling::area, Curve(4184), areas);
  add("register_file.energy_pj_per_bit", "capacity_bits", Scaling::energy, points({{16, 0.009}, {4096, 0.8374 / 16.0}}),
      "one register: Aladdin (Shao et al., ISCA 2014), 45 nm; 512 bytes: as much as one 16-bit "
      "multiply-accumulate "
      "(Chen et al., Eyeriss, ISCA 2016, table IV) with Horowitz's energies; power law between");
  add("register_file.area_um2_per_bit", "capacity_bits", Scaling::area, Curve(4.522),
      "DFF_X1 of the NanGate FreePDK45 library; read multiplexers not counted");
  add("register_file.leak_pw_per_bit", "", Scaling::none, Curve(10.0),
      "order of low-standby-power cells in ITRS 2009; our assumption");
  add("sram.energy_pj_per_bit", "capacity_bits", Scaling::energy,
      points({{8 * 8192.0, 10.0 / 64.0}, {32 * 8192.0, 20.0 / 64.0}, {1024 * 8192.0, 100.0 / 64.0}}),
      std::string(horowitz) + ": 64-bit access of 8 KB, 32 KB, 1 MB; the square root of capacity between");
  add("sram.fixed_share", "", Scaling::none, Curve(0.1),
      "share of a 64-bit access that does not grow with its width (decoder, word line, address wires); our "
      "assumption, "
      "of the order CACTI 6 gives");
  add("sram.area_um2_per_bit", "capacity_bits", Scaling::area, points({{8192, 0.9}, {8388608, 0.55}}),
      "0.346 um2 cell (Mistry et al., IEDM 2007, 45 nm) at array efficiencies of 38 % (1 KB) to 63 % (1 MB), "
      "the range "
      "CACTI 6 gives; our fit");
  add("sram.leak_pw_per_bit", "", Scaling::none, Curve(10.0),
      "order of low-standby-power cells in ITRS 2009; our assumption");
  add("wire.energy_pj_per_bit_mm", "", Scaling::wire, Curve(310.0 / 256.0 / 10.0),
      "S. Keckler et al., GPUs and the future of parallel computing, IEEE Micro 2011, table 1: 256 bits over "
      "10 mm at 40 nm",
      40.0, 0.9);
  add("dram.ddr3.energy_pj_per_bit", "", Scaling::none, Curve(1300.0 / 64.0),
      "M. Horowitz, ISSCC 2014: 1.3 to 2.6 nJ for 64 bits, the lower end");
  add("dram.ddr4.energy_pj_per_bit", "", Scaling::none, Curve(15.0),
      "order of DDR4 data sheets, between DDR3 and LPDDR4; our assumption");
  add("dram.gddr5.energy_pj_per_bit", "", Scaling::none, Curve(14.0),
      "M. O'Connor et al., Fine-grained DRAM, MICRO 2017");
  add("dram.lpddr4.energy_pj_per_bit", "", Scaling::none, Curve(8.0),
      "default of the Timeloop and Accelergy tables (Wu et al., ICCAD 2019)");
  add("dram.hbm2.energy_pj_per_bit", "", Scaling::none, Curve(3.9),
      "M. O'Connor et al., Fine-grained DRAM, MICRO 2017");
  return table;
}

// Nominal supplies: the predictive technology models (Zhao and Cao, TED 2006; PTM-MG below 20 nm), with 0.9 V at 45 nm
// as in Horowitz's table and 1.0 V at 65 nm as the Eyeriss chip runs.
constexpr std::pair<double, double> supplies[] = {{7, 0.7},  {10, 0.75}, {14, 0.8}, {16, 0.8}, {22, 0.8},  {28, 0.85},
                                                  {32, 0.9}, {45, 0.9},  {65, 1.0}, {90, 1.2}, {130, 1.3}, {180, 1.8}};

const char* kind_name(NumberFormat::Kind kind) {
  switch (kind) {
    case NumberFormat::Kind::integer:
      return "int";
    case NumberFormat::Kind::fp16:
      return "fp16";
    case NumberFormat::Kind::bf16:
      return "bf16";
    case NumberFormat::Kind::fp32:
      return "fp32";
  }
  return "int";
}

}  // namespace

Curve::Curve(double constant) : points_{{1.0, constant}} {
  if (!(constant >= 0.0) || !std::isfinite(constant)) {
    throw std::invalid_argument(fmt::format("a figure of {}, allowed are 0 and more", constant));
  }
}

Curve::Curve(std::vector<std::pair<double, double>> points) : points_(std::move(points)) {
  if (points_.empty()) throw std::invalid_argument("a table without points");
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const auto& [x, y] = points_[i];
    if (!(x > 0.0) || !(y > 0.0) || !std::isfinite(x) || !std::isfinite(y)) {
      throw std::invalid_argument(fmt::format("the point ({}, {}) of a table, allowed are positive numbers", x, y));
    }
    if (i > 0 && x <= points_[i - 1].first) {
      throw std::invalid_argument(fmt::format("{} follows {} in a table, which must ascend", x, points_[i - 1].first));
    }
  }
}

double Curve::operator()(double x) const {
  if (points_.empty()) return 0.0;
  if (points_.size() == 1) return points_.front().second;
  std::size_t upper = 1;
  while (upper + 1 < points_.size() && x > points_[upper].first) ++upper;
  const auto& [x0, y0] = points_[upper - 1];
  const auto& [x1, y1] = points_[upper];
  if (x == x1) return y1;
  return y0 * std::pow(x / x0, std::log(y1 / y0) / std::log(x1 / x0));
}

double Curve::least(Range x) const {
  if (x.low == x.high) return (*this)(x.low);
  double result = std::min((*this)(x.low), (*this)(x.high));  // monotone between its points
  for (const auto& [at, value] : points_)
    if (x.low < at && at < x.high) result = std::min(result, value);
  return result;
}

Curve Curve::scaled(double factor) const {
  Curve result = *this;
  for (auto& point : result.points_) point.second *= factor;
  return result;
}

NumberFormat parse_number_format(std::string_view text) {
  using Kind = NumberFormat::Kind;
  if (text == "fp16") return {Kind::fp16, 16};
  if (text == "bf16") return {Kind::bf16, 16};
  if (text == "fp32") return {Kind::fp32, 32};
  if (text.size() > 3 && text.size() <= 5 && text.substr(0, 3) == "int") {
    int bits = 0;
    bool digits = true;
    for (char c : text.substr(3)) {
      digits = digits && c >= '0' && c <= '9';
      bits = bits * 10 + (c - '0');
    }
    if (digits && bits >= 1 && bits <= 64) return {Kind::integer, bits};
  }
  throw std::invalid_argument(fmt::format("the number format '{}', allowed are int1 to int64, fp16, bf16, fp32", text));
}

Technology::Technology(double node_nm, double voltage) : node_nm_(node_nm), voltage_(voltage), entries_(published()) {
  if (!(node_nm >= 3.0 && node_nm <= 250.0)) {
    throw std::invalid_argument(fmt::format("a process of {} nm, allowed are 3 to 250", node_nm));
  }
  if (voltage == 0.0) voltage_ = nominal_voltage(node_nm);
  if (!(voltage_ >= 0.3 && voltage_ <= 3.0)) {
    throw std::invalid_argument(fmt::format("a supply of {} V, allowed are 0.3 to 3", voltage));
  }
}

const TechnologyEntry& Technology::entry(std::string_view name) const {
  for (const TechnologyEntry& candidate : entries_) {
    if (candidate.name == name) return candidate;
  }
  throw std::invalid_argument(fmt::format("the technology entry '{}' does not exist", name));
}

void Technology::replace(std::string_view name, Curve curve, std::string source) {
  TechnologyEntry& replaced = entries_[static_cast<std::size_t>(&entry(name) - entries_.data())];
  replaced.curve = std::move(curve);
  replaced.source = std::move(source);
  replaced.node_nm = node_nm_;
  replaced.voltage = voltage_;
}

double Technology::value(std::string_view name, Range x) const {
  const TechnologyEntry& found = entry(name);
  return found.curve.least(x) * scaling_factor(found.scaling, found.node_nm, found.voltage, node_nm_, voltage_);
}

std::string Technology::provenance(std::string_view name) const {
  const TechnologyEntry& found = entry(name);
  const double factor = scaling_factor(found.scaling, found.node_nm, found.voltage, node_nm_, voltage_);
  if (factor == 1.0) return found.source;
  const char* law = found.scaling == Scaling::area ? "L^2" : found.scaling == Scaling::wire ? "V^2" : "L V^2";
  return fmt::format("{}; x {:.3g} from {:g} nm {:g} V to {:g} nm {:g} V ({})", found.source, factor, found.node_nm,
                     found.voltage, node_nm_, voltage_, law);
}

Cost Technology::multiplier(NumberFormat format) const {
  const std::string name = fmt::format("multiply.{}.", kind_name(format.kind));
  return {value(name + "energy_pj", format.bits), 0.0, value(name + "area_um2", format.bits),
          provenance(name + "energy_pj")};
}

Cost Technology::mac(NumberFormat format, NumberFormat accumulator) const {
  Cost cost = multiplier(format);
  const Cost sum = adder(accumulator);
  cost.energy_pj += sum.energy_pj;
  cost.area_um2 += sum.area_um2;
  cost.source = "multiplier and adder: " + cost.source;
  return cost;
}

Cost Technology::adder(NumberFormat format) const {
  const std::string name = fmt::format("add.{}.", kind_name(format.kind));
  return {value(name + "energy_pj", format.bits), 0.0, value(name + "area_um2", format.bits),
          provenance(name + "energy_pj")};
}

Cost Technology::register_file(Range words, double word_bits) const {
  const Range bits{std::max(1.0, words.low) * word_bits, std::max(1.0, words.high) * word_bits};
  return {word_bits * value("register_file.energy_pj_per_bit", bits),
          words.low * word_bits * value("register_file.leak_pw_per_bit", bits),
          words.low * word_bits * value("register_file.area_um2_per_bit", bits),
          provenance("register_file.energy_pj_per_bit")};
}

Cost Technology::sram(Range capacity_bits, double access_bits, Range banks) const {
  const Range bank_bits{std::max(1.0, capacity_bits.low / std::max(1.0, banks.high)),
                        std::max(1.0, capacity_bits.high / std::max(1.0, banks.low))};
  const double share = value("sram.fixed_share");
  const double width = share * 64.0 + (1.0 - share) * access_bits;  // in units of the 64-bit access of the table
  Cost cost{width * value("sram.energy_pj_per_bit", bank_bits), capacity_bits.low * value("sram.leak_pw_per_bit"),
            capacity_bits.low * value("sram.area_um2_per_bit", bank_bits), provenance("sram.energy_pj_per_bit")};
  if (banks.high > 1.0) {  // to the bank and back over half a side; never dearer than one undivided memory
    const double half_side_mm = 0.5e-3 * std::sqrt(cost.area_um2);
    const Range whole{std::max(1.0, capacity_bits.low), std::max(1.0, capacity_bits.high)};
    const double undivided = width * value("sram.energy_pj_per_bit", whole);
    const double way = banks.low > 1.0 ? wire(access_bits, half_side_mm).energy_pj : 0.0;
    cost.energy_pj = std::min(cost.energy_pj + way, undivided);
  }
  return cost;
}

Cost Technology::dram(std::string_view kind, double bits) const {
  const auto kinds = dram_kinds();
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    throw std::invalid_argument(fmt::format("the memory '{}', allowed are {}", kind, fmt::join(kinds, ", ")));
  }
  const std::string name = fmt::format("dram.{}.energy_pj_per_bit", kind);
  return {bits * value(name), 0.0, 0.0, provenance(name)};
}

Cost Technology::wire(double bits, double mm) const {
  return {bits * mm * value("wire.energy_pj_per_bit_mm"), 0.0, 0.0, provenance("wire.energy_pj_per_bit_mm")};
}

std::vector<std::string> technology_entry_names() {
  std::vector<std::string> names;
  for (const TechnologyEntry& entry : published()) names.push_back(entry.name);
  return names;
}

std::vector<std::string> dram_kinds() {
  return {"ddr3", "ddr4", "gddr5", "lpddr4", "hbm2"};
}

double nominal_voltage(double node_nm) {
  const auto* first = std::begin(supplies);
  const auto* last = std::end(supplies) - 1;
  if (node_nm <= first->first) return first->second;
  if (node_nm >= last->first) return last->second;
  const auto* upper = first;
  while (upper->first < node_nm) ++upper;
  if (upper->first == node_nm) return upper->second;
  const auto* lower = upper - 1;
  const double share = (node_nm - lower->first) / (upper->first - lower->first);
  return lower->second + share * (upper->second - lower->second);
}

// Constant-field arithmetic (Dennard), the general form of Stillmaker and Baas, Integration 58 (2017), section 2:
// capacitance follows the feature size, energy follows C V^2, area follows the square of the feature size. Below 20 nm
// node names are not lengths any more; replace the entries there when it matters.
double scaling_factor(Scaling scaling, double from_nm, double from_v, double to_nm, double to_v) {
  const double length = to_nm / from_nm;
  const double supply = (to_v / from_v) * (to_v / from_v);
  switch (scaling) {
    case Scaling::energy:
      return length * supply;
    case Scaling::wire:
      return supply;
    case Scaling::area:
      return length * length;
    case Scaling::none:
      return 1.0;
  }
  return 1.0;
}

}  // namespace dovetail
