// map of a fused-chain-case/1 document.
#pragma once

#include <string>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail::verbs {

/// The cheapest schedule of the chain. `fusion`: none, homes, bands, or empty for what the document asks for.
/// Throws InputError.
Answer map_chain(const Node& document, const std::string& fusion, const Asking& asking);

}  // namespace dovetail::verbs
