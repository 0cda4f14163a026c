// The table of formats of machines: how a file that holds a machine is recognised and read. One row per format.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <dovetail/accelerators/import/imported_machine.hpp>
#include <dovetail/workloads/import/source.hpp>

namespace dovetail {

/// A format of machines of another tool.
struct MachineFormat {
  std::string_view name;   ///< "zigzag"
  std::string_view about;  ///< "ZigZag hardware (YAML with `memories` and `operational_array`)"
  /// Whether the document is meant to be of this format, right or wrong.
  bool (*recognises)(const Node& document);
  /// Reads the machine, whole, or reports every mistake.
  void (*read)(const Source& source, ImportedMachine& machine, Diagnostics& diagnostics);
};

/// All formats but our own; the first row that recognises a file reads it.
std::span<const MachineFormat> machine_formats();

/// Whether a file is another tool's machine. Never throws: what cannot be read is none.
bool is_foreign_machine(const std::string& path);

/// A machine of whatever format, our own documents included. Throws InputError with all mistakes.
ImportedMachine import_machine(const std::string& path);
/// The same of a text of another tool's; `source` is of a format of the table.
ImportedMachine import_machine(const MachineFormat& format, const Source& source);

}  // namespace dovetail
