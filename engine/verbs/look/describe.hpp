// describe: what a workload, an architecture, a family, a space, a design or a study contains.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/import/formats.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail::verbs {

/// Names of the zoo and of families, `parts` (what this build can be told by name), files of any format, or a folder:
/// sizes, counts, feasible share, energies and areas with their sources. Several are one network. `asking.set` changes
/// the values of a family or study. Throws InputError.
Answer describe(const std::vector<std::string>& subjects, const ImportOptions& import, const Asking& asking);

/// A study, space, design, workload or architecture as a document. Throws InputError.
Answer describe(const Node& document, const Asking& asking);

/// A network family by name or file, with a sample drawn by the seed. Throws InputError.
Answer describe_network_family(const std::string& name_or_path, const Asking& asking);

/// Whether this is a network family: by name, or by the file's schema.
bool is_network_family(const std::string& name_or_path);

}  // namespace dovetail::verbs
