// What mappings cost: one by one with everything known of it, or thousands at once as arrays.
#include <limits>

#include <fmt/format.h>
#include <pybind11/numpy.h>

#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/engine/report/design/explain.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/workloads/parallel.hpp>

#include "errors.hpp"
#include "evaluators.hpp"
#include "values.hpp"

namespace dovetail::python {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::shared_ptr<const Evaluator> find_model(const std::string& name) {
  return make_evaluator(one_of("model", name, {"loop", "cycle"}));
}

EvaluationValue evaluate(const py::object& layer, const py::object& architecture, const py::object& mapping,
                         const std::string& model, bool imperfect_factors) {
  std::shared_ptr<const Evaluator> evaluator = find_model(model);
  if (imperfect_factors && model != "loop")
    throw std::invalid_argument("imperfect_factors: only model='loop' counts them");
  if (imperfect_factors) evaluator = std::make_shared<LoopModel>(LoopOptions{.imperfect_factors = true});
  const LayerValue what = read_layer(layer);
  const MachineValue machine = read_machine(architecture);
  MappingValue given = read_mapping(mapping, what.layer.layer, machine.architecture);
  if (*given.layer != what.layer.layer) given.layer = std::make_shared<const Layer>(what.layer.layer);
  if (*given.machine != machine.architecture)
    given.machine = std::make_shared<const Architecture>(machine.architecture);
  Evaluation answer;
  {
    const py::gil_scoped_release release;
    answer = evaluator->evaluate(*given.layer, *given.machine, given.mapping);
  }
  return {std::move(given), std::move(answer), model};
}

// Columns of the answer; infeasible rows are NaN.
struct Columns {
  explicit Columns(std::size_t count)
      : cycles(static_cast<py::ssize_t>(count)),
        energy(static_cast<py::ssize_t>(count)),
        valid(static_cast<py::ssize_t>(count)),
        cycles_data(cycles.mutable_data()),
        energy_data(energy.mutable_data()),
        valid_data(valid.mutable_data()) {}
  void set(std::size_t row, bool legal, double energy_pj, double cycle_count) {
    cycles_data[row] = legal ? cycle_count : nan;
    energy_data[row] = legal ? energy_pj : nan;
    valid_data[row] = legal;
  }
  py::dict dict() {
    py::dict result;
    result["cycles"] = cycles;
    result["energy_pj"] = energy;
    result["valid"] = valid;
    return result;
  }
  py::array_t<double> cycles, energy;
  py::array_t<bool> valid;
  double *cycles_data, *energy_data;
  bool* valid_data;
};

void score_all(const Layer& layer, const Architecture& machine, const std::vector<const MappingValue*>& mappings,
               Columns& columns) {
  const LoopPlan plan(layer, machine);
  const std::size_t levels = machine.levels.size(), dims = layer.dimensions.size();
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    const PackedMapping& packed = mappings[i]->packed;
    const bool fits = packed.level_count == levels && packed.dimension_count == dims;
    const Score score = fits ? plan.score(packed) : Score{};
    columns.set(i, score.valid, score.energy_pj, score.cycles);
  }
}

// Rows of factors over the keep sets and orders of one mapping, eight at a time.
void score_factors(const Layer& layer, const Architecture& machine, const PackedMapping& like,
                   const py::detail::unchecked_reference<std::int64_t, 4>& rows, Columns& columns) {
  const LoopPlan plan(layer, machine);
  const auto count = static_cast<std::size_t>(rows.shape(0));
  constexpr auto width = static_cast<std::size_t>(MappingBatch::width);
  constexpr std::int64_t largest = std::numeric_limits<std::int32_t>::max();
  const auto read = [&](std::size_t row, PackedMapping& packed) {
    const auto r = static_cast<py::ssize_t>(row);
    bool positive = true;
    for (py::ssize_t l = 0; l < rows.shape(1); ++l) {
      PackedLevel& level = packed.levels[static_cast<std::size_t>(l)];
      for (py::ssize_t d = 0; d < rows.shape(3); ++d) {
        const auto at = static_cast<std::size_t>(d);
        for (py::ssize_t slot = 0; slot < 3; ++slot)
          positive = positive && rows(r, l, slot, d) >= 1 && rows(r, l, slot, d) <= largest;
        level.temporal[at] = static_cast<std::int32_t>(rows(r, l, 0, d));
        level.spatial_x[at] = static_cast<std::int32_t>(rows(r, l, 1, d));
        level.spatial_y[at] = static_cast<std::int32_t>(rows(r, l, 2, d));
      }
    }
    return positive;
  };
  const bool batches = plan.tuned() && layer.dimensions.size() <= 8 && !uneven(like);
  MappingBatch batch;
  if (batches) batch.fill(like);
  PackedMapping packed = like;
  for (std::size_t first = 0; first < count; first += width) {
    const std::size_t last = std::min(count, first + width);
    std::array<bool, width> positive{};
    for (std::size_t row = first; row < last; ++row) {
      positive[row - first] = read(row, packed);
      if (!positive[row - first]) packed = like;
      if (batches) {
        batch.set(static_cast<int>(row - first), packed);
      } else {
        const Score score = positive[row - first] ? plan.score(packed) : Score{};
        columns.set(row, score.valid, score.energy_pj, score.cycles);
      }
    }
    if (!batches) continue;
    const BatchScore scores = plan.score(batch);
    for (std::size_t row = first; row < last; ++row) {
      const std::size_t lane = row - first;
      const bool legal = positive[lane] && scores.energy_pj[lane] < std::numeric_limits<double>::infinity();
      columns.set(row, legal, scores.energy_pj[lane], scores.cycles[lane]);
    }
  }
}

py::dict evaluate_rows(const Layer& layer, const Architecture& machine, const py::array& given,
                       const py::object& like) {
  if (like.is_none())
    throw py::type_error("an array of factors needs `like`, a mapping with the keep sets and the order of the loops");
  const MappingValue pattern = read_mapping(like, layer, machine);
  if (pattern.packed.level_count != machine.levels.size() || pattern.packed.dimension_count != layer.dimensions.size())
    throw py::value_error("`like` is a mapping of another layer or machine: it has other levels or dimensions");
  using Factors = py::array_t<std::int64_t, py::array::c_style>;
  if (given.dtype().kind() != 'i' && given.dtype().kind() != 'u')
    throw py::type_error("factors are whole numbers, found an array of " + py::str(given.dtype()).cast<std::string>());
  const Factors rows = Factors::ensure(given);
  const auto levels = static_cast<py::ssize_t>(machine.levels.size());
  const auto dims = static_cast<py::ssize_t>(layer.dimensions.size());
  if (rows.ndim() != 4 || rows.shape(1) != levels || rows.shape(2) != 3 || rows.shape(3) != dims)
    throw py::value_error(
        fmt::format("factors have the shape (N, {}, 3, {}): level, slot, dimension, as Mapping.factors", levels, dims));
  Columns columns(static_cast<std::size_t>(rows.shape(0)));
  const auto view = rows.unchecked<4>();
  {
    const py::gil_scoped_release release;
    score_factors(layer, machine, pattern.packed, view, columns);
  }
  return columns.dict();
}

py::dict evaluate_many(const py::object& layer, const py::object& architecture, const py::object& mappings,
                       const std::string& model, const py::object& like, int threads) {
  const LayerValue what = read_layer(layer);
  const MachineValue machine = read_machine(architecture);
  const std::shared_ptr<const Evaluator> evaluator = find_model(model);
  if (py::isinstance<py::array>(mappings)) {
    if (model != "loop") throw py::value_error("arrays of factors are for the loop model; give other models Mappings");
    return evaluate_rows(what.layer.layer, machine.architecture, mappings, like);
  }
  const py::object sequence = py::reinterpret_steal<py::object>(
      PySequence_Fast(mappings.ptr(), "mappings are a list of Mapping, or an array of factors"));
  if (!sequence) throw py::error_already_set();
  const auto count = static_cast<std::size_t>(PySequence_Fast_GET_SIZE(sequence.ptr()));
  PyObject** items = PySequence_Fast_ITEMS(sequence.ptr());
  std::vector<const MappingValue*> all(count);
  std::vector<MappingValue> read;
  const PyTypeObject* type = reinterpret_cast<const PyTypeObject*>(py::type::of<MappingValue>().ptr());
  for (std::size_t i = 0; i < count; ++i) {
    if (Py_TYPE(items[i]) != type)
      throw py::type_error(fmt::format("mappings[{}] is {}, allowed is a Mapping", i,
                                       py::repr(py::type::of(py::handle(items[i]))).cast<std::string>()));
    // The instance holds one pointer to the value: what a cast would find, without its lookups.
    all[i] = i > 0 && items[i] == items[i - 1] ? all[i - 1] : py::handle(items[i]).cast<const MappingValue*>();
  }
  Columns columns(count);
  {
    const py::gil_scoped_release release;
    if (model == "loop") {
      score_all(what.layer.layer, machine.architecture, all, columns);
    } else {
      parallel_for(count, threads, [&](std::size_t i) {
        const Evaluation one = evaluator->evaluate(what.layer.layer, machine.architecture, all[i]->mapping);
        columns.set(i, one.valid(), one.energy_pj, static_cast<double>(one.cycles));
      });
    }
  }
  return columns.dict();
}

// A number of a legal mapping; None of another.
template <class Read>
auto figure(Read read) {
  return [read](const EvaluationValue& self) -> py::object {
    if (!self.evaluation.valid()) return py::none();
    return py::cast(read(self.evaluation));
  };
}

std::string explain_design(const py::object& design, const std::string& model) {
  MappingValue mapping;
  if (py::isinstance<EvaluationValue>(design)) {
    mapping = design.cast<const EvaluationValue&>().mapping;
  } else if (py::isinstance<MappingValue>(design)) {
    mapping = design.cast<const MappingValue&>();
  } else if (py::hasattr(design, "best") && py::isinstance<EvaluationValue>(design.attr("best"))) {
    mapping = design.attr("best").cast<const EvaluationValue&>().mapping;
  } else {
    const Node document = py::isinstance<py::dict>(design) ? dovetail::from_json(to_json(design, "design"), "design")
                                                           : load_file(path_text(design));
    const Design read = read_design(document);
    if (!read.mapping)
      throw InputError(document.location(), "explain needs a design with a mapping; dovetail.map finds one");
    mapping = make_mapping(std::make_shared<const Layer>(read.layer),
                           std::make_shared<const Architecture>(read.architecture), *read.mapping);
  }
  const py::gil_scoped_release release;
  if (one_of("model", model, {"loop", "cycle"}) == "cycle")
    return to_text(CycleModel().explain(*mapping.layer, *mapping.machine, mapping.mapping));
  const Explanation explanation =
      dovetail::explain(*mapping.layer, *mapping.machine, mapping.mapping, *make_evaluator("loop"));
  return to_text(*mapping.layer, *mapping.machine, explanation);
}

}  // namespace

Json evaluation_document(const EvaluationValue& value) {
  return dovetail::to_json(*value.mapping.layer, *value.mapping.machine, value.evaluation);
}

void register_costs(py::module_& module) {
  py::class_<EvaluationValue>(
      module, "Evaluation",
      "What a mapping costs, or the constraints that it breaks; then every figure is None. Immutable.")
      .def_property_readonly("valid", [](const EvaluationValue& self) { return self.evaluation.valid(); })
      .def_property_readonly(
          "violations", [](const EvaluationValue& self) { return to_python(evaluation_document(self)["violations"]); },
          "Broken constraints: constraint, level, tensor, needed, available.")
      .def_property_readonly("cycles", figure([](const Evaluation& e) { return e.cycles; }))
      .def_property_readonly("compute_cycles", figure([](const Evaluation& e) { return e.compute_cycles; }),
                             "Cycles without any stall.")
      .def_property_readonly("energy_pj", figure([](const Evaluation& e) { return e.energy_pj; }))
      .def_property_readonly("edp", figure([](const Evaluation& e) { return e.edp(); }), "energy_pj x cycles.")
      .def_property_readonly("utilization", figure([](const Evaluation& e) { return e.utilization; }),
                             "Multiply-accumulates per unit and cycle.")
      .def_property_readonly("area_um2", figure([](const Evaluation& e) { return e.area_um2; }))
      .def_property_readonly(
          "levels",
          [](const EvaluationValue& self) -> py::object {
            const Json json = evaluation_document(self);
            return to_python(json.contains("levels") ? json["levels"] : Json::array());
          },
          "Per level, innermost first: cycles, energy and counts of each tensor.")
      .def_property_readonly("mapping", [](const EvaluationValue& self) { return self.mapping; })
      .def_property_readonly("layer",
                             [](const EvaluationValue& self) {
                               return LayerValue{{*self.mapping.layer, 1, true}};
                             })
      .def_property_readonly("architecture",
                             [](const EvaluationValue& self) {
                               return MachineValue{*self.mapping.machine, nullptr, {}};
                             })
      .def_property_readonly(
          "model", [](const EvaluationValue& self) { return self.model; }, "loop, cycle, or the user's own.")
      .def(
          "to_dict", [](const EvaluationValue& self) { return to_python(evaluation_document(self)); },
          "As the program's `evaluate --format json`.")
      .def("__str__",
           [](const EvaluationValue& self) {
             return evaluation_text(*self.mapping.layer, *self.mapping.machine, self.mapping.mapping, self.evaluation);
           })
      .def("__repr__",
           [](const EvaluationValue& self) {
             const Evaluation& e = self.evaluation;
             if (e.valid()) return fmt::format("<Evaluation {} cycles, {:.6g} pJ>", e.cycles, e.energy_pj);
             return fmt::format("<Evaluation invalid: {}>", to_text(e.violations.front()));
           })
      .def(py::pickle(
          [](const EvaluationValue& self) {
            if (self.model != "loop" && self.model != "cycle")
              throw py::type_error("the evaluation of a user's own evaluator does not pickle; its to_dict() does");
            return py::make_tuple(py::cast(self.mapping), self.model);
          },
          [](const py::tuple& state) {
            EvaluationValue value{state[0].cast<MappingValue>(), {}, state[1].cast<std::string>()};
            value.evaluation =
                find_model(value.model)->evaluate(*value.mapping.layer, *value.mapping.machine, value.mapping.mapping);
            return value;
          }));

  module.def("evaluate", evaluate, py::arg("layer"), py::arg("architecture"), py::arg("mapping"), py::kw_only(),
             py::arg("model") = "loop", py::arg("imperfect_factors") = false,
             "What a mapping costs by the loop or the cycle model; with imperfect_factors its factors may multiply to "
             "more than an "
             "extent. An illegal mapping is an answer with violations, not an error.");
  module.def("evaluate_many", evaluate_many, py::arg("layer"), py::arg("architecture"), py::arg("mappings"),
             py::kw_only(), py::arg("model") = "loop", py::arg("like") = py::none(), py::arg("threads") = 0,
             "Many mappings of one layer on one machine: arrays `cycles`, `energy_pj` (NaN where illegal) and `valid`. "
             "`mappings` "
             "is a list of Mapping, or an integer array (N, levels, 3, dimensions) as Mapping.factors gives one, over "
             "the keep "
             "sets and loop orders of the mapping `like`.");
  module.def("explain", explain_design, py::arg("design"), py::kw_only(), py::arg("model") = "loop",
             "Why a mapping costs what it costs, in words: of an Evaluation, a MapResult, a Mapping, a design's dict "
             "or its file.");
}

}  // namespace dovetail::python
