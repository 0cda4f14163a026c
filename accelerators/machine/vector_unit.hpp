// A vector unit beside the array: what a machine may declare for operators without multiply-accumulates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {

/// The key `vector` of an architecture document. Evaluators of layers do not read it; --count-all does.
struct VectorUnit {
  std::int64_t lanes = 1;         ///< operations per cycle
  double energy_per_op_pj = 0.0;  ///< of one operation on one element
  bool operator==(const VectorUnit&) const = default;
};

const Record<VectorUnit>& vector_unit_record();

/// The unit that an architecture document (or the `arch` of a design) declares; none when it declares none.
std::optional<VectorUnit> load_vector_unit(const std::string& path);

}  // namespace dovetail
