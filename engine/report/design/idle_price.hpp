// The price of operators without multiply-accumulates: words at the outermost memory, operations at a vector unit.
#pragma once

#include <optional>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/machine/vector_unit.hpp>
#include <dovetail/workloads/import/idle.hpp>

namespace dovetail {

struct IdlePrice {
  double energy_pj = 0.0, cycles = 0.0;
};

/// Every word is read from or written to the outermost memory; words and operations overlap. Without a vector
/// unit the operations cost nothing, which is said where the price is printed.
IdlePrice idle_price(const IdleWork& work, const Architecture& architecture, const std::optional<VectorUnit>& unit);

}  // namespace dovetail
