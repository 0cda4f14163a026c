// The two ways to write what a parameter may be, and the one that readers see.
#pragma once

#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// Families write `integer: [low, high]`, `real: [low, high]`, `values: [...]` and `choices: [...]`; spaces write
/// `kind` with `low`, `high` and `values`. Both forms are read wherever a range is: this turns the first into the
/// second (with `kind`, as `ordinal` for a list of numbers and `categorical` for other lists), and leaves everything
/// else as it is, mistakes too.
Node spelled_out(const Node& parameter);

}  // namespace dovetail
