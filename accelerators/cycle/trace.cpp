#include <dovetail/accelerators/cycle/trace.hpp>

#include <cmath>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/cycle/naive_timeline.hpp>
#include <dovetail/accelerators/cycle/nest_events.hpp>
#include <dovetail/accelerators/gemmini/gemmini.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>

namespace dovetail {

namespace {

using Json = nlohmann::ordered_json;

/// Events of one process with named tracks.
class Tracks {
 public:
  explicit Tracks(const std::string& process) {
    events_.push_back({{"name", "process_name"}, {"ph", "M"}, {"pid", 1}, {"args", {{"name", process}}}});
  }
  void name(int id, const std::string& track) {
    events_.push_back({{"name", "thread_name"}, {"ph", "M"}, {"pid", 1}, {"tid", id}, {"args", {{"name", track}}}});
    events_.push_back(
        {{"name", "thread_sort_index"}, {"ph", "M"}, {"pid", 1}, {"tid", id}, {"args", {{"sort_index", id}}}});
  }
  void add(int id, const std::string& name, double start, double end, Json args) {
    if (end <= start) return;
    events_.push_back({{"name", name},
                       {"ph", "X"},
                       {"pid", 1},
                       {"tid", id},
                       {"ts", start},
                       {"dur", end - start},
                       {"args", std::move(args)}});
  }
  std::string text() {
    const Json whole = {{"displayTimeUnit", "ns"}, {"traceEvents", std::move(events_)}};
    return whole.dump() + "\n";
  }

 private:
  Json events_ = Json::array();
};

/// "DRAM Weights read": by level, with the tensor where each has ports of its own.
std::vector<std::string> port_names(const EventTable& table, const Layer& layer, const Architecture& architecture,
                                    const Machine& machine) {
  std::vector<std::string> names(static_cast<std::size_t>(table.ports));
  for (const Stream& s : table.streams) {
    std::string place = architecture.levels[static_cast<std::size_t>(s.parent_level)].name;
    if (machine.ports == PortMap::per_tensor) place += " " + layer.tensors[static_cast<std::size_t>(s.tensor)].name;
    const bool shared = machine.ports == PortMap::shared;
    names[static_cast<std::size_t>(s.read_port)] = place + (shared ? "" : " read");
    if (s.output && !shared) names[static_cast<std::size_t>(s.write_port)] = place + " write";
  }
  return names;
}

std::string trace_gemmini(const Layer& layer, const Architecture& architecture, const Mapping& mapping,
                          const Machine& machine, std::int64_t most_steps) {
  const auto job = gemmini_job(layer, architecture, pack(layer, mapping));
  if (!job) throw std::invalid_argument("gemmini runs dimensions R S P Q C K N only");
  Tracks tracks(architecture.name + ": " + layer.name);
  enum { array, host, loads, stores };
  tracks.name(array, architecture.compute.name + " array");
  tracks.name(host, "host");
  tracks.name(loads, "loads into the scratchpad");
  tracks.name(stores, "stores from the accumulator");
  GemminiDriver driver;
  driver.step_by_step = true;
  driver.most_tiles = most_steps;
  driver.sink = [&](const GemminiTileTimes& t) {
    constexpr const char* names = "NQPKCSR";
    Json args = Json::object();
    for (std::size_t d = 0; d < gemmini_dimensions; ++d) {
      if (job->tiles(static_cast<int>(d)) == 1) continue;
      args[std::string(1, names[d])] = t.index[d];
    }
    // The driver's times are whole sixteenths of a cycle.
    const double issue =
        std::round(16.0 * (job->matmul ? machine.constants.host_matmul : machine.constants.host_conv)) / 16.0;
    tracks.add(host, "issue", t.issue, t.issue + issue, args);
    tracks.add(loads, "Inputs, Weights", t.load_start, t.load_end, args);
    tracks.add(array, "tile", t.execute_start, t.execute_end, args);
    tracks.add(stores, "Outputs", t.store_start, t.store_end, args);
  };
  run_gemmini(*job, machine.constants, driver);
  return tracks.text();
}

}  // namespace

std::string trace_json(const Layer& layer, const Architecture& architecture, const Mapping& mapping,
                       std::int64_t most_steps) {
  const Machine* machine = find_machine(architecture.machine);
  if (machine == nullptr) throw std::invalid_argument(fmt::format("machine '{}' is not known", architecture.machine));
  if (!LoopModel({.imperfect_factors = true}).evaluate(layer, architecture, mapping).valid())
    throw std::invalid_argument("an illegal mapping has no timeline");
  if (machine->gemmini) return trace_gemmini(layer, architecture, mapping, *machine, most_steps);
  const EventTable table = nest_events(layer, architecture, pack(layer, mapping), *machine);
  Tracks tracks(architecture.name + ": " + layer.name);
  tracks.name(0, architecture.compute.name + " array");
  const std::vector<std::string> names = port_names(table, layer, architecture, *machine);
  for (std::size_t p = 0; p < names.size(); ++p) tracks.name(static_cast<int>(p) + 1, names[p]);
  const auto cycles = [&](std::int64_t units) {
    return static_cast<double>(units) / static_cast<double>(table.units_per_cycle);
  };
  run_naive(
      table,
      [&](const TimelineEvent& event, const std::vector<std::int64_t>& indices) {
        if (event.end == event.start) return;
        Json args = Json::object();
        int id = 0;
        std::string name = "step";
        if (event.stream >= 0) {
          const Stream& stream = table.streams[static_cast<std::size_t>(event.stream)];
          const bool back = event.kind == TimelineEvent::Kind::write_back;
          id = 1 + (back ? stream.write_port : stream.read_port);
          name = layer.tensors[static_cast<std::size_t>(stream.tensor)].name + (back ? " back" : "");
          args["from"] =
              architecture.levels[static_cast<std::size_t>(back ? stream.child_level : stream.parent_level)].name;
          args["to"] =
              architecture.levels[static_cast<std::size_t>(back ? stream.parent_level : stream.child_level)].name;
          args["words"] = event.words;
        }
        for (std::size_t l = indices.size(); l-- > 0;) {
          const NestLoop& loop = table.loops[l];
          args[fmt::format("{}@{}", layer.dimensions[static_cast<std::size_t>(loop.dimension)].name,
                           architecture.levels[static_cast<std::size_t>(loop.level)].name)] = indices[l];
        }
        tracks.add(id, name, cycles(event.start), cycles(event.end), std::move(args));
      },
      most_steps);
  return tracks.text();
}

}  // namespace dovetail
