// One run of SCALE-Sim as its own two files: a topology of one row and a configuration.
#pragma once

#include <string>

#include <dovetail/accelerators/systolic/systolic.hpp>

namespace dovetail {

/// Texts of the files; read back by read_scalesim_runs they are the same run.
struct ScalesimRun {
  std::string topology, config;
};

ScalesimRun scalesim_run(const SystolicInput& input, const std::string& name);

}  // namespace dovetail
