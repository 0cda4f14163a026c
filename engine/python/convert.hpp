// Values across the border: dicts and lists here, documents there.
#pragma once

#include <string>
#include <vector>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <nlohmann/json.hpp>

#include <dovetail/spaces/space/space.hpp>

namespace dovetail::python {

namespace py = pybind11;
using Json = nlohmann::ordered_json;

/// None, bool, int, float, str, list and dict with the same content.
py::object to_python(const Json& json);

/// The document of a Python value: the types above, tuples, numbers of numpy, paths, and whatever has `to_dict`. Throws
/// py::type_error that names the value's place, such as "specs[0]".
Json to_json(py::handle value, const std::string& place);

/// The point in a dict {name: value}. Throws std::invalid_argument with every mistake.
Point read_point(const Space& space, py::handle point);
py::object point_to_python(const Space& space, const Point& point);

/// `word` if it is one of `allowed`; throws std::invalid_argument that names them otherwise.
const std::string& one_of(const std::string& what, const std::string& word, const std::vector<std::string>& allowed);

/// The text of a name or path: str or os.PathLike. Throws py::type_error.
std::string path_text(py::handle value);

/// A value's own document, for pickles.
std::string dump(const Json& json);

}  // namespace dovetail::python
