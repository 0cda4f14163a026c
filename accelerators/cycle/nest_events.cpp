#include <dovetail/accelerators/cycle/nest_events.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <dovetail/accelerators/loop/cost.hpp>
#include <dovetail/accelerators/loop/shape.hpp>
#include <dovetail/accelerators/loop/traffic.hpp>

namespace dovetail {
namespace {

using Offset = std::array<std::int64_t, max_axes>;

class Builder {
 public:
  Builder(const Layer& layer, const Architecture& architecture, const PackedMapping& mapping, const Machine& machine)
      : layer_(layer),
        architecture_(architecture),
        mapping_(mapping),
        machine_(machine),
        shape_(layer),
        tiling_(shape_, mapping, exact_),
        levels_(static_cast<int>(architecture.levels.size())) {
    table_.units_per_cycle = machine.units_per_cycle;
    table_.spill = machine.spill;
    table_.result_latency = machine.result_latency_cycles * machine.units_per_cycle;
  }

  EventTable operator()() {
    for (int level = 1; level < levels_; ++level) add_loops(level);
    count_copies();
    for (int t = 0; t < shape_.tensors; ++t) add_streams(t);
    sort_streams();
    for (Stream& stream : table_.streams) keep_nested(stream);
    if (machine_.passes) find_pass();
    number_ports();
    table_.step_cycles = {step_cycles(false), step_cycles(true)};
    if (machine_.host_cycles > 0) {
      table_.host_cycles = machine_.host_cycles * machine_.units_per_cycle;
      table_.host_loop = 0;
      while (table_.host_loop < static_cast<int>(table_.loops.size()) &&
             table_.loops[static_cast<std::size_t>(table_.host_loop)].level < levels_ - 1)
        ++table_.host_loop;
    }
    return std::move(table_);
  }

 private:
  const Level& level(int i) const { return architecture_.levels[static_cast<std::size_t>(i)]; }
  const PackedLevel& loops_of(int i) const { return mapping_.levels[static_cast<std::size_t>(i)]; }
  bool keeps(int i, int t) const { return (loops_of(i).keep >> t & 1U) != 0; }
  const ShapeTensor& tensor(int t) const { return shape_.tensor[static_cast<std::size_t>(t)]; }
  const MachineLevel& timing(int i) const {
    return i == 0 ? machine_.innermost : i + 1 == levels_ ? machine_.outermost : machine_.middle;
  }

  void add_loops(int i) {
    const PackedLevel& own = loops_of(i);
    int output = 0;
    for (int t = 0; t < shape_.tensors; ++t) output = tensor(t).written ? t : output;
    for (int p = shape_.dimensions - 1; p >= 0; --p) {
      const int d = own.order[static_cast<std::size_t>(p)];
      const std::int64_t trips = own.temporal[static_cast<std::size_t>(d)];
      if (trips == 1) continue;
      table_.loops.push_back({trips, trips, -1, d, i, (tensor(output).relevant >> d & 1U) == 0});
    }
  }

  /// Distinct copies that one instance of a level hands down to its children.
  void count_copies() {
    for (int i = 0; i < levels_; ++i)
      for (int t = 0; t < shape_.tensors; ++t) {
        const Extents& spatial = tiling_.spatial[static_cast<std::size_t>(i)];
        double distinct = 1.0;
        bool meets = false;  // two unrolled dimensions on one axis: children may coincide
        if (!machine_.multicast) {
          for (int d = 0; d < shape_.dimensions; ++d)
            distinct *= static_cast<double>(spatial[static_cast<std::size_t>(d)]);
        } else {
          for (int d = 0; d < shape_.dimensions; ++d)
            if (tensor(t).relevant >> d & 1U) distinct *= static_cast<double>(spatial[static_cast<std::size_t>(d)]);
          for (std::size_t a = 0; a < static_cast<std::size_t>(tensor(t).axes); ++a) {
            int unrolled = 0;
            for (std::size_t k = 0; k < static_cast<std::size_t>(tensor(t).axis[a].terms); ++k)
              unrolled += spatial[static_cast<std::size_t>(tensor(t).axis[a].dimension[k])] > 1;
            meets = meets || unrolled > 1;
          }
          if (meets || !tensor(t).separable) {
            distinct = 0.0;
            for (const GroupCensus& g : groups_of_children(shape_, tensor(t), mapping_, tiling_, i,
                                                           {fanout_x(architecture_, i), fanout_y(architecture_, i)}))
              distinct += static_cast<double>(g.groups);
          }
        }
        copies_[static_cast<std::size_t>(i)][static_cast<std::size_t>(t)] = distinct;
      }
  }
  double copies(int from, int to, int t) const {  // product over the levels from .. to
    double product = 1.0;
    for (int i = from; i <= to; ++i) product *= copies_[static_cast<std::size_t>(i)][static_cast<std::size_t>(t)];
    return product;
  }

  void add_streams(int t) {
    int child = -1;
    for (int i = 0; i < levels_; ++i) {
      if (!keeps(i, t)) continue;
      if (child < 0)
        innermost_[static_cast<std::size_t>(t)] = i;
      else
        add_stream(t, child, i);
      child = i;
    }
  }

  void add_stream(int t, int child, int parent) {
    Stream s;
    s.output = tensor(t).written;
    s.tensor = t;
    s.child_level = child;
    s.parent_level = parent;
    const int count = static_cast<int>(table_.loops.size());
    while (s.first_loop < count && table_.loops[static_cast<std::size_t>(s.first_loop)].level <= child) ++s.first_loop;
    const int stride = machine_.ports == PortMap::shared       ? 1
                       : machine_.ports == PortMap::read_write ? 2
                                                               : 2 * shape_.tensors;
    const int own = machine_.ports == PortMap::per_tensor ? 2 * t : 0;
    s.read_port = (parent - 1) * stride + own;
    s.write_port = s.read_port + (machine_.ports == PortMap::shared ? 0 : 1);
    s.depth = depth(child);
    s.feeds = child == innermost_[static_cast<std::size_t>(t)];
    s.latency = timing(parent).latency_cycles;
    for (int i = child + 1; i <= parent; ++i)
      s.latency += s.output ? level(i).network.drain_latency_cycles : level(i).network.fill_latency_cycles;
    s.latency *= machine_.units_per_cycle;

    const Extents& box = tiling_.tile[static_cast<std::size_t>(child)];
    const Offset length = lengths(tensor(t), box);
    std::int64_t whole = 1;
    for (std::size_t a = 0; a < static_cast<std::size_t>(tensor(t).axes); ++a) whole *= length[a];
    const Runs runs = contiguous_runs(tensor(t), box, shape_.extent);
    const double fan = copies(child + 1, parent, t);
    const auto movement = [&](std::int64_t words, bool moves) {
      Movement m;
      m.moves = moves;
      if (!moves) return m;
      m.child_words = words;
      m.words = std::llround(static_cast<double>(words) * fan);
      const double share = static_cast<double>(words) / static_cast<double>(whole);
      m.cycles = units(
          read_cycles(t, child, parent, static_cast<double>(m.words), static_cast<double>(words), runs, fan, share));
      m.back_cycles = units(write_cycles(t, parent, static_cast<double>(m.words), runs, fan, share));
      return m;
    };
    // traffic.hpp: T_j = v_j - sum of the inner v; nothing for zero, the overlap saved for the first non-zero vector.
    Extents inner = box;
    Offset sum{};
    Offset first{};
    bool any = false;
    int position = s.first_loop;
    s.movements.reserve(static_cast<std::size_t>(count - s.first_loop + 1));
    for (int i = child + 1; i < levels_; ++i) {
      for (int d = 0; d < shape_.dimensions; ++d)
        inner[static_cast<std::size_t>(d)] *= tiling_.spatial[static_cast<std::size_t>(i)][static_cast<std::size_t>(d)];
      for (; position < count && table_.loops[static_cast<std::size_t>(position)].level == i; ++position) {
        const NestLoop& loop = table_.loops[static_cast<std::size_t>(position)];
        const auto d = static_cast<std::size_t>(loop.dimension);
        Offset step{};
        for (std::size_t a = 0; a < static_cast<std::size_t>(tensor(t).axes); ++a)
          for (std::size_t k = 0; k < static_cast<std::size_t>(tensor(t).axis[a].terms); ++k)
            if (tensor(t).axis[a].dimension[k] == loop.dimension)
              step[a] += tensor(t).axis[a].coefficient[k] * inner[d];
        Offset jump{};
        bool zero = true;
        for (std::size_t a = 0; a < max_axes; ++a)
          jump[a] = step[a] - sum[a], zero = zero && jump[a] == 0, sum[a] += step[a];
        inner[d] *= loop.trips;
        if (machine_.reload_always && !s.output) {
          s.movements.push_back(movement(whole, true));
          continue;
        }
        if (zero) {
          s.movements.push_back(movement(0, false));
          continue;
        }
        if (!any) first = jump, any = true;
        std::int64_t stays = 0;
        if (jump == first) {
          stays = 1;
          for (std::size_t a = 0; a < static_cast<std::size_t>(tensor(t).axes); ++a)
            stays *= std::max<std::int64_t>(0, length[a] - std::abs(jump[a]));
        }
        s.movements.push_back(movement(whole - stays, true));
      }
    }
    s.movements.push_back(movement(whole, true));  // the first step
    s.own_update = machine_.update_by_tile && s.output && tiles_between_visits(s) > s.depth;
    table_.streams.push_back(std::move(s));
  }

  /// Tiles of a stream of outputs from one visit of a tile to the next, at least.
  std::int64_t tiles_between_visits(const Stream& s) const {
    std::int64_t tiles = 1;
    for (std::size_t i = static_cast<std::size_t>(s.first_loop); i < table_.loops.size(); ++i) {
      const NestLoop& loop = table_.loops[i];
      if (loop.reduction && tiles > 1) return tiles;
      if (!loop.reduction) tiles *= loop.trips;
    }
    return std::numeric_limits<std::int64_t>::max();
  }

  /// The stream of weights that feeds the units.
  void find_pass() {
    for (std::size_t s = 0; s < table_.streams.size(); ++s) {
      const Stream& stream = table_.streams[s];
      if (stream.feeds && layer_.tensors[static_cast<std::size_t>(stream.tensor)].name == "Weights")
        table_.pass = static_cast<int>(s);
    }
  }

  static Offset lengths(const ShapeTensor& tensor, const Extents& box) {
    Offset length{};
    for (std::size_t a = 0; a < static_cast<std::size_t>(tensor.axes); ++a) {
      length[a] = 1;
      for (std::size_t k = 0; k < static_cast<std::size_t>(tensor.axis[a].terms); ++k)
        length[a] += tensor.axis[a].coefficient[k] * (box[static_cast<std::size_t>(tensor.axis[a].dimension[k])] - 1);
    }
    return length;
  }

  std::int64_t units(double cycles) const {
    return static_cast<std::int64_t>(
        std::ceil(std::min(cycles * static_cast<double>(machine_.units_per_cycle), 0x1p56) - 1e-6));
  }
  double rate(int i, int t) const {  // memory words per tensor word
    const int bits = layer_.tensors[static_cast<std::size_t>(t)].word_bits;
    return bits == 0 ? 1.0 : static_cast<double>(bits) / level(i).word_bits;
  }
  double own_bus(int parent, int t) const {  // width of a tensor's bus below a level
    const MachineLevel& at = timing(parent);
    if (tensor(t).written) return at.output_width;
    return layer_.tensors[static_cast<std::size_t>(t)].name == "Weights" ? at.weight_width : at.input_width;
  }
  static double over(double words, double width) { return width > 0.0 && std::isfinite(width) ? words / width : 0.0; }

  double preset_cycles(const TransferTiming& timing_of, double words, Runs runs, double fan, double share) const {
    if (timing_of == TransferTiming{} || words == 0.0) return 0.0;
    const double pieces = std::max(1.0, std::ceil(runs.runs * fan * share));
    return transfer_cycles(timing_of, pieces, words / pieces);
  }

  double read_cycles(int t, int child, int parent, double words, double child_words, Runs runs, double fan,
                     double share) const {
    double cycles = std::max(preset_cycles(timing(parent).read, words * rate(parent, t), runs, fan, share),
                             over(words, own_bus(parent, t)));
    if (!machine_.bandwidths_of_document) return cycles;
    const Bandwidth from(level(parent)), to(level(child));
    cycles = std::max({cycles, over(words * rate(parent, t), from.read), over(words * rate(parent, t), from.shared)});
    return std::max(
        {cycles, over(child_words * rate(child, t), to.write), over(child_words * rate(child, t), to.shared)});
  }

  double write_cycles(int t, int parent, double words, Runs runs, double fan, double share) const {
    double cycles = std::max(preset_cycles(timing(parent).write, words * rate(parent, t), runs, fan, share),
                             over(words, own_bus(parent, t)));
    if (!machine_.bandwidths_of_document) return cycles;
    const Bandwidth to(level(parent));
    return std::max({cycles, over(words * rate(parent, t), to.write), over(words * rate(parent, t), to.shared)});
  }

  int depth(int child) const {
    const Level& at = level(child);
    if (!machine_.depth_by_capacity || !at.capacity_words) return machine_.depth;
    double used = 0.0;
    for (int t = 0; t < shape_.tensors; ++t) {
      if (!keeps(child, t)) continue;
      const Offset length = lengths(tensor(t), tiling_.tile[static_cast<std::size_t>(child)]);
      double words = rate(child, t);
      for (std::size_t a = 0; a < static_cast<std::size_t>(tensor(t).axes); ++a)
        words *= static_cast<double>(length[a]);
      used += words;
    }
    const double fit = std::floor(static_cast<double>(*at.capacity_words) / std::max(1.0, used));
    return static_cast<int>(std::clamp(fit, 1.0, static_cast<double>(machine_.depth)));
  }

  /// Inputs from the outermost boundary inwards, tensors in the layer's order; then outputs likewise; parents found.
  void sort_streams() {
    auto& streams = table_.streams;
    std::stable_sort(streams.begin(), streams.end(), [](const Stream& a, const Stream& b) {
      if (a.output != b.output) return !a.output;
      return a.child_level != b.child_level ? a.child_level > b.child_level : a.tensor < b.tensor;
    });
    for (Stream& s : streams) {
      table_.inputs += s.output ? 0 : 1;
      for (std::size_t u = 0; u < streams.size(); ++u)
        if (streams[u].tensor == s.tensor && streams[u].child_level == s.parent_level) s.parent = static_cast<int>(u);
    }
  }

  /// A tile that changes above also changes below, if only by zero words.
  void keep_nested(Stream& s) {
    if (s.parent < 0) return;
    const Stream& above = table_.streams[static_cast<std::size_t>(s.parent)];
    for (std::size_t j = 0; j < above.movements.size(); ++j) {
      Movement& m = s.movements[j + static_cast<std::size_t>(above.first_loop - s.first_loop)];
      m.moves = m.moves || above.movements[j].moves;
    }
  }

  /// Only ports that something uses, in their order: a small state is a fast one.
  void number_ports() {
    std::array<int, 4 * max_levels * max_tensors> number{};
    for (Stream& s : table_.streams) {
      if (!s.output) s.write_port = s.read_port;
      number[static_cast<std::size_t>(s.read_port)] = number[static_cast<std::size_t>(s.write_port)] = 1;
    }
    for (int& used : number) used = used != 0 ? table_.ports++ : -1;
    for (Stream& s : table_.streams) {
      s.read_port = number[static_cast<std::size_t>(s.read_port)];
      s.write_port = number[static_cast<std::size_t>(s.write_port)];
    }
  }

  /// Time units of one step: max(occupancy of the array, operand words / bandwidth of the level that feeds it).
  std::int64_t step_cycles(bool revisit) const {
    double steps = 1.0;
    for (int d = 0; d < shape_.dimensions; ++d) steps *= loops_of(0).temporal[static_cast<std::size_t>(d)];
    double cycles = machine_.systolic ? fold_cycles(steps) : steps;
    if (machine_.bandwidths_of_document) {
      for (int i = 0; i < levels_; ++i) {
        double read = 0.0, written = 0.0;
        for (int t = 0; t < shape_.tensors; ++t) {
          if (innermost_[static_cast<std::size_t>(t)] != i) continue;
          const double words = steps * copies(0, i, t) * rate(i, t);
          if (!tensor(t).written) {
            read += words;
            continue;
          }
          written += words;
          double fresh = 0.0;
          if (!revisit) {  // the first sum of every word finds nothing to add to
            Extents box = tiling_.tile[0];
            for (int above = 1; above <= i; ++above)
              for (int d = 0; d < shape_.dimensions; ++d)
                box[static_cast<std::size_t>(d)] *=
                    tiling_.spatial[static_cast<std::size_t>(above)][static_cast<std::size_t>(d)];
            fresh = rate(i, t);
            const Offset length = lengths(tensor(t), box);
            for (std::size_t a = 0; a < static_cast<std::size_t>(tensor(t).axes); ++a)
              fresh *= static_cast<double>(length[a]);
          }
          read += std::max(0.0, words - fresh);
        }
        const Bandwidth at(level(i));
        cycles = std::max({cycles, over(read, at.read), over(written, at.write), over(read + written, at.shared)});
      }
    }
    return std::max<std::int64_t>(1, units(cycles));
  }

  /// A fold of the whole array: R rows, C columns, T streamed elements (section 2.4 of the semantics).
  double fold_cycles(double steps) const {
    const auto rows = static_cast<double>(architecture_.compute.mesh_y),
               columns = static_cast<double>(architecture_.compute.mesh_x);
    bool reduces = false, streams_output = false;
    for (int d = 0; d < shape_.dimensions; ++d) {
      if (loops_of(0).temporal[static_cast<std::size_t>(d)] == 1) continue;
      for (int t = 0; t < shape_.tensors; ++t)
        if (tensor(t).written) ((tensor(t).relevant >> d & 1U) != 0 ? streams_output : reduces) = true;
    }
    const bool output_stationary = reduces && !streams_output;
    switch (machine_.overlap) {
      case ArrayOverlap::none:
        return (output_stationary ? rows : 2 * rows) + columns + steps - 2;
      case ArrayOverlap::weights:
        return rows + columns + steps - 2;
      case ArrayOverlap::full:
        return std::max(steps, output_stationary ? 1.0 : rows);
    }
    return steps;
  }

  const Layer& layer_;
  const Architecture& architecture_;
  const PackedMapping& mapping_;
  const Machine& machine_;
  CheckedArithmetic exact_;
  LoopShape shape_;
  Tiling tiling_;
  int levels_;
  EventTable table_;
  std::array<std::array<double, max_tensors>, max_levels> copies_{};
  std::array<int, max_tensors> innermost_{};
};

}  // namespace

EventTable nest_events(const Layer& layer, const Architecture& architecture, const PackedMapping& mapping,
                       const Machine& machine) {
  const Layer covered = covered_layer(layer, mapping);
  return Builder(covered, architecture, mapping, machine)();
}

Layer covered_layer(const Layer& layer, const PackedMapping& mapping) {
  Layer covered = layer;
  for (std::size_t d = 0; d < mapping.dimension_count; ++d) {
    std::int64_t extent = 1;
    for (std::size_t i = 0; i < mapping.level_count; ++i) {
      const PackedLevel& own = mapping.levels[i];
      extent *= static_cast<std::int64_t>(own.temporal[d]) * own.spatial_x[d] * own.spatial_y[d];
    }
    covered.dimensions[d].extent = std::max(extent, layer.dimensions[d].extent);
  }
  return covered;
}

}  // namespace dovetail
