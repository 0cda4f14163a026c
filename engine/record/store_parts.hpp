// The kinds of stores.
#pragma once

#include <string_view>
#include <vector>

#include <dovetail/engine/record/part.hpp>

namespace dovetail {

/// Every kind of store, those that this build lacks with their reason.
std::vector<Part> store_parts();

/// Why this build has no stores in PostgreSQL; empty: it has.
std::string_view postgres_unavailable();

}  // namespace dovetail
