#include <dovetail/accelerators/trace.hpp>

#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/loop_model.hpp>
#include <dovetail/accelerators/machine.hpp>
#include <dovetail/accelerators/naive_timeline.hpp>
#include <dovetail/accelerators/nest_events.hpp>

namespace dovetail {

std::string trace_json(const Layer& layer, const Architecture& architecture, const Mapping& mapping,
                       std::int64_t most_steps) {
  const Machine* machine = find_machine(architecture.machine);
  if (machine == nullptr || machine->gemmini)
    throw std::invalid_argument(fmt::format("machine '{}' has no timeline to trace", architecture.machine));
  if (!LoopModel().evaluate(layer, architecture, mapping).valid())
    throw std::invalid_argument("an illegal mapping has no timeline");
  const EventTable table = nest_events(layer, architecture, pack(layer, mapping), *machine);
  using Json = nlohmann::ordered_json;
  Json events = Json::array();
  const auto track = [&](int id, const std::string& name) {
    events.push_back(
        {{"name", "thread_name"}, {"ph", "M"}, {"pid", 1}, {"tid", id}, {"args", {{"name", name}}}});
    events.push_back({{"name", "thread_sort_index"},
                      {"ph", "M"},
                      {"pid", 1},
                      {"tid", id},
                      {"args", {{"sort_index", id}}}});
  };
  events.push_back({{"name", "process_name"},
                    {"ph", "M"},
                    {"pid", 1},
                    {"args", {{"name", architecture.name + ": " + layer.name}}}});
  track(0, architecture.compute.name + " array");
  for (int p = 0; p < table.ports; ++p)
    if (!table.port_names[static_cast<std::size_t>(p)].empty())
      track(p + 1, table.port_names[static_cast<std::size_t>(p)]);
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
              architecture.levels[static_cast<std::size_t>(back ? stream.child_level : stream.parent_level)]
                  .name;
          args["to"] =
              architecture.levels[static_cast<std::size_t>(back ? stream.parent_level : stream.child_level)]
                  .name;
          args["words"] = event.words;
        }
        for (std::size_t l = indices.size(); l-- > 0;) {
          const NestLoop& loop = table.loops[l];
          args[fmt::format("{}@{}", layer.dimensions[static_cast<std::size_t>(loop.dimension)].name,
                           architecture.levels[static_cast<std::size_t>(loop.level)].name)] = indices[l];
        }
        events.push_back({{"name", name},
                          {"ph", "X"},
                          {"pid", 1},
                          {"tid", id},
                          {"ts", cycles(event.start)},
                          {"dur", cycles(event.end - event.start)},
                          {"args", std::move(args)}});
      },
      most_steps);
  const Json whole = {{"displayTimeUnit", "ns"}, {"traceEvents", std::move(events)}};
  return whole.dump() + "\n";
}

}  // namespace dovetail
