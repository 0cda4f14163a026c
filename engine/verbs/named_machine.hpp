// Machines by name: a document, or the hand design of a family with some of its values changed.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/spaces/family/family.hpp>

namespace dovetail::verbs {

/// Whether a path names a family descriptor (its schema says so).
bool is_family_file(const std::string& path);

/// Whether this is a family: by its name, or by the file's schema.
bool names_family(const std::string& name_or_path);

/// A family with its hand design, changed by `hw.name=value` words. Throws InputError.
std::pair<Family, Point> family_point(const std::string& name, const std::vector<std::string>& assignments);

/// A machine as `--architecture` names it.
struct NamedMachine {
  Architecture architecture;
  std::optional<Family> family;
  Point point;                  ///< of the family
  std::vector<unsigned> keeps;  ///< of another tool's machine (ImportedMachine::keeps)
  /// What a machine of another tool, or a family, allows in the mapping of a layer.
  MappingRules rules(const Layer& layer) const;
};

/// A document of ours or of another tool, or the hand design of a family changed by `asking.set`. Tells what was
/// remarked while it was read. Throws InputError and UsageError.
NamedMachine named_machine(const std::string& name, const Asking& asking);

/// A name as a file name: everything but letters, digits, dots and dashes becomes an underscore.
std::string file_name(const std::string& name);

}  // namespace dovetail::verbs
