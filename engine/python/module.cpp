// The compiled part of `import dovetail`: every function is a call of the engine.
#include "errors.hpp"
#include "values.hpp"

PYBIND11_MODULE(_core, module) {
  module.doc() = "The compiled part of dovetail.";
  module.attr("__version__") = DOVETAIL_VERSION;
  dovetail::python::register_errors(module);
  dovetail::python::register_spaces(module);
  dovetail::python::register_networks(module);
  dovetail::python::register_machines(module);
  dovetail::python::register_costs(module);
  dovetail::python::register_map(module);
  dovetail::python::register_sessions(module);
  dovetail::python::register_searches(module);
}
