#include <dovetail/workloads/import/other_documents.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dovetail {
namespace {

// A kind of document, told by a key that it has at the top, or in each item of a list.
struct Kind {
  const char* key;
  const char* also;  ///< a second key that it must have; nullptr: none
  const char* what;
};

constexpr std::array mapping_kinds = {
    Kind{"ERT", nullptr, "an energy table (ERT) of Accelergy"},
    Kind{"ART", nullptr, "an area table (ART) of Accelergy"},
    Kind{"ERT_summary", nullptr, "a summary of energies of Accelergy"},
    Kind{"ART_summary", nullptr, "a summary of areas of Accelergy"},
    Kind{"energy_estimation", nullptr, "an energy estimate of Accelergy"},
    Kind{"action_counts", nullptr, "action counts of Accelergy"},
    Kind{"compound_components", nullptr, "compound components of Accelergy"},
    Kind{"version", "python_plug_ins", "a configuration of Accelergy"},
    Kind{"workload", "arch", "an AccelForge design"},
    Kind{"workload", "renames", "an AccelForge workload"},
    Kind{"workload", nullptr, "a study"},
    Kind{"architecture", nullptr, "a Timeloop architecture"},
    Kind{"arch", nullptr, "a Timeloop architecture"},
    Kind{"mapping", nullptr, "a Timeloop mapping"},
    Kind{"mapspace_constraints", nullptr, "Timeloop mapspace constraints"},
    Kind{"architecture_constraints", nullptr, "Timeloop architecture constraints"},
    Kind{"constraints", nullptr, "Timeloop constraints"},
    Kind{"mapspace", nullptr, "a Timeloop mapspace"},
    Kind{"mapper", nullptr, "the settings of Timeloop's mapper"},
    Kind{"sparse_optimizations", nullptr, "Timeloop sparse optimizations"},
    Kind{"shape", nullptr, "a Timeloop problem shape without sizes"},
    Kind{"memories", "operational_array", "ZigZag hardware"},
    Kind{"cores", nullptr, "Stream hardware"},
    Kind{"layers", "tensors", "a workload of another tool"},
};

constexpr std::array item_kinds = {
    Kind{"spatial_mapping", nullptr, "a ZigZag mapping"},
    Kind{"core_allocation", nullptr, "a Stream mapping"},
    Kind{"temporal_ordering", nullptr, "a ZigZag mapping"},
    Kind{"target", nullptr, "Timeloop constraints or a Timeloop mapping"},
};

bool has(const Node& node, const char* key) {
  return key == nullptr || node.find(key) != nullptr;
}

template <class Kinds>
const char* kind_of(const Node& node, const Kinds& kinds) {
  for (const Kind& kind : kinds) {
    if (has(node, kind.key) && has(node, kind.also)) return kind.what;
  }
  return nullptr;
}

std::string found(const Node& document) {
  constexpr std::size_t most = 4;
  if (!document.is_mapping()) return document.describe();
  std::string keys;
  for (std::size_t i = 0; i < std::min(document.entries().size(), most); ++i)
    keys += (i == 0 ? "" : ", ") + quote(document.entries()[i].key);
  if (keys.empty()) return "an empty mapping";
  return (document.entries().size() == 1 ? "key " : "keys ") + keys + (document.entries().size() > most ? ", ..." : "");
}

const char* item_kind(const Node& document) {
  for (const Node& item : document.items()) {
    if (const char* what = kind_of(item, item_kinds)) return what;
  }
  return nullptr;
}

}  // namespace

bool is_foreign_suffix(std::string_view suffix) {
  return suffix == ".csv" || suffix == ".m" || suffix == ".onnx";
}

bool is_native_document(const Node& document) {
  if (const Node* schema = document.find("schema"); schema != nullptr && schema->is_scalar()) {
    if (schema->text().starts_with("dovetail-") || schema->text().starts_with("timeloop-reference-case/")) return true;
  }
  if (const Node* problem = document.find("problem"))
    return problem->find("dims") != nullptr || problem->find("tensors") != nullptr;
  if (document.find("layers") != nullptr) return true;
  const std::vector<std::string> ours = {"layers"};
  return std::any_of(document.entries().begin(), document.entries().end(),
                     [&](const Node::Entry& entry) { return nearest(entry.key, ours).has_value(); });
}

std::string other_text(const Source& source) {
  std::string_view head = source.head();
  head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
  if (source.suffix() == ".cfg" || head.starts_with("[general]"))
    return "this looks like a SCALE-Sim configuration: a machine, no workload";
  return {};
}

bool is_accelforge_workload(const Node& document) {
  const Node* workload = document.find("workload");
  return document.find("einsums") != nullptr ||
         (workload != nullptr && workload->is_mapping() &&
          (workload->find("einsums") != nullptr || workload->find("rank_sizes") != nullptr));
}

std::string other_document(const Node& document) {
  const char* what = document.is_sequence() ? item_kind(document) : kind_of(document, mapping_kinds);
  if (is_accelforge_workload(document))
    what = document.find("arch") != nullptr ? "an AccelForge design" : "an AccelForge workload";
  const std::string keys = found(document);
  if (what == nullptr)
    return fmt::format(
        "no workload in it: neither `problem` (Timeloop), nor a list of layers with `equation` (ZigZag), nor "
        "`layers` (dovetail-workload/1); found {}",
        keys);
  return fmt::format("no workload in it: this looks like {} (found {}); not read", what, keys);
}

}  // namespace dovetail
