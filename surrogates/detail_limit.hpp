// Which outputs are too far above the others to say anything but that they are bad.
#pragma once

#include <cstddef>
#include <span>

namespace dovetail {

/// The largest output that carries detail; infinity where all do. Users and simulators mark what cannot be used by a
/// huge value: it is no part of the function, and on one scale with it nothing else could be told apart.
///
/// Outputs y(1) <= y(2) <= ... are cut above y(j) where the step to the next one is more than a thousand times the
/// spread of those up to it, y(j + 1) - y(j) > 1000 (y(j) - y(1)), with at least three of them and not all equal. A
/// search that has come close to its optimum looks like that as well; so the cut has to leave half (at least two) of
/// the first `spread` outputs, which were chosen to cover the space, or what is above it has to be one value, twice or
/// more.
double detail_limit(std::span<const double> outputs, std::size_t spread);

}  // namespace dovetail
