// What `map` does with FPGA tilings: the best tiling of a network, and documents that ask for one.
#pragma once

#include <optional>
#include <string>

#include <dovetail/workloads/network.hpp>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail::verbs {

/// Whether `map` answers this document itself: `fpga-tile-grid/1`, `compression-case/1`.
bool is_tile_request(const Node& document);

/// Answers such a document. Throws UsageError and InputError.
Answer map_tile_document(const Node& document, const Asking& asking);

/// One of many such documents, as a record. Throws InputError.
Json map_tile_line(const Node& document);

/// The best tiling of a network on a board of a tile family.
Answer map_tiles(const Network& network, const std::string& family, const Asking& asking);

}  // namespace dovetail::verbs
