// ZigZag hardware, also of one core of Stream: an array of units and the memories that serve its dimensions.
#pragma once

#include <dovetail/accelerators/import/imported_machine.hpp>
#include <dovetail/workloads/import/source.hpp>

namespace dovetail {

/// Whether a document is ZigZag hardware (`memories` or `operational_array`) or a Stream system (`cores`).
bool is_zigzag_hardware(const Node& document);

/// The machine, as far as ZigZag states what its files mean (docs/source/hardware.rst and
/// zigzag/parser/accelerator_validator.py of KULeuven-MICAS/zigzag):
/// - one instance of a memory serves the units along its `served_dimensions`; it has as many instances as the product
///   of the sizes of the other dimensions;
/// - `size` is in bits, bandwidths are in bits per cycle and port, `r_cost` and `w_cost` in pJ for the widest access
///   (`bandwidth_max`), of which accesses are whole multiples of `bandwidth_min`;
/// - I1 is the input, I2 the weight and O the result (the usual memory_operand_links); each memory keeps its `operands`
///   and no others;
/// - memories are listed from the innermost outwards.
/// Words are as wide as `input_precision` says, otherwise 8 bit; where only O is kept twice as wide, as ZigZag's
/// partial sums are unless a workload says otherwise (zigzag/parser/onnx/onnx_operator_parser.py). Memories whose
/// instances do not refine each other stand in no chain and are refused, and so are in-memory computing, costs that
/// CACTI is to find, cores that multiply nothing, and systems of several cores. More than two array dimensions below
/// one memory get a level between that keeps nothing.
void read_zigzag_hardware(const Source& source, ImportedMachine& machine, Diagnostics& diagnostics);

}  // namespace dovetail
