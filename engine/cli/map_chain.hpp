// `dovetail map FILE --fusion …` of a fused-chain-case/1 document.
#pragma once

#include <string>

#include "command.hpp"

namespace dovetail::cli {

/// Whether the file is a fused-chain-case/1 document, which `map` answers by map_chain.
bool is_chain_file(const std::string& file);

/// Prints the cheapest schedule of the chain. `fusion`: none, homes, bands, or empty for what the document asks for.
/// Returns the exit code. Throws InputError.
int map_chain(const std::string& file, const std::string& fusion, const Common& common);

}  // namespace dovetail::cli
