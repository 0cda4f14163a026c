// The shape of a Timeloop problem: dimensions, coefficients and data spaces, before sizes are known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

struct TimeloopShape {
  struct Coefficient {
    std::string name;
    std::int64_t fallback = 1;
    Location where;
  };
  struct Term {
    int dimension = 0;
    int coefficient = -1;  ///< position in `coefficients`; -1: `factor`
    std::int64_t factor = 1;
  };
  using TermAxis = std::vector<Term>;
  struct DataSpace {
    std::string name;
    std::vector<TermAxis> axes;
    bool written = false;
  };
  std::string name;
  std::vector<std::string> dimensions;
  std::vector<Coefficient> coefficients;
  std::vector<DataSpace> data_spaces;
};

/// The shape in a mapping; every mistake is a located error and gives none.
std::optional<TimeloopShape> read_timeloop_shape(const Node& node, Diagnostics& diagnostics);

/// A shape by its name: NAME.yaml or problem-shapes/NAME.yaml in the folder of `path` or in one of the two above it,
/// else one that is built in (cnn-layer, cnn_layer, gemm_ABZ; after NVlabs/timeloop 4cf6d4c, problem-shapes). `where`
/// is where the name stands.
std::optional<TimeloopShape> find_timeloop_shape(const std::string& name, const std::string& path,
                                                 const Location& where, Diagnostics& diagnostics);

}  // namespace dovetail
