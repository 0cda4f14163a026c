#include <dovetail/accelerators/import/machine_formats.hpp>

#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include <dovetail/accelerators/import/zigzag_hardware.hpp>
#include <dovetail/accelerators/machine/architecture_document.hpp>

namespace dovetail {
namespace {

const std::array all_machine_formats = {
    MachineFormat{"zigzag", "ZigZag hardware, also of one core of Stream (YAML with `memories`, `operational_array`)",
                  is_zigzag_hardware, read_zigzag_hardware},
};

const MachineFormat* machine_format_of(const Source& source) {
  if (source.suffix() != ".yaml" && source.suffix() != ".yml") return nullptr;
  try {
    for (const MachineFormat& format : all_machine_formats) {
      if (format.recognises(source.yaml())) return &format;
    }
  } catch (const InputError&) {
    // No YAML: our own reader says what is wrong with it.
  }
  return nullptr;
}

// The file, if it is another tool's machine.
std::optional<std::pair<const MachineFormat*, Source>> foreign_machine(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  try {
    Source source(path);
    if (const MachineFormat* format = machine_format_of(source)) return std::pair(format, std::move(source));
  } catch (const InputError&) {
    // As above.
  }
  return std::nullopt;
}

}  // namespace

std::span<const MachineFormat> machine_formats() {
  return all_machine_formats;
}

bool is_foreign_machine(const std::string& path) {
  return foreign_machine(path).has_value();
}

ImportedMachine import_machine(const MachineFormat& format, const Source& source) {
  ImportedMachine machine;
  Diagnostics diagnostics;
  format.read(source, machine, diagnostics);
  diagnostics.raise();
  return machine;
}

ImportedMachine import_machine(const std::string& path) {
  if (const auto foreign = foreign_machine(path)) return import_machine(*foreign->first, foreign->second);
  return {load_architecture(path), {}, {}};
}

std::string operand_list(unsigned operands) {
  std::string text;
  const char* separator = "";
  for (const auto& [operand, name] :
       {std::pair(Operand::inputs, "inputs"), {Operand::weights, "weights"}, {Operand::outputs, "outputs"}}) {
    if ((operands & operand_bit(operand)) == 0) continue;
    text += separator;
    text += name;
    separator = ", ";
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace dovetail
