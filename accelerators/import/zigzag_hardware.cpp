#include <dovetail/accelerators/import/zigzag_hardware.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <optional>
#include <utility>

#include <dovetail/workloads/import/foreign_yaml.hpp>
#include <dovetail/workloads/limits.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Keys = std::vector<std::string>;

const Keys operand_names = {"I1", "I2", "O"};          // Operand::inputs, weights, outputs
const Keys movement_names = {"fh", "tl", "fl", "th"};  // from high, to low, from low, to high
enum Movement : std::uint8_t { from_high, to_low, from_low, to_high };
constexpr int most_array_dimensions = 16;

bool writes(int movement) {
  return movement == from_high || movement == from_low;
}

struct ArrayDimension {
  std::string name;
  std::int64_t size = 1;
  bool along_y = false;
};

struct MemoryPort {
  std::string name;
  bool reads = false, writes = false, used = false;
  std::int64_t narrowest = 1, widest = 1;  ///< bits
};

struct HardwareMemory {
  std::string name;
  Location where;
  std::int64_t size_bits = 0;
  double read_pj = 0.0, write_pj = 0.0;  ///< of the widest access
  unsigned operands = 0;                 ///< bits of Operand
  unsigned unrolled = 0;                 ///< array dimensions with an instance at each position
  std::vector<MemoryPort> ports;
  std::array<std::array<int, 4>, operand_count> port_of;  ///< by operand and movement; -1: none
  HardwareMemory() {
    for (auto& movements : port_of) movements.fill(-1);
  }
};

std::string small_letters(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

int place_of(const Keys& words, std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() ? -1 : static_cast<int>(found - words.begin());
}

class ZigzagHardwareReader {
 public:
  ZigzagHardwareReader(const Source& source, ImportedMachine& machine) : source_(source), machine_(machine) {}

  /// What is wrong with the file.
  Diagnostics read() {
    read_document(source_.yaml());
    if (!diagnostics_.failed()) build();
    return std::move(diagnostics_);
  }

 private:
  void remark(const char* kind, const char* subject, const char* text, const Location& where) {
    add_remark(machine_.remarks, kind, subject, text, where);
  }

  // Unknown and missing keys of a mapping; false when it is none.
  bool check_keys(const Node& node, const std::string& what, const Keys& keys, const Keys& needed) {
    if (!require_mapping(node, what, diagnostics_)) return false;
    for (const Node::Entry& entry : node.entries()) {
      if (entry.key == tag_key || place_of(keys, entry.key) >= 0) continue;
      const Keys older = {"r_bw",
                          "w_bw",
                          "r_port",
                          "w_port",
                          "rw_port",
                          "min_r_granularity",
                          "min_w_granularity",
                          "multiplier_energy",
                          "multiplier_area"};
      if (place_of(older, entry.key) >= 0)
        diagnostics_.error(entry.where,
                           fmt::format("{} of {}: of an older form of ZigZag's hardware files, whose ports "
                                       "have no bandwidths of their own; not read",
                                       quote(entry.key), what));
      else
        diagnostics_.error(entry.where, fmt::format("{} has the unknown key {}{}", what, quote(entry.key),
                                                    suggestion(entry.key, keys)));
    }
    for (const std::string& key : needed) {
      if (node.find(key) == nullptr) diagnostics_.error(node.location(), fmt::format("{} has no {}", what, quote(key)));
    }
    return true;
  }

  template <class T>
  T value(const Node& node, const char* key, const std::string& of, const Bounds& bounds, T otherwise) {
    const Node* found = node.find(key);
    if (found != nullptr) read_value(*found, fmt::format("{} of {}", key, of), bounds, diagnostics_, otherwise);
    return otherwise;
  }

  // true and True, yes and on, as Python's YAML reads them.
  bool truth(const Node& node, const char* key, const std::string& of) {
    const Node* found = node.find(key);
    if (found == nullptr || found->is_null()) return false;
    const std::string word = small_letters(found->text());
    const bool yes = place_of({"true", "yes", "on"}, word) >= 0;
    if (!yes && place_of({"false", "no", "off"}, word) < 0)
      diagnostics_.error(found->location(),
                         fmt::format("{} of {} must be true or false, found {}", key, of, found->describe()));
    return yes;
  }

  void read_document(const Node& document) {
    if (!check_keys(document, "ZigZag hardware",
                    {"name", "memories", "operational_array", "dataflows", "type", "operator_types"},
                    {"name", "memories", "operational_array"}))
      return;
    machine_.architecture.name = value(document, "name", "the hardware", {}, std::string());
    read_core(document);
    if (const Node* array = document.find("operational_array")) read_array(*array);
    const Node* memories = document.find("memories");
    if (memories == nullptr || !require_mapping(*memories, "memories", diagnostics_)) return;
    if (memories->entries().empty()) diagnostics_.error(memories->location(), "there is no memory");
    for (const Node::Entry& entry : memories->entries()) {
      if (entry.key != tag_key) read_memory(entry);
    }
  }

  // What Stream says of a core beyond ZigZag's keys, and what leaves the search free.
  void read_core(const Node& document) {
    if (const Node* type = document.find("type")) {
      const std::string word = value(document, "type", "the core", {}, std::string());
      if (word != "compute" && word != "zigzag.compute")
        diagnostics_.error(type->location(),
                           fmt::format("a core of type {} is no compute core of ZigZag; not read", quote(word)));
    }
    if (const Node* types = document.find("operator_types"); types != nullptr) {
      const Keys operators = value(document, "operator_types", "the core", {}, Keys());
      const bool multiplies = std::any_of(operators.begin(), operators.end(), [](const std::string& one) {
        const std::string word = small_letters(one);
        return word.find("conv") != std::string::npos || word.find("gemm") != std::string::npos ||
               word.find("matmul") != std::string::npos || word == "einsum";
      });
      if (!operators.empty() && !multiplies)
        diagnostics_.error(types->location(), fmt::format("operator_types: the core runs only {}, which multiply and "
                                                          "accumulate nothing",
                                                          fmt::join(operators, ", ")));
      else
        remark("operator-types", "", "operator_types is not read: no layer is kept from the machine",
               types->location());
    }
    if (const Node* flows = document.find("dataflows"); flows != nullptr && !flows->is_null())
      remark("dataflows", "", "dataflows is not read: which loops are unrolled over the array is left to the search",
             flows->location());
  }

  void read_array(const Node& array) {
    const std::string what = "operational_array";
    const bool in_memory = truth(array, "is_imc", what);
    if (in_memory) {
      diagnostics_.error(array.find("is_imc")->location(), "an array that computes in memory (is_imc) is not read");
      return;
    }
    if (!check_keys(array, what,
                    {"dimensions", "sizes", "is_imc", "input_precision", "unit_energy", "unit_area", "imc_type",
                     "adc_resolution", "bit_serial_precision"},
                    {"dimensions", "sizes", "unit_energy"}))
      return;
    for (const char* key : {"imc_type", "adc_resolution", "bit_serial_precision"}) {
      const Node* found = array.find(key);
      if (found != nullptr && !found->is_null() && found->as_number() != 0.0)
        diagnostics_.error(found->location(),
                           fmt::format("{} belongs to an array that computes in memory; not read", key));
    }
    unit_pj_ = value(array, "unit_energy", what, at_least(0), 0.0);
    if (value(array, "unit_area", what, at_least(0), 0.0) > 0.0) remark_area(array.find("unit_area")->location());
    read_dimensions(array);
    read_precision(array);
  }

  void read_dimensions(const Node& array) {
    const Node *dimensions = array.find("dimensions"), *sizes = array.find("sizes");
    if (dimensions == nullptr || sizes == nullptr || !require_sequence(*dimensions, "dimensions", diagnostics_) ||
        !require_sequence(*sizes, "sizes", diagnostics_))
      return;
    if (dimensions->items().size() != sizes->items().size() || dimensions->items().empty()) {
      diagnostics_.error(sizes->location(), fmt::format("{} sizes for {} dimensions of the operational_array",
                                                        sizes->items().size(), dimensions->items().size()));
      return;
    }
    if (dimensions->items().size() > most_array_dimensions) {
      diagnostics_.error(dimensions->location(), fmt::format("{} dimensions, allowed are {}",
                                                             dimensions->items().size(), most_array_dimensions));
      return;
    }
    std::int64_t units = 1;
    for (std::size_t i = 0; i < dimensions->items().size(); ++i) {
      const Node& title = dimensions->items()[i];
      ArrayDimension one;
      read_value(title, "a dimension of the operational_array", {}, diagnostics_, one.name);
      if (dimension(one.name) >= 0)
        diagnostics_.error(title.location(), fmt::format("the dimension {} stands twice", quote(one.name)));
      const Node& size = sizes->items()[i];
      if (size.as_integer() == 0)
        diagnostics_.error(size.location(), fmt::format("{} has the size 0: a core without multiply-accumulate units, "
                                                        "which is not read",
                                                        one.name));
      else
        read_value(size, fmt::format("the size of {}", one.name), between(1, most_extent), diagnostics_, one.size);
      if (one.size > most_extent / units) {
        diagnostics_.error(size.location(), "more than 2147483647 units");
        one.size = 1;
      }
      units *= one.size;
      dimensions_.push_back(std::move(one));
    }
  }

  void read_precision(const Node& array) {
    const Node* precision = array.find("input_precision");
    if (precision == nullptr) {
      remark("word-bits", "",
             "words are 8 bit, as the file gives no input_precision, and 16 bit where only partial sums are kept "
             "(ZigZag's default); tensors whose width the workload says (word_bits, operand_precision) take their own",
             array.location());
      return;
    }
    std::vector<int> bits;
    if (!read_value(*precision, "input_precision", between(1, 512), diagnostics_, bits)) return;
    if (bits.size() != 2) {
      diagnostics_.error(precision->location(),
                         fmt::format("input_precision has the bits of I1 and of I2, found {} numbers", bits.size()));
      return;
    }
    word_bits_ = {bits[0], bits[1], 2 * bits[0]};
    remark("word-bits", "",
           "words are as wide as input_precision says, and twice as wide as an input where only partial sums are kept "
           "(ZigZag's default); tensors whose width the workload says (word_bits, operand_precision) take their own",
           precision->location());
  }

  void remark_area(const Location& where) { remark("area", "area", "ZigZag's areas have no unit; not read", where); }

  int dimension(std::string_view name) const {
    for (std::size_t i = 0; i < dimensions_.size(); ++i)
      if (dimensions_[i].name == name) return static_cast<int>(i);
    return -1;
  }

  void read_memory(const Node::Entry& entry) {
    const Node& node = entry.value;
    const std::string of = quote(entry.key);
    HardwareMemory memory;
    memory.name = entry.key;
    memory.where = entry.where;
    if (node.is_mapping() && truth(node, "auto_cost_extraction", of)) {
      diagnostics_.error(node.find("auto_cost_extraction")->location(),
                         fmt::format("auto_cost_extraction of {}: CACTI's costs are not computed here; give r_cost and "
                                     "w_cost",
                                     of));
    }
    if (!check_keys(node, of,
                    {"size", "r_cost", "w_cost", "area", "latency", "mem_type", "auto_cost_extraction", "operands",
                     "ports", "served_dimensions"},
                    {"size", "r_cost", "w_cost", "operands", "ports", "served_dimensions"}))
      return;
    memory.size_bits = value(node, "size", of, between(1, 1e15), std::int64_t{1});
    memory.read_pj = value(node, "r_cost", of, at_least(0), 0.0);
    memory.write_pj = value(node, "w_cost", of, at_least(0), 0.0);
    if (value(node, "area", of, at_least(0), 0.0) > 0.0) remark_area(node.find("area")->location());
    if (value(node, "latency", of, between(0, most_extent), std::int64_t{1}) != 1)
      remark("latency", "level", "the latency is not 1; not read, nor used by ZigZag's own model",
             node.find("latency")->location());
    if (node.find("mem_type") != nullptr)
      remark("mem-type", "level", "mem_type chooses among CACTI's models; not read where the costs are given",
             node.find("mem_type")->location());
    read_operands(node, of, memory);
    read_served(node, of, memory);
    read_ports(node, of, memory);
    memories_.push_back(std::move(memory));
  }

  void read_operands(const Node& node, const std::string& of, HardwareMemory& memory) {
    const Node* operands = node.find("operands");
    if (operands == nullptr || !require_sequence(*operands, "operands of " + of, diagnostics_)) return;
    if (operands->items().empty()) diagnostics_.error(operands->location(), fmt::format("{} keeps no operand", of));
    for (const Node& item : operands->items()) {
      const int operand = place_of(operand_names, item.text());
      if (operand >= 0)
        memory.operands |= 1U << operand;
      else
        diagnostics_.error(item.location(), fmt::format("{} is no operand{}", quote(item.text()),
                                                        suggestion(item.text(), operand_names)));
    }
  }

  void read_served(const Node& node, const std::string& of, HardwareMemory& memory) {
    memory.unrolled = (1U << dimensions_.size()) - 1U;
    const Node* served = node.find("served_dimensions");
    if (served == nullptr || !require_sequence(*served, "served_dimensions of " + of, diagnostics_)) return;
    if (dimensions_.empty()) return;  // told before
    Keys names;
    for (const ArrayDimension& one : dimensions_) names.push_back(one.name);
    for (const Node& item : served->items()) {
      const int place = dimension(item.text());
      if (place >= 0)
        memory.unrolled &= ~(1U << place);
      else
        diagnostics_.error(item.location(), fmt::format("{} serves {}, no dimension of the operational_array{}", of,
                                                        quote(item.text()), suggestion(item.text(), names)));
    }
  }

  void read_ports(const Node& node, const std::string& of, HardwareMemory& memory) {
    const Node* ports = node.find("ports");
    if (ports == nullptr || !require_sequence(*ports, "ports of " + of, diagnostics_)) return;
    for (const Node& item : ports->items()) read_port(item, of, memory);
  }

  void read_port(const Node& node, const std::string& of, HardwareMemory& memory) {
    const std::string what = "a port of " + of;
    if (!check_keys(node, what, {"name", "type", "bandwidth_min", "bandwidth_max", "allocation"},
                    {"name", "type", "bandwidth_min", "bandwidth_max", "allocation"}))
      return;
    MemoryPort port;
    port.name = value(node, "name", what, {}, std::string());
    for (const MemoryPort& other : memory.ports)
      if (other.name == port.name)
        diagnostics_.error(node.location(), fmt::format("{} has two ports {}", of, quote(port.name)));
    const std::string type = value(node, "type", what, one_of({"read", "write", "read_write"}), std::string());
    port.reads = type != "write";
    port.writes = type != "read";
    port.narrowest = value(node, "bandwidth_min", what, between(1, most_extent), std::int64_t{1});
    port.widest = value(node, "bandwidth_max", what, between(1, most_extent), most_extent);
    if (port.narrowest > port.widest)
      diagnostics_.error(node.location(), fmt::format("{}: bandwidth_min {} is more than bandwidth_max {}", what,
                                                      port.narrowest, port.widest));
    memory.ports.push_back(std::move(port));
    const Node* allocation = node.find("allocation");
    if (allocation == nullptr || !require_sequence(*allocation, "allocation of " + what, diagnostics_)) return;
    for (const Node& item : allocation->items()) allocate(item, of, memory);
    if (allocation->items().empty())
      remark("unused-port", "port", "nothing moves through it; not read", node.location());
  }

  // "I1, tl": the last port reads I1 out towards the array.
  void allocate(const Node& item, const std::string& of, HardwareMemory& memory) {
    MemoryPort& port = memory.ports.back();
    const std::string& text = item.text();
    const std::size_t comma = text.find(", ");
    const int operand = place_of(operand_names, text.substr(0, comma));
    const int movement = comma == std::string::npos ? -1 : place_of(movement_names, text.substr(comma + 2));
    if (operand < 0 || movement < 0) {
      diagnostics_.error(item.location(),
                         fmt::format("an allocation is an operand and a movement, such as 'I1, tl' (I1, I2, O; fh, tl, "
                                     "fl, th), found {}",
                                     item.describe()));
      return;
    }
    if ((memory.operands >> operand & 1U) == 0) {
      diagnostics_.error(item.location(),
                         fmt::format("{} keeps no {}, and a port moves it", of, operand_names[at(operand)]));
      return;
    }
    if (writes(movement) ? !port.writes : !port.reads) {
      diagnostics_.error(item.location(), fmt::format("{} is a {}, and the port {} of {} does not", quote(text),
                                                      writes(movement) ? "write" : "read", quote(port.name), of));
      return;
    }
    int& own = memory.port_of[at(operand)][at(movement)];
    if (own >= 0) diagnostics_.error(item.location(), fmt::format("{} of {} moves through two ports", quote(text), of));
    own = static_cast<int>(memory.ports.size()) - 1;
    port.used = true;
  }

  // From here on every part is legal for itself.

  std::int64_t positions(unsigned dimensions, std::optional<bool> along_y = {}) const {
    std::int64_t product = 1;
    for (std::size_t i = 0; i < dimensions_.size(); ++i)
      if ((dimensions >> i & 1U) != 0 && (!along_y || dimensions_[i].along_y == *along_y))
        product *= dimensions_[i].size;
    return product;
  }

  std::string names_of(unsigned dimensions) const {
    std::string text;
    for (std::size_t i = 0; i < dimensions_.size(); ++i)
      if ((dimensions >> i & 1U) != 0) text += (text.empty() ? "" : ", ") + dimensions_[i].name;
    return text.empty() ? "none" : text;
  }

  void build() {
    // Instances fall outwards; memories of the same dimensions stay in the order of the file.
    std::stable_sort(memories_.begin(), memories_.end(), [&](const HardwareMemory& a, const HardwareMemory& b) {
      return positions(a.unrolled) > positions(b.unrolled);
    });
    check_chain();
    check_movements();
    if (diagnostics_.failed()) return;
    lay_out();
    if (machine_.architecture.levels.size() > static_cast<std::size_t>(max_levels)) {
      diagnostics_.error(source_.start(), fmt::format("{} storage levels, allowed are {}",
                                                      machine_.architecture.levels.size(), max_levels));
      return;
    }
    for (const std::string& wrong : check(machine_.architecture)) diagnostics_.error(source_.start(), wrong);
  }

  void check_chain() {
    const unsigned all = (1U << dimensions_.size()) - 1U;
    for (std::size_t i = 1; i < memories_.size(); ++i) {
      const HardwareMemory &inner = memories_[i - 1], &outer = memories_[i];
      if ((outer.unrolled & ~inner.unrolled) != 0) {
        diagnostics_.error(outer.where,
                           fmt::format("{} serves {}, {} serves {}: neither stands inside the other, and the memories "
                                       "of our machines stand in one chain",
                                       quote(outer.name), names_of(all & ~outer.unrolled), quote(inner.name),
                                       names_of(all & ~inner.unrolled)));
      } else if (outer.unrolled == inner.unrolled && (outer.operands & inner.operands) == 0) {
        remark("side-by-side", "level",
               "serves the same array dimensions as another one, of other operands; ours stand one inside the other "
               "in the order of the file, ZigZag chooses the loops of each by itself",
               outer.where);
      }
    }
    for (int operand = 0; operand < operand_count; ++operand) check_order(operand);
    const HardwareMemory& outermost = memories_.back();
    for (int operand = 0; operand < operand_count; ++operand) {
      if ((outermost.operands >> operand & 1U) == 0)
        diagnostics_.error(outermost.where,
                           fmt::format("{}, the outermost memory, does not keep {}; ours keeps all of I1, I2 and O",
                                       quote(outermost.name), operand_names[at(operand)]));
    }
  }

  // The memories of an operand are listed from the innermost outwards.
  void check_order(int operand) {
    const HardwareMemory* inner = nullptr;
    for (const HardwareMemory& memory : memories_) {
      if ((memory.operands >> operand & 1U) == 0) continue;
      const bool before =
          inner != nullptr && (memory.where.line < inner->where.line ||
                               (memory.where.line == inner->where.line && memory.where.column < inner->where.column));
      if (before)
        diagnostics_.error(memory.where, fmt::format("{} keeps {} inside {}, which has more instances ({}, {})",
                                                     quote(memory.name), operand_names[at(operand)], quote(inner->name),
                                                     positions(inner->unrolled), positions(memory.unrolled)));
      inner = &memory;
    }
  }

  void check_movements() {
    for (int operand = 0; operand < operand_count; ++operand) {
      const bool result = operand == static_cast<int>(Operand::outputs);
      const HardwareMemory* outermost = nullptr;
      for (const HardwareMemory& memory : memories_)
        if ((memory.operands >> operand & 1U) != 0) outermost = &memory;
      for (const HardwareMemory& memory : memories_) {
        if ((memory.operands >> operand & 1U) == 0) continue;
        const bool top = &memory == outermost;
        for (const auto& [movement, needed] :
             {std::pair(to_low, true), {from_low, result}, {from_high, !top && !result}, {to_high, !top && result}}) {
          if (needed && memory.port_of[at(operand)][at(movement)] < 0)
            diagnostics_.error(memory.where, fmt::format("no port of {} is allocated to '{}, {}'", quote(memory.name),
                                                         operand_names[at(operand)], movement_names[at(movement)]));
        }
      }
    }
  }

  void lay_out() {
    Architecture& machine = machine_.architecture;
    unsigned below = (1U << dimensions_.size()) - 1U;
    const unsigned all = below;
    for (const HardwareMemory& memory : memories_) {
      unsigned fan = below & ~memory.unrolled;
      for (; std::popcount(fan) > 2; fan = below & ~memory.unrolled) {
        below &= ~along_axes(fan);
        spread(memory, below);
      }
      along_axes(fan);
      below = memory.unrolled;
      machine.levels.push_back(level(memory));
      machine_.keeps.push_back(memory.operands);
    }
    along_axes(below);
    machine.compute = {};
    machine.compute.energy_per_op_pj = unit_pj_;
    machine.compute.word_bits = std::max(word_bits_[0], word_bits_[1]);
    machine.compute.mesh_x = positions(all, false);
    machine.compute.mesh_y = positions(all, true);
    machine.compute.instances = machine.compute.mesh_x * machine.compute.mesh_y;
    for (std::size_t i = 0; i < machine.levels.size(); ++i) {
      Level& one = machine.levels[i];
      one.mesh_x = positions(unrolled_[i], false);
      one.mesh_y = positions(unrolled_[i], true);
      one.instances = one.mesh_x * one.mesh_y;
    }
  }

  // The last two dimensions of a fan-out, one along X and one along Y: the first of them along X when it is D1, D3, ...
  unsigned along_axes(unsigned fan) {
    while (std::popcount(fan) > 2) fan &= fan - 1;
    std::optional<bool> along_y;
    for (std::size_t i = 0; i < dimensions_.size(); ++i) {
      if ((fan >> i & 1U) == 0) continue;
      along_y = along_y ? !*along_y : i % 2 != 0;
      dimensions_[i].along_y = *along_y;
    }
    return fan;
  }

  // A level that keeps nothing and stands where `below` is unrolled.
  void spread(const HardwareMemory& memory, unsigned below) {
    Level one;
    one.name = fmt::format("{}_spread{}", memory.name, spreads_++ == 0 ? "" : std::to_string(spreads_));
    one.word_bits = bits_of(memory);
    machine_.architecture.levels.push_back(std::move(one));
    machine_.keeps.push_back(0);
    unrolled_.push_back(below);
    remark("spread", "level",
           "keeps nothing: more than two array dimensions lie below one memory, and a level has X and Y", memory.where);
  }

  // Of partial sums where nothing else is kept; finished results are as wide as the inputs of the next layer.
  int bits_of(const HardwareMemory& memory) const {
    if (memory.operands == operand_bit(Operand::outputs)) return word_bits_[2];
    const bool weights = (memory.operands & operand_bit(Operand::weights)) != 0;
    if (memory.operands == operand_bit(Operand::weights)) return word_bits_[1];
    return weights ? std::max(word_bits_[0], word_bits_[1]) : word_bits_[0];
  }

  Level level(const HardwareMemory& memory) {
    unrolled_.push_back(memory.unrolled);
    Level one;
    one.name = memory.name;
    one.word_bits = bits_of(memory);
    one.capacity_words = memory.size_bits / one.word_bits;
    if (*one.capacity_words == 0)
      diagnostics_.error(memory.where, fmt::format("{} has {} bit and holds no word of {} bit", quote(memory.name),
                                                   memory.size_bits, one.word_bits));
    bandwidths(memory, one);
    energies(memory, one);
    return one;
  }

  // Ports of one direction work side by side.
  void bandwidths(const HardwareMemory& memory, Level& level) {
    double read = 0.0, write = 0.0, both = 0.0;
    int readers = 0, writers = 0;
    for (const MemoryPort& port : memory.ports) {
      if (!port.used) continue;
      double& sum = port.reads && port.writes ? both : port.reads ? read : write;
      sum += static_cast<double>(port.widest) / level.word_bits;
      readers += port.reads ? 1 : 0;
      writers += port.writes ? 1 : 0;
    }
    if (read + both > 0.0 && read + write > 0.0) level.read_bandwidth = read + both;
    if (write + both > 0.0 && read + write > 0.0) level.write_bandwidth = write + both;
    if (both > 0.0) level.shared_bandwidth = read + write + both;
    if (readers > 1 || writers > 1)
      remark("ports", "level", "ports of one direction are added up; which operand moves through which is not kept",
             memory.where);
  }

  // An access moves whole multiples of the narrowest width at a share of the cost of the widest (ZigZag's
  // calc_memory_word_access).
  void energies(const HardwareMemory& memory, Level& level) {
    std::int64_t narrowest = most_extent;
    bool alike = true;
    const MemoryPort* first = nullptr;
    for (const MemoryPort& port : memory.ports) {
      if (!port.used) continue;
      if (first == nullptr) first = &port;
      alike = alike && port.narrowest == first->narrowest;
      narrowest = std::min(narrowest, port.narrowest);
    }
    level.block_size = std::max<std::int64_t>(1, narrowest / level.word_bits);
    const std::int64_t block_bits = level.block_size * level.word_bits;
    const double moved = static_cast<double>(alike ? ceil_div(block_bits, narrowest) * narrowest : block_bits);
    bool priced_alike = true;
    const auto access = [&](double cost, std::initializer_list<Movement> movements) {
      std::int64_t widest = most_extent;
      bool any = false;
      for (const auto& own : memory.port_of) {
        for (const Movement movement : movements) {
          if (own[at(movement)] < 0) continue;
          const std::int64_t width = memory.ports[at(own[at(movement)])].widest;
          priced_alike = priced_alike && (!any || width == widest);
          widest = std::min(widest, width);
          any = true;
        }
      }
      return any ? cost * moved / static_cast<double>(widest) : 0.0;
    };
    level.energy.read_pj = access(memory.read_pj, {to_low, to_high});
    level.energy.fill_pj = access(memory.write_pj, {from_high});
    level.energy.update_pj = access(memory.write_pj, {from_low});
    if (!alike || !priced_alike)
      remark("port-widths", "level",
             "ports differ in width; accesses are as narrow as the narrowest and priced by its widest access",
             memory.where);
  }

  const Source& source_;
  ImportedMachine& machine_;
  Diagnostics diagnostics_;
  std::vector<ArrayDimension> dimensions_;
  std::vector<HardwareMemory> memories_;
  std::vector<unsigned> unrolled_;                         ///< of each level
  std::array<int, operand_count> word_bits_ = {8, 8, 16};  ///< of I1, I2 and partial sums
  double unit_pj_ = 0.0;
  int spreads_ = 0;
};

}  // namespace

bool is_zigzag_hardware(const Node& document) {
  if (!document.is_mapping() || document.find("schema") != nullptr) return false;
  const Node* cores = document.find("cores");
  return document.find("memories") != nullptr || document.find("operational_array") != nullptr ||
         (cores != nullptr && !cores->is_scalar());
}

void read_zigzag_hardware(const Source& source, ImportedMachine& machine, Diagnostics& diagnostics) {
  if (const Node* cores = source.yaml().find("cores")) {
    const std::size_t count = cores->is_mapping() ? cores->entries().size() : cores->items().size();
    diagnostics.error(source.start(), fmt::format("this looks like a Stream system of {} cores; not read: give the "
                                                  "file of one core, which is ZigZag hardware",
                                                  count));
    return;
  }
  const Diagnostics wrong = ZigzagHardwareReader(source, machine).read();
  if (!wrong.failed()) return;
  diagnostics.error(source.start(), "this looks like ZigZag hardware; it becomes none of our machines:");
  for (const Diagnostic& one : wrong.all()) diagnostics.error(one.where, one.message);
}

}  // namespace dovetail
