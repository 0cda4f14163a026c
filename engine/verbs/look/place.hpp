// place: stages of a pipeline on boards, layers of networks on machines.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/text/document.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail::verbs {

struct PlaceOptions {
  std::vector<std::string> workloads, architectures;
  std::string objective = "edp";
};

const Record<PlaceOptions>& place_table();

/// placement-case/1 and pipeline-case/1 documents, each answered for itself: one record, or a list of several. One that
/// cannot be read answers {"error": …} and ends with End::input.
Answer place_documents(const std::vector<std::string>& files, const Asking& asking);

/// One such document. Throws InputError.
Answer place_document(const Node& document, const Asking& asking);

/// Networks on machines by name: every layer priced once per shape and machine, then placed. Throws UsageError and
/// InputError.
Answer place_networks(const PlaceOptions& options, const Asking& asking);

}  // namespace dovetail::verbs
