// Exceptions at the border (see the header).
#include "errors.hpp"

#include <dovetail/engine/record/store.hpp>
#include <dovetail/engine/study/ask_tell.hpp>
#include <dovetail/engine/study/ask_tell_document.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail::python {
namespace {

void raise_input_error(const InputError& error) {
  py::list messages;
  const Diagnostic* first = nullptr;
  for (const Diagnostic& diagnostic : error.diagnostics()) {
    if (first == nullptr && diagnostic.severity == Severity::error) first = &diagnostic;
    messages.append(to_string(diagnostic));
  }
  py::object file = py::none(), line = py::none(), column = py::none();
  if (first != nullptr) {
    file = py::str(first->where.file);
    if (first->where.line > 0) line = py::int_(first->where.line), column = py::int_(first->where.column);
  }
  const py::object type = error_class("InputError");
  const py::object value = type(py::str(error.what()), file, line, column, messages);
  PyErr_SetObject(type.ptr(), value.ptr());
}

// The words of the program's options are Python's here.
void raise(const char* name, const std::exception& error) {
  std::string words = error.what();
  constexpr std::string_view option = "--resume";
  if (const std::size_t at = words.find(option); at != std::string::npos)
    words.replace(at, option.size(), "resume=True");
  PyErr_SetObject(error_class(name).ptr(), py::str(words).ptr());
}

}  // namespace

py::object error_class(const char* name) {
  return py::module_::import("dovetail._errors").attr(name);
}

std::optional<std::string> infeasible_reason(const py::error_already_set& error) {
  if (!error.matches(error_class("Infeasible"))) return std::nullopt;
  return py::str(error.value()).cast<std::string>();
}

void register_errors(py::module_&) {
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const InputError& error) {
      raise_input_error(error);
    } catch (const StorageError& error) {
      raise("StorageError", error);
    } catch (const NoFeasiblePoint& error) {
      raise("Infeasible", error);
    } catch (const AskTellError& error) {
      PyErr_SetString(PyExc_ValueError, error.what());
    }
  });
}

}  // namespace dovetail::python
