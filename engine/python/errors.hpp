// Exceptions of the engine as Python's own, and the other way round.
#pragma once

#include <string>

#include "convert.hpp"

namespace dovetail::python {

/// Messages located in files become dovetail.InputError, stores that cannot be used StorageError, spaces without a
/// point Infeasible; mistakes of the caller are ValueError, ours RuntimeError.
void register_errors(py::module_& module);

/// A class of dovetail._errors.
py::object error_class(const char* name);

/// The reason, when an exception that a user's function raised is dovetail.Infeasible.
std::optional<std::string> infeasible_reason(const py::error_already_set& error);

}  // namespace dovetail::python
