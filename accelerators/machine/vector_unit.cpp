#include <dovetail/accelerators/machine/vector_unit.hpp>

#include <limits>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

const Record<VectorUnit>& vector_unit_record() {
  static const auto record =
      Record<VectorUnit>("vector", "a unit for operators without multiply-accumulates")
          .optional("lanes", &VectorUnit::lanes, "operations per cycle",
                    between(1, std::numeric_limits<std::int32_t>::max()))
          .optional("energy_per_op", &VectorUnit::energy_per_op_pj, "pJ per operation", at_least(0));
  return record;
}

std::optional<VectorUnit> load_vector_unit(const std::string& path) {
  const Node document = load_file(path);
  const Node* machine = document.find("arch");
  const Node* unit = (machine != nullptr ? *machine : document).find("vector");
  if (unit == nullptr) return std::nullopt;
  Diagnostics diagnostics;
  const VectorUnit read = vector_unit_record().read(*unit, diagnostics);
  diagnostics.raise();
  return read;
}

}  // namespace dovetail
