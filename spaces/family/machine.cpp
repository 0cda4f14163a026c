// From a family's expressions and a technology to one machine with its figures.
#include <dovetail/spaces/family/machine.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace dovetail {
namespace {

// The same limits as in an architecture document.
constexpr double largest_count = 1e15;                                     // words of a memory
constexpr double largest_mesh = std::numeric_limits<std::int32_t>::max();  // meshes, blocks, clusters
constexpr double largest_word = 1024;                                      // bits

// A whole number that must be the same all over a box; `open` is set where it is not.
std::int64_t whole(const CompiledFormula& formula, const FormulaValues& values, std::int64_t least, double most,
                   std::int64_t fallback, bool& open) {
  const Range range = values.range(formula, static_cast<double>(fallback));
  const double rounded = std::round(range.high);
  const bool exact = std::abs(range.high - rounded) <= 1e-9 * std::max(1.0, std::abs(range.high)) &&
                     rounded >= static_cast<double>(least) && rounded <= most;
  if (!values.at_point() && (!exact || range.low < rounded - 0.5)) {
    open = true;
    return least;
  }
  if (!exact) {
    throw InputError(formula.formula.where, fmt::format("'{}' is {} here, allowed are whole numbers from {} to {}",
                                                        formula.formula.text, range.high, least, most));
  }
  return static_cast<std::int64_t>(rounded);
}

Range amount(const CompiledFormula& formula, const FormulaValues& values, double fallback, double least = 0.0,
             double most = std::numeric_limits<double>::max()) {
  const Range range = values.range(formula, fallback);
  if (values.at_point() && !formula.empty() && (range.low < least || range.high > most)) {
    throw InputError(
        formula.formula.where,
        most < std::numeric_limits<double>::max()
            ? fmt::format("'{}' is {} here, allowed is {} to {}", formula.formula.text, range.low, least, most)
            : fmt::format("'{}' is {} here, allowed is {} and more", formula.formula.text, range.low, least));
  }
  return {std::max(0.0, range.low), range.high};
}

// Over a box the greatest, without a limit where that is not known.
std::optional<double> bandwidth(const CompiledFormula& formula, const FormulaValues& values) {
  if (formula.empty()) return std::nullopt;
  const Range range = values.range(formula);
  if (!values.at_point() && !(range.high > 0.0 && std::isfinite(range.high))) return std::nullopt;
  if (!(range.high > 0.0)) {
    throw InputError(formula.formula.where, fmt::format("'{}' is {} words per cycle here, allowed is more than 0",
                                                        formula.formula.text, range.high));
  }
  return range.high;
}

void add_figure(std::vector<Figure>* figures, const std::string& component, const char* quantity, double value,
                const char* unit, const std::string& source) {
  if (figures != nullptr && (value != 0.0 || !source.empty())) {
    figures->push_back({component, quantity, value, unit, source});
  }
}

}  // namespace

FamilyMachine::FamilyMachine(const FamilyText& text, const FamilyNames& names, Diagnostics& diagnostics)
    : name_(text.name),
      machine_(text.machine),
      where_(text.where),
      link_transfers_(text.link_transfers),
      compute_(text.compute) {
  const auto compile = [&](const Formula& formula) { return names.compile(formula, false, diagnostics); };
  const auto mesh = [&](const std::vector<Formula>& list, std::size_t axis) {
    return axis < list.size() ? compile(list[axis]) : CompiledFormula{};
  };
  mesh_x_ = mesh(compute_.mesh, 0);
  mesh_y_ = mesh(compute_.mesh, 1);
  word_bits_ = compile(compute_.word_bits);
  energy_pj_ = compile(compute_.energy_pj);
  adder_pj_ = compile(compute_.adder_pj);
  area_um2_ = compile(compute_.area_um2);
  idle_pj_per_cycle_ = compile(compute_.idle_pj_per_cycle);
  for (const LevelText& level : text.levels) {
    CompiledLevel compiled;
    compiled.text = level;
    compiled.mesh_x = mesh(level.mesh, 0);
    compiled.mesh_y = mesh(level.mesh, 1);
    compiled.words = compile(level.words);
    compiled.word_bits = compile(level.word_bits);
    compiled.block = compile(level.block);
    compiled.cluster = compile(level.cluster);
    compiled.banks = compile(level.banks);
    compiled.multiple_buffering = compile(level.multiple_buffering);
    compiled.min_utilization = compile(level.min_utilization);
    compiled.read_bandwidth = compile(level.read_bandwidth);
    compiled.write_bandwidth = compile(level.write_bandwidth);
    compiled.shared_bandwidth = compile(level.shared_bandwidth);
    compiled.wire_mm = compile(level.wire_mm);
    compiled.hop_mm = compile(level.hop_mm);
    compiled.hop_pj = compile(level.hop_pj);
    compiled.router_pj = compile(level.router_pj);
    compiled.access_pj = compile(level.access_pj);
    compiled.read_pj = compile(level.read_pj);
    compiled.fill_pj = compile(level.fill_pj);
    compiled.update_pj = compile(level.update_pj);
    compiled.leak_pj_per_cycle = compile(level.leak_pj_per_cycle);
    compiled.area_um2 = compile(level.area_um2);
    compiled.idle_pj_per_cycle = compile(level.idle_pj_per_cycle);
    levels_.push_back(std::move(compiled));
  }
}

// Instances of a cluster share one physical memory: it is as large as all of them and as wide as all their blocks; an
// access of it serves them all, which the evaluator accounts for.
Level FamilyMachine::build_level(const CompiledLevel& compiled, const FormulaValues& values,
                                 const Technology& technology, double clock_mhz, std::vector<Figure>* figures,
                                 bool& open) const {
  const auto least = [&](const CompiledFormula& formula, double fallback) {
    return amount(formula, values, fallback).low;
  };
  Level level;
  level.name = compiled.text.name;
  level.is_dram = compiled.text.is_dram;
  level.mesh_x = whole(compiled.mesh_x, values, 1, largest_mesh, 1, open);
  level.mesh_y = whole(compiled.mesh_y, values, 1, largest_mesh, 1, open);
  level.instances = level.mesh_x * level.mesh_y;
  Range capacity = 0.0;  // over a box the largest memory, at the price of the cheapest
  if (!compiled.words.empty()) {
    capacity = values.at_point() ? Range(static_cast<double>(whole(compiled.words, values, 0, largest_count, 0, open)))
                                 : amount(compiled.words, values, 0.0);
    level.capacity_words = static_cast<std::int64_t>(std::min(capacity.high, largest_count));
  }
  level.word_bits = static_cast<int>(whole(compiled.word_bits, values, 1, largest_word, 16, open));
  level.block_size = whole(compiled.block, values, 1, largest_mesh, 1, open);
  level.cluster_size = whole(compiled.cluster, values, 1, largest_mesh, 1, open);
  level.multiple_buffering = amount(compiled.multiple_buffering, values, 1.0, 1.0, 1024.0).low;
  level.min_utilization =
      capacity.low < capacity.high ? 0.0 : amount(compiled.min_utilization, values, 0.0, 0.0, 1.0).low;
  level.read_bandwidth = bandwidth(compiled.read_bandwidth, values);
  level.write_bandwidth = bandwidth(compiled.write_bandwidth, values);
  level.shared_bandwidth = bandwidth(compiled.shared_bandwidth, values);

  const std::string& memory = compiled.text.memory;
  const double word_bits = level.word_bits, cluster = static_cast<double>(level.cluster_size);
  const double access_words = static_cast<double>(level.block_size) * cluster;
  const Range words{capacity.low * cluster, capacity.high * cluster};
  Cost cost;
  if (memory == "register_file") {
    cost = technology.register_file(words, word_bits);
    cost.energy_pj *= access_words;
  } else if (memory == "sram") {
    cost = technology.sram({words.low * word_bits, words.high * word_bits}, access_words * word_bits,
                           amount(compiled.banks, values, 1.0));
  } else if (!memory.empty()) {
    cost = technology.dram(memory, access_words * word_bits);
  }
  std::string source = cost.source;
  if (!compiled.wire_mm.empty()) {
    const Cost wire = technology.wire(access_words * word_bits, least(compiled.wire_mm, 0.0));
    cost.energy_pj += wire.energy_pj;
    source += "; plus wire: " + wire.source;
  }
  const std::string given = compiled.text.source;
  const auto origin = [&](const CompiledFormula& own) {
    return own.empty() && compiled.access_pj.empty() ? source : given;
  };
  const double access = least(compiled.access_pj, cost.energy_pj);
  level.energy.read_pj = least(compiled.read_pj, access);
  level.energy.fill_pj = least(compiled.fill_pj, access);
  level.energy.update_pj = least(compiled.update_pj, access);
  // pW / MHz = 1e-6 pJ per cycle
  level.energy.leak_pj_per_cycle = least(compiled.leak_pj_per_cycle, cost.leak_pw / cluster / clock_mhz * 1e-6);
  level.energy.idle_pj_per_cycle = least(compiled.idle_pj_per_cycle, 0.0);
  level.gated_by = compiled.text.gated_by;
  level.area_per_instance_um2 = least(compiled.area_um2, cost.area_um2 / cluster);
  level.network.energy_per_hop_pj =
      least(compiled.hop_pj, technology.wire(word_bits, least(compiled.hop_mm, 0.0)).energy_pj);
  level.network.router_energy_pj = least(compiled.router_pj, 0.0);

  add_figure(figures, level.name, "read", level.energy.read_pj, "pJ / access", origin(compiled.read_pj));
  add_figure(figures, level.name, "fill", level.energy.fill_pj, "pJ / access", origin(compiled.fill_pj));
  add_figure(figures, level.name, "update", level.energy.update_pj, "pJ / access", origin(compiled.update_pj));
  const auto memory_source = [&](const CompiledFormula& own, const char* what) {
    if (!own.empty() || (memory != "sram" && memory != "register_file")) return std::string(given);
    return technology.provenance(memory + what);
  };
  if (level.energy.leak_pj_per_cycle > 0.0) {
    add_figure(figures, level.name, "leakage", level.energy.leak_pj_per_cycle, "pJ / cycle",
               memory_source(compiled.leak_pj_per_cycle, ".leak_pw_per_bit"));
  }
  if (level.energy.idle_pj_per_cycle > 0.0) {
    add_figure(figures, level.name, "idle", level.energy.idle_pj_per_cycle, "pJ / cycle", compiled.text.idle_source);
  }
  if (level.area_per_instance_um2 > 0.0) {
    add_figure(figures, level.name, "area", level.area_per_instance_um2, "um2 / instance",
               memory_source(compiled.area_um2, ".area_um2_per_bit"));
  }
  if (level.network.energy_per_hop_pj > 0.0) {
    add_figure(figures, level.name, "hop", level.network.energy_per_hop_pj, "pJ / word / hop",
               compiled.hop_pj.empty() ? technology.provenance("wire.energy_pj_per_bit_mm") : given);
  }
  if (level.network.router_energy_pj > 0.0) {
    add_figure(figures, level.name, "router", level.network.router_energy_pj, "pJ / word", given);
  }
  return level;
}

std::optional<Architecture> FamilyMachine::build(const FormulaValues& values, const Technology& technology,
                                                 double clock_mhz, std::vector<Figure>* figures) const {
  const auto least = [&](const CompiledFormula& formula, double fallback) {
    return amount(formula, values, fallback).low;
  };
  bool open = false;
  Architecture machine;
  machine.name = name_;
  machine.machine = machine_;
  machine.link_transfers = link_transfers_;
  Compute& compute = machine.compute;
  compute.name = compute_.name;
  compute.mesh_x = whole(mesh_x_, values, 1, largest_mesh, 1, open);
  compute.mesh_y = whole(mesh_y_, values, 1, largest_mesh, 1, open);
  compute.instances = compute.mesh_x * compute.mesh_y;
  compute.word_bits = static_cast<int>(whole(word_bits_, values, 1, largest_word, 16, open));
  // The evaluator charges an addition for every partial sum that meets another, in a memory or between units: all of
  // the additions of the multiply-accumulates. So the unit itself is priced as its multiplier, unless `adder: false`.
  Cost unit, operation, adder;
  if (!compute_.mac.empty()) {
    const NumberFormat format = parse_number_format(compute_.mac);
    const NumberFormat sums = compute_.accumulator.empty() ? format : parse_number_format(compute_.accumulator);
    unit = technology.mac(format, sums);
    operation = compute_.adder ? technology.multiplier(format) : unit;
    if (compute_.adder) adder = technology.adder(sums);
  }
  compute.energy_per_op_pj = least(energy_pj_, operation.energy_pj);
  compute.adder_energy_pj = least(adder_pj_, adder.energy_pj);
  compute.area_per_instance_um2 = least(area_um2_, unit.area_um2);
  compute.idle_pj_per_cycle = least(idle_pj_per_cycle_, 0.0);
  add_figure(figures, compute.name, compute.adder_energy_pj > 0.0 ? "multiply" : "multiply-accumulate",
             compute.energy_per_op_pj, "pJ", energy_pj_.empty() ? operation.source : compute_.source);
  if (compute.adder_energy_pj > 0.0) {
    add_figure(figures, compute.name, "add partial sums", compute.adder_energy_pj, "pJ",
               adder_pj_.empty() ? adder.source : compute_.source);
  }
  if (compute.idle_pj_per_cycle > 0.0) {
    add_figure(figures, compute.name, "idle", compute.idle_pj_per_cycle, "pJ / cycle", compute_.idle_source);
  }
  if (compute.area_per_instance_um2 > 0.0) {
    add_figure(figures, compute.name, "area", compute.area_per_instance_um2, "um2 / instance",
               area_um2_.empty() ? unit.source : compute_.source);
  }
  for (const CompiledLevel& level : levels_) {
    machine.levels.push_back(build_level(level, values, technology, clock_mhz, figures, open));
  }
  if (open) return std::nullopt;
  const std::vector<std::string> wrong = check(machine);
  if (!wrong.empty() && !values.at_point()) return std::nullopt;
  if (!wrong.empty()) {
    std::vector<Diagnostic> all;
    all.reserve(wrong.size());
    for (const std::string& message : wrong) all.push_back({where_, "not a legal machine here: " + message});
    throw InputError(std::move(all));
  }
  return machine;
}

void FamilyMachine::mark_shaping(const FamilyNames& names, std::vector<char>& marks) const {
  for (const CompiledFormula* formula : {&mesh_x_, &mesh_y_, &word_bits_}) names.mark_parameters(*formula, marks);
  for (const CompiledLevel& level : levels_)
    for (const CompiledFormula* formula :
         {&level.mesh_x, &level.mesh_y, &level.word_bits, &level.block, &level.cluster})
      names.mark_parameters(*formula, marks);
}

void FamilyMachine::mark_capacity(const FamilyNames& names, std::size_t level, std::vector<char>& marks) const {
  for (const CompiledFormula* formula : {&levels_[level].words, &levels_[level].multiple_buffering})
    names.mark_parameters(*formula, marks);
}

void FamilyMachine::mark_prices(const FamilyNames& names, std::size_t level, std::vector<char>& marks) const {
  const CompiledLevel& own = levels_[level];
  for (const CompiledFormula* formula :
       {&own.words, &own.word_bits, &own.block, &own.cluster, &own.banks, &own.multiple_buffering, &own.wire_mm,
        &own.access_pj, &own.read_pj, &own.fill_pj, &own.update_pj})
    names.mark_parameters(*formula, marks);
  if (own.cluster.empty()) return;
  for (const CompiledFormula* formula : {&own.mesh_x, &own.mesh_y}) names.mark_parameters(*formula, marks);
}

}  // namespace dovetail
