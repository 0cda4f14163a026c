// Values across the border (see the header).
#include "convert.hpp"

#include <fmt/format.h>

#include <dovetail/engine/design/points/point_json.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail::python {

py::object to_python(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean:
      return py::bool_(json.get<bool>());
    case Json::value_t::number_integer:
      return py::int_(json.get<std::int64_t>());
    case Json::value_t::number_unsigned:
      return py::int_(json.get<std::uint64_t>());
    case Json::value_t::number_float:
      return py::float_(json.get<double>());
    case Json::value_t::string:
      return py::str(json.get_ref<const std::string&>());
    case Json::value_t::array: {
      py::list list;
      for (const Json& item : json) list.append(to_python(item));
      return std::move(list);
    }
    case Json::value_t::object: {
      py::dict dict;
      for (const auto& [key, value] : json.items()) dict[py::str(key)] = to_python(value);
      return std::move(dict);
    }
    default:
      return py::none();
  }
}

Json to_json(py::handle value, const std::string& place) {
  if (value.is_none()) return nullptr;
  if (PyBool_Check(value.ptr())) return value.cast<bool>();
  if (py::isinstance<py::str>(value)) return value.cast<std::string>();
  if (PyFloat_Check(value.ptr())) return value.cast<double>();
  if (PyLong_Check(value.ptr())) {
    int overflow = 0;
    const long long number = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
    if (overflow == 0) return static_cast<std::int64_t>(number);
    if (overflow > 0 && PyLong_AsUnsignedLongLong(value.ptr()) != static_cast<unsigned long long>(-1))
      return value.cast<std::uint64_t>();
    PyErr_Clear();
    throw py::value_error(fmt::format("{}: the number is outside 64 bits", place));
  }
  if (py::isinstance<py::dict>(value)) {
    Json json = Json::object();
    for (const auto& [key, entry] : py::reinterpret_borrow<py::dict>(value)) {
      if (!py::isinstance<py::str>(key))
        throw py::type_error(
            fmt::format("{}: a key is {}, allowed are names", place, py::repr(key).cast<std::string>()));
      const std::string name = key.cast<std::string>();
      json[name] = to_json(entry, place + "." + name);
    }
    return json;
  }
  if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value)) {
    Json json = Json::array();
    for (const py::handle item : value) json.push_back(to_json(item, fmt::format("{}[{}]", place, json.size())));
    return json;
  }
  if (py::hasattr(value, "to_dict")) return to_json(value.attr("to_dict")(), place);
  if (py::hasattr(value, "tolist")) return to_json(value.attr("tolist")(), place);  // numpy's numbers and arrays
  if (py::hasattr(value, "__fspath__")) return value.attr("__fspath__")().cast<std::string>();
  throw py::type_error(fmt::format("{} is {}, allowed are None, bool, int, float, str, lists and dicts", place,
                                   py::repr(py::type::of(value)).cast<std::string>()));
}

Point read_point(const Space& space, py::handle point) {
  std::string mistake;
  std::optional<Point> read = point_from_json(space, to_json(point, "point"), mistake);
  if (!read) throw std::invalid_argument(mistake);
  return *std::move(read);
}

py::object point_to_python(const Space& space, const Point& point) {
  return to_python(point_to_json(space, point));
}

const std::string& one_of(const std::string& what, const std::string& word, const std::vector<std::string>& allowed) {
  for (const std::string& other : allowed)
    if (word == other) return word;
  throw std::invalid_argument(fmt::format("{} is {}{}", what, quote(word), suggestion(word, allowed)));
}

std::string path_text(py::handle value) {
  if (py::isinstance<py::str>(value)) return value.cast<std::string>();
  if (py::hasattr(value, "__fspath__")) return value.attr("__fspath__")().cast<std::string>();
  throw py::type_error("a name or path is " + py::repr(py::type::of(value)).cast<std::string>() +
                       ", allowed are str and os.PathLike");
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace dovetail::python
