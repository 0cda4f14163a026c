// The best mapping of a layer, or of every layer of a network.
#include <cmath>

#include <fmt/format.h>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/map/network/second_opinion.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/report/design/map_json.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/parallel.hpp>

#include "errors.hpp"
#include "evaluators.hpp"
#include "values.hpp"
#include "watched.hpp"

namespace dovetail::python {
namespace {

// A layer with its request and answer.
struct LayerMap {
  std::string name;
  std::int64_t count = 1;
  MapRequest request;
  MapResult result;
  std::string model = "loop", failure;
};

// Of one layer, or of a network: then `parts` are its distinct layers.
struct MapValue {
  std::string name, objective_text;
  MappingObjective objective;
  bool network = false;
  std::vector<LayerMap> parts;

  bool mapped() const {
    return std::all_of(parts.begin(), parts.end(),
                       [](const LayerMap& part) { return part.result.mapping.has_value(); });
  }
  double sum(double (*figure)(const LayerMap&)) const {
    double total = 0.0;
    for (const LayerMap& part : parts) total += static_cast<double>(part.count) * figure(part);
    return total;
  }
  double energy_pj() const {
    return sum([](const LayerMap& part) { return part.result.best.energy_pj; });
  }
  double cycles() const {
    return sum([](const LayerMap& part) { return static_cast<double>(part.result.best.cycles); });
  }
  double value() const { return objective(energy_pj(), cycles()); }
  /// Of the sums by those of the layers: (sum e)^a (sum c)^b >= (sum (e^a c^b)^(1/(a+b)))^(a+b), Hölder's inequality.
  double lower_bound() const {
    const double power = objective.energy_power + objective.cycles_power;
    double total = 0.0;
    for (const LayerMap& part : parts)
      total += static_cast<double>(part.count) * std::pow(part.result.lower_bound, 1.0 / power);
    return std::min(std::pow(total, power), value());
  }
};

py::object best(const LayerMap& part) {
  if (!part.result.mapping) return py::none();
  return py::cast(EvaluationValue{
      make_mapping(std::make_shared<const Layer>(part.request.layer),
                   std::make_shared<const Architecture>(part.request.architecture), *part.result.mapping),
      part.result.best, part.model});
}

MapValue single(const MapValue& whole, const LayerMap& part) {
  return {part.name, whole.objective_text, whole.objective, false, {part}};
}

void settle(LayerMap& part, const Evaluator* evaluator, bool own, int candidates) {
  if (evaluator == nullptr || !part.result.mapping) return;
  Decision decision = decide(part.request, part.result, *evaluator,
                             own ? Screening{candidates} : cycle_screening(part.request.architecture));
  part.result.mapping = std::move(decision.mapping);
  part.result.best = std::move(decision.evaluation);
  part.result.objective = decision.objective;
  part.result.evaluations += decision.asked;
  part.failure = std::move(decision.failure);
  // The loop model's bounds hold for the cycle model on some machines; nothing is known of a user's evaluator.
  if (own || !loop_model_bounds(part.request.architecture)) part.result.lower_bound = 0.0;
  part.result.stopped = own ? "simulator" : "cycle model";
  part.result.proven = false;
  part.model = evaluator->name();
}

struct MapArguments {
  std::string objective, mapper, bypass, model, dataflow, placement, factors;
  double gap;
  std::optional<double> time_s;
  std::int64_t budget;
  std::uint64_t seed;
  int threads, candidates;
};

std::vector<LayerMap> read_parts(const py::object& what, const MachineValue& machine, const std::string& dataflow,
                                 MapValue& value) {
  std::vector<LayerMap> parts;
  const auto add = [&](const Layer& layer, std::int64_t count) {
    LayerMap part;
    part.name = layer.name;
    part.count = count;
    part.request.layer = layer;
    part.request.architecture = machine.architecture;
    if (machine.family)
      part.request.rules = dataflow == "baseline" ? machine.family->family.baseline_rules(layer, machine.point)
                                                  : machine.family->family.rules(layer, machine.point);
    parts.push_back(std::move(part));
  };
  if (py::isinstance<NetworkValue>(what)) {
    const Network& network = what.cast<const NetworkValue&>().imported.network;
    value.name = network.name;
    value.network = true;
    for (const UniqueLayer& unique : unique_layers(network)) add(unique.layer, unique.count);
  } else {
    const LayerValue layer = read_layer(what);
    value.name = layer.layer.layer.name;
    add(layer.layer.layer, 1);
  }
  return parts;
}

MapValue map(const py::object& what, const py::object& architecture, const MapArguments& given,
             const py::object& evaluator) {
  const MachineValue machine = read_machine(architecture);
  MapValue value;
  value.objective_text = given.objective;
  const std::optional<MappingObjective> objective = parse_objective(given.objective);
  if (!objective)
    throw std::invalid_argument(
        fmt::format("objective is {}, allowed are {}", quote(given.objective), objective_help()));
  value.objective = *objective;
  one_of("mapper", given.mapper, mapper_names());
  one_of("bypass", given.bypass, {"search", "none", "fixed"});
  one_of("model", given.model, {"loop", "cycle"});
  one_of("dataflow", given.dataflow, {"free", "baseline"});
  if (!machine.family && (given.bypass == "fixed" || given.dataflow == "baseline"))
    throw std::invalid_argument(
        "bypass='fixed' and dataflow='baseline' are of the machine of a family, which has rules");
  if (!(given.gap >= 0.0 && given.gap <= 1.0))
    throw std::invalid_argument(fmt::format("gap is {}, allowed is 0 to 1", given.gap));
  if (given.time_s && !(*given.time_s > 0.0))
    throw std::invalid_argument(fmt::format("time is {}, allowed is above 0, in seconds", *given.time_s));
  if (!evaluator.is_none() && given.model != "loop")
    throw std::invalid_argument("both an evaluator and model='cycle' would decide: keep one");
  const bool uneven = one_of("placement", given.placement, {"even", "uneven"}) == "uneven";
  const bool imperfect = one_of("factors", given.factors, {"perfect", "imperfect"}) == "imperfect";
  if ((uneven || imperfect) && (given.model != "loop" || !evaluator.is_none()))
    throw std::invalid_argument(fmt::format("{} is searched on the loop model: leave out model and evaluator",
                                            uneven ? "placement='uneven'" : "factors='imperfect'"));
  value.parts = read_parts(what, machine, given.dataflow, value);
  const std::unique_ptr<Mapper> mapper = make_mapper(given.mapper);
  run_watched(
      [&](Watch& watch) {
        std::shared_ptr<const Evaluator> decides;
        if (!evaluator.is_none()) {
          const py::gil_scoped_acquire acquire;
          decides = std::make_shared<CallableEvaluator>(evaluator.cast<py::function>(), watch);
        } else if (given.model == "cycle") {
          decides = make_evaluator("cycle");
        }
        parallel_for(value.parts.size(), given.threads, [&](std::size_t i) {
          if (watch.stopped()) return;
          MapRequest& request = value.parts[i].request;
          request.objective = value.objective;
          request.bypass = given.bypass == "none"    ? Bypass::none
                           : given.bypass == "fixed" ? Bypass::fixed
                                                     : Bypass::search;
          request.placement = uneven ? Placement::uneven : Placement::even;
          request.factors = imperfect ? Factors::imperfect : Factors::perfect;
          request.budget = given.budget;
          request.gap = given.gap;
          request.time_s = given.time_s;
          request.seed = given.seed;
          request.threads = thread_count(given.threads);
          request.front = decides != nullptr;
          request.stop = [&watch] { return watch.stopped(); };
          value.parts[i].result = mapper->map(request);
          request.stop = nullptr;
          settle(value.parts[i], decides.get(), !evaluator.is_none(), given.candidates);
        });
      },
      py::none());
  return value;
}

Json document(const LayerMap& part) {
  Json json = {{"name", part.name}, {"count", part.count}};
  json.update(dovetail::to_json(part.request, part.result));
  if (!part.failure.empty()) json["reason"] = part.failure;
  return json;
}

Json document(const MapValue& value) {
  if (!value.network) return document(value.parts.front());
  Json layers = Json::array();
  for (const LayerMap& part : value.parts) layers.push_back(document(part));
  return {{"schema", "dovetail-map/1"}, {"name", value.name}, {"objective", value.objective_text}, {"layers", layers}};
}

py::tuple state(const MapValue& value) {
  py::list parts;
  for (const LayerMap& part : value.parts) {
    const MapResult& result = part.result;
    py::list closest;
    for (const Violation& one : result.closest)
      closest.append(py::make_tuple(one.constraint, one.level, one.tensor, one.needed, one.available));
    parts.append(py::make_tuple(part.name, part.count, py::cast(LayerValue{{part.request.layer, 1, true}}),
                                py::cast(MachineValue{part.request.architecture, nullptr, {}}), best(part), part.model,
                                part.failure, result.objective, result.lower_bound, result.proven, result.evaluations,
                                result.seconds, result.stopped, closest));
  }
  return py::make_tuple(value.name, value.objective_text, value.network, parts);
}

MapValue restored(const py::tuple& state) {
  MapValue value{state[0].cast<std::string>(), state[1].cast<std::string>(), {}, state[2].cast<bool>(), {}};
  value.objective = *parse_objective(value.objective_text);
  for (const py::handle item : state[3]) {
    const auto one = py::reinterpret_borrow<py::tuple>(item);
    LayerMap part;
    part.name = one[0].cast<std::string>();
    part.count = one[1].cast<std::int64_t>();
    part.request.layer = one[2].cast<const LayerValue&>().layer.layer;
    part.request.architecture = one[3].cast<const MachineValue&>().architecture;
    part.request.objective = value.objective;
    if (!one[4].is_none()) {
      const auto& best = one[4].cast<const EvaluationValue&>();
      part.result.mapping = best.mapping.mapping;
      part.result.best = best.evaluation;
    }
    part.model = one[5].cast<std::string>();
    part.failure = one[6].cast<std::string>();
    part.result.objective = one[7].cast<double>();
    part.result.lower_bound = one[8].cast<double>();
    part.result.proven = one[9].cast<bool>();
    part.result.evaluations = one[10].cast<std::int64_t>();
    part.result.seconds = one[11].cast<double>();
    part.result.stopped = one[12].cast<std::string>();
    for (const py::handle violation : one[13]) {
      const auto v = py::reinterpret_borrow<py::tuple>(violation);
      part.result.closest.push_back({v[0].cast<std::string>(), v[1].cast<std::string>(), v[2].cast<std::string>(),
                                     v[3].cast<double>(), v[4].cast<double>()});
    }
    value.parts.push_back(std::move(part));
  }
  return value;
}

// None where some layer has no mapping.
template <class Read>
auto figure(Read read) {
  return [read](const MapValue& self) -> py::object {
    if (!self.mapped()) return py::none();
    return py::cast(read(self));
  };
}

double gap(const MapValue& value) {
  if (!value.network) return value.parts.front().result.gap();
  const double objective = value.value();
  return objective > 0.0 ? (objective - value.lower_bound()) / objective : 0.0;
}

}  // namespace

void register_map(py::module_& module) {
  py::class_<MapValue>(
      module, "MapResult",
      "The best mapping found of a layer, with a bound that no mapping is below; or that of every distinct layer "
      "of a network, with their sums. Immutable.")
      .def_property_readonly("name", [](const MapValue& self) { return self.name; })
      .def_property_readonly(
          "best",
          [](const MapValue& self) -> py::object {
            return self.network ? py::object(py::none()) : best(self.parts.front());
          },
          "The Evaluation of the best mapping; None where nothing fits, and of a network (see `layers`).")
      .def_property_readonly(
          "layers",
          [](const MapValue& self) {
            py::list list;
            for (const LayerMap& part : self.parts) list.append(py::cast(single(self, part)));
            return list;
          },
          "One MapResult per distinct layer; of a layer itself alone.")
      .def_property_readonly(
          "count", [](const MapValue& self) { return self.network ? std::int64_t{1} : self.parts.front().count; },
          "How often the layer occurs in its network.")
      .def_property_readonly("objective", figure([](const MapValue& self) {
                               return self.network ? self.value() : self.parts.front().result.objective;
                             }),
                             "Of the best mapping; of a network: of the sums over its layers.")
      .def_property_readonly("energy_pj", figure([](const MapValue& self) {
                               return self.network ? self.energy_pj() : self.parts.front().result.best.energy_pj;
                             }))
      .def_property_readonly("cycles", figure([](const MapValue& self) {
                               return self.network ? self.cycles()
                                                   : static_cast<double>(self.parts.front().result.best.cycles);
                             }))
      .def_property_readonly("lower_bound", figure([](const MapValue& self) {
                               return self.network ? self.lower_bound() : self.parts.front().result.lower_bound;
                             }),
                             "No mapping has a smaller objective; 0: none known.")
      .def_property_readonly("gap", figure(gap), "(objective - lower_bound) / objective.")
      .def_property_readonly(
          "proven",
          [](const MapValue& self) {
            return std::all_of(self.parts.begin(), self.parts.end(),
                               [](const LayerMap& part) { return part.result.proven; });
          },
          "No mapping of the layer is better; of a network: of any of its layers by itself.")
      .def_property_readonly("evaluations",
                             [](const MapValue& self) {
                               std::int64_t total = 0;
                               for (const LayerMap& part : self.parts) total += part.result.evaluations;
                               return total;
                             })
      .def_property_readonly(
          "stopped", [](const MapValue& self) { return self.parts.front().result.stopped; },
          "Why the search of the (first) layer ended.")
      .def_property_readonly(
          "violations",
          [](const MapValue& self) {
            py::list list;
            for (const LayerMap& part : self.parts)
              for (const Violation& violation : part.result.closest) list.append(to_text(violation));
            return list;
          },
          "Where nothing fits, what the nearest miss breaks.")
      .def(
          "to_dict", [](const MapValue& self) { return to_python(document(self)); },
          "As the program's `map --format json`.")
      .def("__repr__",
           [](const MapValue& self) {
             if (!self.mapped()) return fmt::format("<MapResult {}: no mapping>", self.name);
             const bool proven = std::all_of(self.parts.begin(), self.parts.end(),
                                             [](const LayerMap& part) { return part.result.proven; });
             return fmt::format("<MapResult {}: {} {:.6g}, {}>", self.name, self.objective_text,
                                self.network ? self.value() : self.parts.front().result.objective,
                                proven ? "proven" : fmt::format("gap {:.3g}", gap(self)));
           })
      .def(py::pickle([](const MapValue& self) { return state(self); },
                      [](const py::tuple& kept) { return restored(kept); }));

  module.def(
      "map",
      [](const py::object& what, const py::object& architecture, const std::string& objective,
         const std::string& mapper, const std::string& bypass, double gap, std::optional<double> time, int threads,
         std::int64_t budget, std::uint64_t seed, const std::string& model, const py::object& evaluator, int candidates,
         const std::string& dataflow, const std::string& placement, const std::string& factors) {
        return map(what, architecture,
                   {objective, mapper, bypass, model, dataflow, placement, factors, gap, time, budget, seed, threads,
                    candidates},
                   evaluator);
      },
      py::arg("layer_or_network"), py::arg("architecture"), py::kw_only(), py::arg("objective") = "edp",
      py::arg("mapper") = "exact", py::arg("bypass") = "search", py::arg("gap") = 0.0, py::arg("time") = py::none(),
      py::arg("threads") = 0, py::arg("budget") = 0, py::arg("seed") = 0, py::arg("model") = "loop",
      py::arg("evaluator") = py::none(), py::arg("candidates") = 8, py::arg("dataflow") = "free",
      py::arg("placement") = "even", py::arg("factors") = "perfect",
      "The best mapping of a layer, or of every distinct layer of a network, on a machine: as the program's `map`. "
      "`evaluator` is a "
      "function(layer, architecture, mapping) that answers {'cycles', 'energy_pj'} and then decides between the "
      "`candidates` best "
      "mappings of each layer. With placement='uneven' each tensor has its own depth in a memory's loops, "
      "with factors='imperfect' loops cover the extents and their last rounds may be shorter. Ctrl-C stops the "
      "search.");
}

}  // namespace dovetail::python
