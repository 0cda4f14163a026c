// What may stand in a slot of a chip: a family of machines, or one machine as it is.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/spaces/family/family.hpp>

namespace dovetail {

/// What all machines of one chip share. What is not given stays each family's own.
struct ChipTechnology {
  std::optional<double> node_nm, clock_mhz;
  std::string dram;  ///< kind of the outer memory: ddr3, lpddr4, ...
  bool empty() const { return !node_nm && !clock_mhz && dram.empty(); }
};

/// With a node, the family's own entries of its technology give way to the tables of that node.
struct SlotOption {
  std::string name;              ///< value of hw.SLOT.family, and part of the names of its parameters
  std::optional<Family> family;  ///< none: `fixed`
  Architecture fixed;
  double clock_mhz = 1000.0;
  std::vector<std::string> conditions;  ///< the family's constraints over its parameters' plain names
};

/// The family with this name or in this file, built in the chip's technology. Throws InputError with every mistake.
SlotOption family_option(const std::string& name_or_path, const std::map<std::string, double>& settings,
                         const ChipTechnology& chip);
/// The machine in this file.
SlotOption machine_option(const std::string& path, double clock_mhz);

/// Words of the outermost memory per second, in 1e9 bytes; infinite where its ports have no limit.
double bandwidth_gb_s(const Architecture& machine, double clock_mhz);
/// Gives the outermost memory ports of this bandwidth.
void set_bandwidth(Architecture& machine, double clock_mhz, double gb_s);
/// Area without the outermost memory, which the machines of a chip share.
double own_area_um2(const Architecture& machine);
double outer_area_um2(const Architecture& machine);

}  // namespace dovetail
