// The table of a preset's keys, and the embedded presets.
#include <dovetail/accelerators/cycle/cycle_machine.hpp>

#include <dovetail/workloads/text/embedded.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {

namespace {

Record<TransferTiming> timing_record(const char* name) {
  return Record<TransferTiming>(name, "What a transfer costs.")
      .optional("words_per_cycle", &TransferTiming::words_per_cycle, "width; 0: the document's", at_least(0))
      .optional("burst_words", &TransferTiming::burst_words, "aligned burst; 0: any length", at_least(0))
      .optional("in_flight", &TransferTiming::in_flight, "requests at once; 0: no limit", at_least(0))
      .optional("latency_cycles", &TransferTiming::latency_cycles, "of one request", at_least(0))
      .optional("row_words", &TransferTiming::row_words, "of a DRAM row; 0: no rows", at_least(0))
      .optional("row_miss_cycles", &TransferTiming::row_miss_cycles, "precharge and activate", at_least(0))
      .optional("banks", &TransferTiming::banks, "that hide each other's row misses", at_least(1))
      .optional("refresh_share", &TransferTiming::refresh_share, "of the time, tRFC / tREFI", between(0, 0.9));
}

Record<MachineLevel> level_record(const char* name) {
  return Record<MachineLevel>(name, "Timing of a level.")
      .record("read", &MachineLevel::read, timing_record("read"))
      .record("write", &MachineLevel::write, timing_record("write"))
      .optional("input_width", &MachineLevel::input_width, "words per cycle of the inputs' bus; 0: no limit",
                at_least(0))
      .optional("weight_width", &MachineLevel::weight_width, "of the weights' bus", at_least(0))
      .optional("output_width", &MachineLevel::output_width, "of the partial sums' bus", at_least(0))
      .optional("latency_cycles", &MachineLevel::latency_cycles, "from a transfer's end to its use", between(0, 1e6));
}

Record<GemminiConstants> constants_record() {
  auto record = Record<GemminiConstants>("constants", "Effective constants of the gemmini preset.");
  for (const GemminiConstant& c : gemmini_constants())
    record = std::move(record).optional(std::string(c.name), c.member, "cycles, see gemmini_constants.hpp",
                                        between(c.least, 1e6));
  return record;
}

template <class V>
using Words = std::vector<std::pair<std::string, V>>;

const Record<Machine>& machine_record() {
  static const Record<Machine> record =
      Record<Machine>("machine", "A preset of the cycle model.")
          .document("dovetail-machine/1")
          .required("name", &Machine::name, "how documents call it")
          .optional("about", &Machine::about, "what it stands for")
          .optional("source", &Machine::source, "where its constants come from, and the rows they were fitted on")
          .optional("gemmini", &Machine::gemmini, "the fitted tile pipeline instead of the timeline")
          .optional("bandwidths_of_document", &Machine::bandwidths_of_document, "false: this timing replaces them")
          .choice("ports", &Machine::ports, "between two levels",
                  Words<PortMap>{{"shared", PortMap::shared},
                                 {"read_write", PortMap::read_write},
                                 {"per_tensor", PortMap::per_tensor}})
          .optional("depth", &Machine::depth, "most tiles that a level holds of a stream", between(1, 16))
          .optional("depth_by_capacity", &Machine::depth_by_capacity, "fewer when the capacity does not hold them")
          .optional("systolic", &Machine::systolic, "steps take the time of a systolic array's fold")
          .choice("overlap", &Machine::overlap, "what the systolic array overlaps",
                  Words<ArrayOverlap>{
                      {"none", ArrayOverlap::none}, {"weights", ArrayOverlap::weights}, {"full", ArrayOverlap::full}})
          .optional("reload_always", &Machine::reload_always, "unchanged tiles come again")
          .optional("spill", &Machine::spill, "partial sums leave and return with an outer reduction loop")
          .optional("passes", &Machine::passes,
                    "new weights begin a pass: what feeds the units for it comes after the last step before it")
          .optional("update_by_tile", &Machine::update_by_tile,
                    "a partial sum returns when its own tile is written back, not the last one of all")
          .optional("multicast", &Machine::multicast, "one transfer serves all children that need the same words")
          .optional("units_per_cycle", &Machine::units_per_cycle, "resolution of times", between(1, 1 << 20))
          .optional("result_latency_cycles", &Machine::result_latency_cycles, "until a result exists", between(0, 1e6))
          .optional("host_cycles", &Machine::host_cycles, "to issue one tile of the outermost memory", between(0, 1e6))
          .record("innermost", &Machine::innermost, level_record("innermost"))
          .record("middle", &Machine::middle, level_record("middle"))
          .record("outermost", &Machine::outermost, level_record("outermost"))
          .record("constants", &Machine::constants, constants_record());
  return record;
}

/// All embedded presets, read once. A preset of ours that does not read is a bug, shown with its messages.
const std::map<std::string, Machine>& presets() {
  static const std::map<std::string, Machine> all = [] {
    std::map<std::string, Machine> machines;
    for (const embedded::File& file : embedded::machines()) {
      Diagnostics diagnostics;
      Machine machine = read_machine(parse_yaml(file.text, std::string(file.name) + ".yaml"), diagnostics);
      diagnostics.raise();
      machines.emplace(machine.name, std::move(machine));
    }
    return machines;
  }();
  return all;
}

}  // namespace

nlohmann::ordered_json machine_schema() {
  return schema_document("dovetail-machine/1", machine_record().schema());
}

Machine read_machine(const Node& document, Diagnostics& diagnostics) {
  return machine_record().read(document, diagnostics);
}

const Machine* find_machine(const std::string& name) {
  const auto at = presets().find(name.empty() ? "ideal" : name);
  return at == presets().end() ? nullptr : &at->second;
}

std::vector<std::string> machine_names() {
  std::vector<std::string> names;
  for (const auto& [name, machine] : presets()) names.push_back(name);
  return names;
}

}  // namespace dovetail
