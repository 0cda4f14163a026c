// The architecture template of a family: expressions that give a machine and its figures at a point.
#pragma once

#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/spaces/family/names.hpp>

namespace dovetail {

/// Compiled form of a family's `architecture`.
class FamilyMachine {
 public:
  FamilyMachine() = default;
  FamilyMachine(const FamilyText& text, const FamilyNames& names, Diagnostics& diagnostics);

  /// The machine at the symbols' values; when `figures` is given, appends a row for every energy and area. Throws
  /// InputError when a formula is undefined, not whole where it must be, or the machine is not legal.
  ///
  /// Over a box: a machine that none of the box improves on. Its capacities and bandwidths are the greatest, its
  /// energies, leakage and areas the least; its shape is that of all. None where the shape is not one, or not legal.
  std::optional<Architecture> build(const FormulaValues& values, const Technology& technology, double clock_mhz,
                                    std::vector<Figure>* figures) const;

  /// Marks the parameters that decide the shape: meshes, word widths, blocks and clusters.
  void mark_shaping(const FamilyNames& names, std::vector<char>& marks) const;
  /// Marks the parameters that decide how many words a level holds, and those that decide what its accesses cost.
  void mark_capacity(const FamilyNames& names, std::size_t level, std::vector<char>& marks) const;
  void mark_prices(const FamilyNames& names, std::size_t level, std::vector<char>& marks) const;

 private:
  struct CompiledLevel {
    LevelText text;
    CompiledFormula mesh_x, mesh_y, words, word_bits, block, cluster, banks, multiple_buffering, min_utilization;
    CompiledFormula read_bandwidth, write_bandwidth, shared_bandwidth, wire_mm, hop_mm, hop_pj, router_pj;
    CompiledFormula access_pj, read_pj, fill_pj, update_pj, leak_pj_per_cycle, area_um2, idle_pj_per_cycle;
  };
  Level build_level(const CompiledLevel& compiled, const FormulaValues& values, const Technology& technology,
                    double clock_mhz, std::vector<Figure>* figures, bool& open) const;

  std::string name_, machine_;
  Location where_;
  bool link_transfers_ = false;
  ComputeText compute_;
  CompiledFormula mesh_x_, mesh_y_, word_bits_, energy_pj_, adder_pj_, area_um2_, idle_pj_per_cycle_;
  std::vector<CompiledLevel> levels_;
};

}  // namespace dovetail
