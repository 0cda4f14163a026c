// Real data moved by the event table: the convolution comes out, and the words are those that the loop model counts.
#include <map>
#include <numeric>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/cycle/naive_timeline.hpp>
#include <dovetail/accelerators/cycle/nest_events.hpp>
#include <dovetail/accelerators/cycle/skip_ahead.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>

using namespace dovetail;

namespace {

using Element = std::vector<std::int64_t>;  ///< coordinates on the tensor's axes
using Buffer = std::map<Element, double>;

struct Case {
  Layer layer;
  Architecture architecture;
  Mapping mapping;
};

std::int64_t pick(std::mt19937_64& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
}

/// A small convolution or matrix product on three or four levels, with bypass and fan-out.
Case random_case(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Case c;
  const std::int64_t sizes[] = {1, 2, 3, 4, 6};
  const auto size = [&] { return sizes[pick(random, 0, 4)]; };
  if (pick(random, 0, 2) == 0) {
    c.layer = make_matmul({.name = "product", .rows = size(), .columns = size() * 2, .depth = size()});
  } else {
    ConvShape shape;
    shape.in_channels = pick(random, 1, 2) * 2, shape.out_channels = size();
    shape.out_height = size(), shape.out_width = pick(random, 1, 4);
    shape.kernel_height = pick(random, 1, 3), shape.kernel_width = pick(random, 1, 2);
    shape.stride_height = shape.stride_width = pick(random, 1, 2);
    c.layer = make_conv(shape);
  }
  const int levels = static_cast<int>(pick(random, 3, 4));
  const std::int64_t x[] = {16, 4, 2, 1}, y[] = {4, 2, 1, 1};
  c.architecture.compute = {.name = "MAC", .instances = 64, .mesh_x = 16, .mesh_y = 4};
  for (int l = 0; l < levels; ++l) {
    Level level;
    level.name = "level" + std::to_string(l);
    const int at = l + 1 == levels ? 3 : l + 1;
    level.mesh_x = x[at], level.mesh_y = y[at], level.instances = x[at] * y[at];
    level.read_bandwidth = static_cast<double>(pick(random, 1, 8));
    level.write_bandwidth = static_cast<double>(pick(random, 1, 8));
    c.architecture.levels.push_back(level);
  }
  c.mapping.levels.resize(static_cast<std::size_t>(levels));
  for (int l = 0; l < levels; ++l) {
    MappingLevel& level = c.mapping.levels[static_cast<std::size_t>(l)];
    for (int t = 0; t < 3; ++t)
      if (l + 1 == levels || pick(random, 0, 5) > 0) level.keep |= 1U << t;
  }
  for (int d = 0; d < static_cast<int>(c.layer.dimensions.size()); ++d) {
    std::int64_t rest = c.layer.dimensions[static_cast<std::size_t>(d)].extent;
    while (rest > 1) {
      std::int64_t factor = 2;
      while (rest % factor != 0) ++factor;
      rest /= factor;
      MappingLevel& level = c.mapping.levels[static_cast<std::size_t>(pick(random, 0, levels - 1))];
      const auto kind = pick(random, 0, 5);
      auto& loops = kind == 0 ? level.spatial_x : kind == 1 ? level.spatial_y : level.temporal;
      bool merged = false;
      for (Loop& loop : loops)
        if (loop.dimension == d) loop.factor *= factor, merged = true;
      if (!merged) loops.insert(loops.begin() + pick(random, 0, static_cast<std::int64_t>(loops.size())), {d, factor});
    }
  }
  return c;
}

/// Everything that moves, kept in maps.
class Movement_of_data {
 public:
  Movement_of_data(const Case& c, const EventTable& table)
      : case_(c),
        table_(table),
        held_(table.streams.size()),
        boxes_(table.streams.size()) {
    const auto levels = c.mapping.levels.size(), dimensions = c.layer.dimensions.size();
    inner_.assign(levels, std::vector<std::int64_t>(dimensions, 1)), spatial_ = tile_ = inner_;
    std::vector<std::int64_t> product(dimensions, 1);
    for (std::size_t l = 0; l < levels; ++l) {
      inner_[l] = product;  // of everything inside this level's spatial loops
      for (const auto* list : {&c.mapping.levels[l].spatial_x, &c.mapping.levels[l].spatial_y})
        for (const Loop& loop : *list)
          spatial_[l][static_cast<std::size_t>(loop.dimension)] *= loop.factor,
              product[static_cast<std::size_t>(loop.dimension)] *= loop.factor;
      for (const Loop& loop : c.mapping.levels[l].temporal)
        product[static_cast<std::size_t>(loop.dimension)] *= loop.factor;
      tile_[l] = product;
    }
    memory_.resize(c.layer.tensors.size());
    for (std::size_t t = 0; t < memory_.size(); ++t) {
      std::vector<std::vector<std::int64_t>> all;
      for (const Dimension& d : c.layer.dimensions) {
        all.emplace_back(static_cast<std::size_t>(d.extent));
        std::iota(all.back().begin(), all.back().end(), 0);
      }
      for (const Element& e : elements_of(t, all)) memory_[t][e] = c.layer.tensors[t].written ? 0.0 : value(t, e);
    }
  }

  void operator()(const TimelineEvent& event, const std::vector<std::int64_t>& indices) {
    if (event.kind == TimelineEvent::Kind::write_back) return write_back(static_cast<std::size_t>(event.stream));
    if (event.kind == TimelineEvent::Kind::read)
      return read(static_cast<std::size_t>(event.stream), event.words, indices);
    // Output tiles that are new and were not read begin at zero, outermost first.
    for (std::size_t s = static_cast<std::size_t>(table_.inputs); s < table_.streams.size(); ++s)
      take(s, indices, false, 0);
    step(indices);
  }

  bool right() const {
    const Layer& layer = case_.layer;
    const auto out = static_cast<std::size_t>(written_tensor(layer));
    Buffer expected;
    std::vector<std::int64_t> index(layer.dimensions.size(), 0);
    while (true) {
      double product = 1.0;
      for (std::size_t t = 0; t < layer.tensors.size(); ++t)
        if (t != out) product *= value(t, project(t, index));
      expected[project(out, index)] += product;
      std::size_t d = 0;
      for (; d < index.size() && ++index[d] == layer.dimensions[d].extent; ++d) index[d] = 0;
      if (d == index.size()) break;
    }
    return expected == memory_[out];
  }

  int missing = 0;  ///< elements that a step or a transfer needed and did not find

 private:
  static double value(std::size_t tensor, const Element& e) {  // small whole numbers: sums are exact
    std::int64_t v = static_cast<std::int64_t>(tensor) * 3 + 1;
    for (const std::int64_t x : e) v = (v * 7 + x * 5 + 2) % 11;
    return static_cast<double>(v - 5);
  }
  Element project(std::size_t t, const std::vector<std::int64_t>& index) const {
    Element e;
    for (const Axis& axis : case_.layer.tensors[t].axes) {
      std::int64_t at = 0;
      for (const AxisTerm& term : axis) at += term.coefficient * index[static_cast<std::size_t>(term.dimension)];
      e.push_back(at);
    }
    return e;
  }
  std::set<Element> elements_of(std::size_t t, const std::vector<std::vector<std::int64_t>>& sets) const {
    std::set<Element> out;
    std::vector<std::size_t> at(sets.size(), 0);
    while (true) {
      std::vector<std::int64_t> index;
      for (std::size_t d = 0; d < sets.size(); ++d) index.push_back(sets[d][at[d]]);
      out.insert(project(t, index));
      std::size_t d = 0;
      for (; d < sets.size() && ++at[d] == sets[d].size(); ++d) at[d] = 0;
      if (d == sets.size()) return out;
    }
  }
  /// Indices of every dimension that all instances of a level hold together.
  std::vector<std::vector<std::int64_t>> covered(int level, const std::vector<std::int64_t>& indices) const {
    std::vector<std::vector<std::int64_t>> sets;
    for (std::size_t d = 0; d < case_.layer.dimensions.size(); ++d) {
      std::vector<std::int64_t> set(static_cast<std::size_t>(tile_[static_cast<std::size_t>(level)][d]));
      std::iota(set.begin(), set.end(), 0);
      for (std::size_t l = static_cast<std::size_t>(level) + 1; l < tile_.size(); ++l) {
        std::vector<std::int64_t> wider;
        for (std::int64_t j = 0; j < spatial_[l][d]; ++j)
          for (const std::int64_t i : set) wider.push_back(i + j * inner_[l][d]);
        std::int64_t offset = 0;
        for (std::size_t k = 0; k < table_.loops.size(); ++k)
          if (table_.loops[k].dimension == static_cast<int>(d) && table_.loops[k].level == static_cast<int>(l))
            offset = indices[k] * inner_[l][d] * spatial_[l][d];
        for (std::int64_t& i : wider) i += offset;
        set = std::move(wider);
      }
      sets.push_back(std::move(set));
    }
    return sets;
  }
  Buffer& parent_of(std::size_t s) {
    const Stream& stream = table_.streams[s];
    return stream.parent < 0 ? memory_[static_cast<std::size_t>(stream.tensor)]
                             : held_[static_cast<std::size_t>(stream.parent)];
  }

  void take(std::size_t s, const std::vector<std::int64_t>& indices, bool load, std::int64_t) {
    const Stream& stream = table_.streams[s];
    const std::set<Element> box =
        elements_of(static_cast<std::size_t>(stream.tensor), covered(stream.child_level, indices));
    if (!load && box == boxes_[s]) return;
    Buffer next;
    for (const Element& e : box) {
      const auto mine = held_[s].find(e);
      if (!stream.output && mine != held_[s].end()) {
        next.insert(*mine);
        continue;
      }
      const auto above = parent_of(s).find(e);
      if (load && above == parent_of(s).end()) ++missing;
      next[e] = load && above != parent_of(s).end() ? above->second : 0.0;
    }
    held_[s] = std::move(next);
    boxes_[s] = box;
  }
  void read(std::size_t s, std::int64_t words, const std::vector<std::int64_t>& indices) {
    take(s, indices, true, words);
  }
  void write_back(std::size_t s) {
    Buffer& above = parent_of(s);
    for (const auto& [e, v] : held_[s]) {
      if (above.find(e) == above.end()) ++missing;
      above[e] = v;
    }
    boxes_[s].clear();
  }
  Buffer& innermost(std::size_t t) {
    Buffer* at = &memory_[t];
    int level = 1 << 20;
    for (std::size_t s = 0; s < table_.streams.size(); ++s)
      if (static_cast<std::size_t>(table_.streams[s].tensor) == t && table_.streams[s].child_level < level)
        at = &held_[s], level = table_.streams[s].child_level;
    return *at;
  }
  void step(const std::vector<std::int64_t>& indices) {
    const auto sets = covered(0, indices);
    const Layer& layer = case_.layer;
    const auto out = static_cast<std::size_t>(written_tensor(layer));
    std::vector<std::size_t> at(sets.size(), 0);
    while (true) {
      std::vector<std::int64_t> index;
      for (std::size_t d = 0; d < sets.size(); ++d) index.push_back(sets[d][at[d]]);
      double product = 1.0;
      for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
        if (t == out) continue;
        const auto found = innermost(t).find(project(t, index));
        if (found == innermost(t).end())
          ++missing;
        else
          product *= found->second;
      }
      innermost(out)[project(out, index)] += product;
      std::size_t d = 0;
      for (; d < sets.size() && ++at[d] == sets[d].size(); ++d) at[d] = 0;
      if (d == sets.size()) return;
    }
  }

  const Case& case_;
  const EventTable& table_;
  std::vector<std::vector<std::int64_t>> inner_, spatial_, tile_;
  std::vector<Buffer> held_, memory_;
  std::vector<std::set<Element>> boxes_;
};

}  // namespace

TEST_CASE("data moved by the events gives the layer's result, and words equal the loop model's counts") {
  int checked = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const Case c = random_case(seed);
    const Evaluation loop = LoopModel().evaluate(c.layer, c.architecture, c.mapping);
    if (!loop.valid()) continue;
    CAPTURE(seed);
    ++checked;
    const EventTable table = nest_events(c.layer, c.architecture, pack(c.layer, c.mapping), *find_machine("ideal"));
    const TimelineResult run = run_skip_ahead(table, true);
    for (std::size_t s = 0; s < table.streams.size(); ++s) {
      const Stream& stream = table.streams[s];
      const TensorCounts& parent =
          loop.levels[static_cast<std::size_t>(stream.parent_level)].tensors[static_cast<std::size_t>(stream.tensor)];
      CHECK(run.words[s] == parent.reads);
      if (stream.output) CHECK(run.back_words[s] == parent.updates);
    }
    CHECK(CycleModel().evaluate(c.layer, c.architecture, c.mapping).cycles >= loop.cycles);
    if (table.steps() > 3000) continue;
    // Where Timeloop's walk calls a moved window stationary, its count is too small for real data: the machine that
    // always loads again has no such steps.
    Machine always = *find_machine("ideal");
    always.reload_always = true;
    const EventTable real = nest_events(c.layer, c.architecture, pack(c.layer, c.mapping), always);
    Movement_of_data data(c, real);
    run_naive(real,
              [&](const TimelineEvent& event, const std::vector<std::int64_t>& indices) { data(event, indices); });
    CHECK(data.missing == 0);
    CHECK(data.right());
  }
  CHECK(checked > 100);
}
