// What an importer makes of another tool's machine: one of ours, what each memory keeps, and what its owner is told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/workloads/import/imported.hpp>

namespace dovetail {

/// A role that a tensor plays in a layer: an operand that is computed or given (activations), the learned one, the
/// result.
enum class Operand : std::uint8_t { inputs, weights, outputs };
inline constexpr int operand_count = 3;
inline constexpr unsigned all_operands = (1U << operand_count) - 1U;

/// The bit of an operand in a set of operands.
constexpr unsigned operand_bit(Operand operand) {
  return 1U << static_cast<unsigned>(operand);
}

struct ImportedMachine {
  Architecture architecture;
  /// Per level, innermost first: the operands that it keeps, always. Empty: the file does not say; any may be kept.
  std::vector<unsigned> keeps;
  std::vector<Remark> remarks;
};

/// "inputs, outputs"; "nothing".
std::string operand_list(unsigned operands);

}  // namespace dovetail
