// What `map` does with FPGA tilings: the best tiling of a network, and documents that ask for one.
#pragma once

#include <optional>
#include <string>

#include <dovetail/workloads/network.hpp>

#include "command.hpp"

namespace dovetail::cli {

/// Whether `map` answers this FILE itself: '-' (JSON lines), `fpga-tile-grid/1`, `compression-case/1`.
bool is_tile_request(const std::string& file);

/// Answers the document, or each JSON line of stdin. Returns the exit code.
int map_tile_document(const std::string& file, const Common& common);

/// The best tiling of a network on a board of a tile family.
int map_tiles(const Network& network, const std::string& family, const Common& common);

}  // namespace dovetail::cli
