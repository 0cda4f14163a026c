#include <dovetail/accelerators/loop/traffic.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

namespace dovetail {
namespace {

using Offset = std::array<std::int64_t, max_axes>;

// A temporal loop above a boundary with the vector by which one step moves the child's tile.
struct MovingLoop {
  std::int64_t factor = 1;
  Offset step{};
};

// The loops above the children of `level`, innermost first.
std::vector<MovingLoop> loops_above(const LoopShape& shape, const ShapeTensor& tensor, const PackedMapping& mapping,
                                    const Tiling& tiling, int level, CheckedArithmetic& exact) {
  std::vector<MovingLoop> loops;
  Extents inner = tiling.held_by_child(mapping, level, tensor);
  // The outermost `count` temporal loops of a level, from the innermost of them outwards.
  const auto turn = [&](const PackedLevel& at, int count) {
    for (int position = count - 1; position >= 0; --position) {
      const std::size_t d = at.order[static_cast<std::size_t>(position)];
      const std::int64_t factor = at.temporal[d];
      if (factor == 1) continue;
      MovingLoop loop;
      loop.factor = factor;
      for (std::size_t a = 0; a < static_cast<std::size_t>(tensor.axes); ++a) {
        const ShapeAxis& axis = tensor.axis[a];
        for (std::size_t k = 0; k < static_cast<std::size_t>(axis.terms); ++k) {
          if (axis.dimension[k] == static_cast<int>(d)) loop.step[a] = exact.times(axis.coefficient[k], inner[d]);
        }
      }
      inner[d] = exact.times(inner[d], factor);
      loops.push_back(loop);
    }
  };
  if (level > 0) {
    const PackedLevel& holder = mapping.levels[static_cast<std::size_t>(level) - 1];
    turn(holder, static_cast<int>(outside_tile(holder, tensor.index)));
  }
  for (int above = level; above < mapping.level_count; ++above) {
    const Extents& spatial = tiling.spatial[static_cast<std::size_t>(above)];
    for (std::size_t d = 0; d < static_cast<std::size_t>(shape.dimensions); ++d) {
      inner[d] = exact.times(inner[d], spatial[d]);
    }
    turn(mapping.levels[static_cast<std::size_t>(above)], shape.dimensions);
  }
  return loops;
}

Offset lengths(const ShapeTensor& tensor, const Extents& extents, CheckedArithmetic& exact) {
  Offset length{};
  for (std::size_t a = 0; a < static_cast<std::size_t>(tensor.axes); ++a) {
    const ShapeAxis& axis = tensor.axis[a];
    length[a] = 1;
    for (std::size_t k = 0; k < static_cast<std::size_t>(axis.terms); ++k) {
      const std::int64_t extent = extents[static_cast<std::size_t>(axis.dimension[k])];
      length[a] = exact.plus(length[a], exact.times(axis.coefficient[k], extent - 1));
    }
  }
  return length;
}

std::int64_t product(const Offset& length, int axes, CheckedArithmetic& exact) {
  std::int64_t result = 1;
  for (std::size_t a = 0; a < static_cast<std::size_t>(axes); ++a) result = exact.times(result, length[a]);
  return result;
}

// What is left of a box after the part that it shares with itself shifted by `shift` is taken away.
std::int64_t new_words(const Offset& length, const Offset& shift, int axes, CheckedArithmetic& exact) {
  std::int64_t shared = 1;
  for (std::size_t a = 0; a < static_cast<std::size_t>(axes); ++a) {
    shared = exact.times(shared, std::max<std::int64_t>(0, length[a] - std::abs(shift[a])));
  }
  return product(length, axes, exact) - shared;
}

// How the child's tile changes when loop j steps.
enum class Move : std::uint8_t { none, slide, reload };

struct Step {
  Move move = Move::reload;
  Offset jump{};
  std::int64_t words = 0;
};

// The steps of the walk, one per loop (innermost first); `point`: the child is an operand, loaded at every step.
std::vector<Step> steps_of(const std::vector<MovingLoop>& loops, const Offset& length, int axes, bool point,
                           CheckedArithmetic& exact) {
  std::vector<Step> steps;
  const std::int64_t whole = product(length, axes, exact);
  Offset wrapped{}, remembered{};
  bool moved = false;
  for (const MovingLoop& loop : loops) {
    Step step;
    for (std::size_t a = 0; a < static_cast<std::size_t>(axes); ++a) {
      step.jump[a] = loop.step[a] - wrapped[a];
      wrapped[a] = exact.plus(wrapped[a], loop.step[a]);
    }
    if (point) {
      step.move = Move::reload;
    } else if (step.jump == Offset{}) {
      step.move = Move::none;
    } else if (!moved || step.jump == remembered) {
      step.move = Move::slide;
      remembered = step.jump;
      moved = true;
    }
    if (step.move == Move::slide) step.words = new_words(length, step.jump, axes, exact);
    if (step.move == Move::reload) step.words = whole;
    steps.push_back(step);
  }
  return steps;
}

// The children of one instance: mesh coordinates and data offset, by linear id (X fastest). As in Timeloop, ids fill
// the rows of the physical mesh, so that a row that is used in part continues with the next loop index.
struct Child {
  std::int64_t id = 0, column = 0, row = 0;
  Offset offset{};
};

std::vector<Child> children_of(const LoopShape& shape, const ShapeTensor& tensor, const PackedMapping& mapping,
                               const Tiling& tiling, int level, ChildMesh mesh) {
  const PackedLevel& at = mapping.levels[static_cast<std::size_t>(level)];
  const Extents inner = tiling.child(level);
  const std::int64_t columns = tiling.x[static_cast<std::size_t>(level)];
  const std::int64_t rows = tiling.y[static_cast<std::size_t>(level)];
  const std::int64_t row_length = std::max(mesh.x, columns);
  std::vector<Child> children;
  children.reserve(static_cast<std::size_t>(columns * rows));
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      Child child;
      child.id = row * columns + column;
      child.column = child.id % row_length;
      child.row = child.id / row_length;
      Extents index{};
      std::int64_t rest = column;
      for (std::size_t p = 0; p < static_cast<std::size_t>(shape.dimensions); ++p) {
        const std::size_t d = at.order_x[p];
        index[d] = rest % at.spatial_x[d];
        rest /= at.spatial_x[d];
      }
      rest = row;
      for (std::size_t p = 0; p < static_cast<std::size_t>(shape.dimensions); ++p) {
        const std::size_t d = at.order_y[p];
        index[d] += at.spatial_x[d] * (rest % at.spatial_y[d]);
        rest /= at.spatial_y[d];
      }
      for (std::size_t a = 0; a < static_cast<std::size_t>(tensor.axes); ++a) {
        const ShapeAxis& axis = tensor.axis[a];
        for (std::size_t k = 0; k < static_cast<std::size_t>(axis.terms); ++k) {
          const auto d = static_cast<std::size_t>(axis.dimension[k]);
          child.offset[a] += axis.coefficient[k] * inner[d] * index[d];
        }
      }
      children.push_back(child);
    }
  }
  return children;
}

// Groups of the listed children (those with kept[id] != 0), ascending by multicast factor. `children` is sorted by
// (offset, column, row).
std::vector<GroupCensus> census(const std::vector<Child>& children, const std::vector<char>& kept, double middle_row) {
  std::map<std::int64_t, GroupCensus> found;
  for (std::size_t first = 0; first < children.size();) {
    std::size_t end = first;
    std::int64_t size = 0, last_column = 0;
    double hops = 0.0;
    while (end < children.size() && children[end].offset == children[first].offset) {
      // One column of the group at a time: the rows are ascending.
      const std::int64_t column = children[end].column;
      std::int64_t low = 0, high = 0, in_column = 0;
      for (; end < children.size() && children[end].offset == children[first].offset && children[end].column == column;
           ++end) {
        if (kept[static_cast<std::size_t>(children[end].id)] == 0) continue;
        if (in_column++ == 0) low = children[end].row;
        high = children[end].row;
      }
      if (in_column == 0) continue;
      size += in_column;
      last_column = column;
      hops +=
          std::max(0.0, middle_row - static_cast<double>(low)) + std::max(0.0, static_cast<double>(high) - middle_row);
    }
    if (size > 0) {
      GroupCensus& entry = found.try_emplace(size, GroupCensus{size, 0, 0.0}).first->second;
      ++entry.groups;
      entry.hops += hops + static_cast<double>(last_column);
    }
    first = end;
  }
  std::vector<GroupCensus> result;
  result.reserve(found.size());
  for (const auto& [size, entry] : found) result.push_back(entry);
  return result;
}

void sort_by_offset(std::vector<Child>& children) {
  std::sort(children.begin(), children.end(), [](const Child& a, const Child& b) {
    if (a.offset != b.offset) return a.offset < b.offset;
    return a.column != b.column ? a.column < b.column : a.row < b.row;
  });
}

double middle_row(const Tiling& tiling, int level, ChildMesh mesh) {
  return static_cast<double>(std::max(mesh.y, tiling.y[static_cast<std::size_t>(level)]) - 1) / 2.0;
}

// One kind of step of the walk together with the kind of step before it.
struct Pair {
  std::size_t step = 0;
  bool first_step_before = false;  // the step before was the very first load
  std::size_t before = 0;
  double weight = 0.0;
};

// The set of new words of a step as a box relative to the tile's position, or, when it is no box, by the jump itself.
struct NewSet {
  Offset corner{}, size{}, jump{};
};

NewSet new_set(const Step& step, const Offset& length, int axes) {
  NewSet set;
  set.size = length;
  if (step.move == Move::reload) return set;
  std::size_t moved = 0, axis = 0;
  for (std::size_t a = 0; a < static_cast<std::size_t>(axes); ++a) {
    if (std::abs(step.jump[a]) >= length[a]) return set;  // nothing shared: the whole tile is new
    if (step.jump[a] != 0) {
      ++moved;
      axis = a;
    }
  }
  if (moved == 1) {
    set.size[axis] = std::abs(step.jump[axis]);
    set.corner[axis] = step.jump[axis] > 0 ? length[axis] - step.jump[axis] : 0;
  } else {
    set.jump = step.jump;
  }
  return set;
}

void add_groups(std::map<std::pair<std::int64_t, std::int64_t>, GroupTraffic>& total,
                const std::vector<GroupCensus>& groups, double words) {
  for (const GroupCensus& group : groups) {
    GroupTraffic& entry = total[{group.multicast, group.groups}];
    entry.multicast = group.multicast;
    entry.scatter = group.groups;
    entry.words += words * static_cast<double>(group.groups);
    entry.hop_words += words * group.hops;
  }
}

std::int64_t count_groups(const std::vector<GroupCensus>& groups) {
  std::int64_t count = 0;
  for (const GroupCensus& group : groups) count += group.groups;
  return count;
}

BoundaryTraffic traffic_with_links(const LoopShape& shape, const ShapeTensor& tensor, const PackedMapping& mapping,
                                   const Tiling& tiling, int level, ChildMesh mesh, CheckedArithmetic& exact) {
  const std::vector<MovingLoop> loops = loops_above(shape, tensor, mapping, tiling, level, exact);
  const Offset length = lengths(tensor, tiling.held_by_child(mapping, level, tensor), exact);
  const std::vector<Step> steps = steps_of(loops, length, tensor.axes, level == 0, exact);
  std::vector<Child> children = children_of(shape, tensor, mapping, tiling, level, mesh);
  const std::vector<Child> by_id = children;
  sort_by_offset(children);
  const double middle = middle_row(tiling, level, mesh);
  const std::vector<char> everyone(children.size(), 1);
  const std::vector<GroupCensus> all_groups = census(children, everyone, middle);
  const std::int64_t row_length = std::max(mesh.x, tiling.x[static_cast<std::size_t>(level)]);

  // Steps that advance loop j = 0 follow the first load or a step of an outer loop; the others follow a step of loop 0.
  std::vector<double> weight(loops.size());
  double outer = 1.0;
  for (std::size_t j = loops.size(); j-- > 0;) {
    weight[j] = outer * static_cast<double>(loops[j].factor - 1);
    outer *= static_cast<double>(loops[j].factor);
  }
  std::vector<Pair> pairs;
  for (std::size_t j = 1; j < loops.size(); ++j) pairs.push_back({j, false, 0, weight[j]});
  if (!loops.empty()) {
    const auto repeats = static_cast<double>(loops[0].factor - 1);
    pairs.push_back({0, true, 0, repeats});
    for (std::size_t j = 1; j < loops.size(); ++j) pairs.push_back({0, false, j, repeats * weight[j]});
  }

  std::map<std::pair<std::int64_t, std::int64_t>, GroupTraffic> total;
  BoundaryTraffic traffic;
  Step first;
  first.words = product(length, tensor.axes, exact);
  add_groups(total, all_groups, static_cast<double>(first.words));
  for (const Pair& pair : pairs) {
    const Step& step = steps[pair.step];
    const Step& before = pair.first_step_before ? first : steps[pair.before];
    if (step.move == Move::none) continue;
    const double words = pair.weight * static_cast<double>(step.words);
    std::vector<char> kept = everyone;
    std::int64_t removed = 0;
    const NewSet now = new_set(step, length, tensor.axes), then = new_set(before, length, tensor.axes);
    if (before.move != Move::none && now.size == then.size && now.jump == then.jump) {
      // Child c receives what neighbour n received before when their offsets differ by exactly this vector.
      Offset wanted{};
      for (std::size_t a = 0; a < static_cast<std::size_t>(tensor.axes); ++a) {
        wanted[a] = step.jump[a] + now.corner[a] - then.corner[a];
      }
      const auto count = static_cast<std::int64_t>(by_id.size());
      for (const Child& child : by_id) {
        const std::array<std::int64_t, 4> neighbours = {child.column > 0 ? child.id - 1 : -1,
                                                        child.column + 1 < row_length ? child.id + 1 : -1,
                                                        child.id - row_length, child.id + row_length};
        for (const std::int64_t neighbour : neighbours) {
          if (neighbour < 0 || neighbour >= count) continue;
          Offset difference{};
          for (std::size_t a = 0; a < static_cast<std::size_t>(tensor.axes); ++a) {
            difference[a] = by_id[static_cast<std::size_t>(neighbour)].offset[a] - child.offset[a];
          }
          if (difference == wanted) {
            kept[static_cast<std::size_t>(child.id)] = 0;
            ++removed;
            break;
          }
        }
      }
    }
    if (removed > 0) {
      const std::vector<GroupCensus> fewer = census(children, kept, middle);
      if (count_groups(fewer) < count_groups(all_groups)) {
        add_groups(total, fewer, words);
        traffic.link_words += words * static_cast<double>(removed);
        continue;
      }
    }
    add_groups(total, all_groups, words);
  }
  for (const auto& [key, group] : total) traffic.groups.push_back(group);
  return traffic;
}

}  // namespace

Tiling::Tiling(const LoopShape& shape, const PackedMapping& mapping, CheckedArithmetic& exact) {
  Extents box;
  box.fill(1);
  for (std::size_t i = 0; i < mapping.level_count; ++i) {
    const PackedLevel& level = mapping.levels[i];
    x[i] = y[i] = 1;
    spatial[i].fill(1);
    for (std::size_t d = 0; d < static_cast<std::size_t>(shape.dimensions); ++d) {
      spatial[i][d] = exact.times(level.spatial_x[d], level.spatial_y[d]);
      x[i] = exact.times(x[i], level.spatial_x[d]);
      y[i] = exact.times(y[i], level.spatial_y[d]);
      box[d] = exact.times(box[d], exact.times(spatial[i][d], level.temporal[d]));
      steps = exact.times(steps, level.temporal[d]);
    }
    tile[i] = box;
  }
}

Extents Tiling::child(int level) const {
  if (level > 0) return tile[static_cast<std::size_t>(level) - 1];
  Extents point;
  point.fill(1);
  return point;
}

Extents Tiling::held(const PackedMapping& mapping, int level, const ShapeTensor& tensor) const {
  const PackedLevel& at = mapping.levels[static_cast<std::size_t>(level)];
  Extents box = tile[static_cast<std::size_t>(level)];
  const unsigned outside = outside_tile(at, tensor.index);
  for (std::size_t position = 0; position < outside; ++position) {
    const std::size_t d = at.order[position];
    box[d] /= at.temporal[d];
  }
  return box;
}

Extents Tiling::held_by_child(const PackedMapping& mapping, int level, const ShapeTensor& tensor) const {
  return level > 0 ? held(mapping, level - 1, tensor) : child(level);
}

std::int64_t volume(const ShapeTensor& tensor, const Extents& extents, CheckedArithmetic& exact) {
  return product(lengths(tensor, extents, exact), tensor.axes, exact);
}

std::int64_t words_to_child(const LoopShape& shape, const ShapeTensor& tensor, const PackedMapping& mapping,
                            const Tiling& tiling, int level, CheckedArithmetic& exact) {
  const std::vector<MovingLoop> loops = loops_above(shape, tensor, mapping, tiling, level, exact);
  const Offset length = lengths(tensor, tiling.held_by_child(mapping, level, tensor), exact);
  const std::vector<Step> steps = steps_of(loops, length, tensor.axes, level == 0, exact);
  std::int64_t words = product(length, tensor.axes, exact), outer = 1;
  for (std::size_t j = loops.size(); j-- > 0;) {
    const std::int64_t times = exact.times(outer, loops[j].factor - 1);
    words = exact.plus(words, exact.times(times, steps[j].words));
    outer = exact.times(outer, loops[j].factor);
  }
  return words;
}

std::vector<GroupCensus> groups_of_children(const LoopShape& shape, const ShapeTensor& tensor,
                                            const PackedMapping& mapping, const Tiling& tiling, int level,
                                            ChildMesh mesh) {
  const auto at = static_cast<std::size_t>(level);
  if (tiling.x[at] == 1 && tiling.y[at] == 1) return {GroupCensus{}};
  std::vector<Child> children = children_of(shape, tensor, mapping, tiling, level, mesh);
  sort_by_offset(children);
  return census(children, std::vector<char>(children.size(), 1), middle_row(tiling, level, mesh));
}

BoundaryTraffic boundary_traffic(const LoopShape& shape, const ShapeTensor& tensor, const PackedMapping& mapping,
                                 const Tiling& tiling, int level, ChildMesh mesh, bool links,
                                 CheckedArithmetic& exact) {
  const auto at = static_cast<std::size_t>(level);
  const std::int64_t words = words_to_child(shape, tensor, mapping, tiling, level, exact);
  if (links && (tiling.x[at] > 1 || tiling.y[at] > 1)) {
    BoundaryTraffic traffic = traffic_with_links(shape, tensor, mapping, tiling, level, mesh, exact);
    traffic.words_per_child = words;
    return traffic;
  }
  BoundaryTraffic traffic;
  traffic.words_per_child = words;
  for (const GroupCensus& group : groups_of_children(shape, tensor, mapping, tiling, level, mesh)) {
    GroupTraffic entry{group.multicast, group.groups, 0.0, 0.0};
    entry.words = static_cast<double>(exact.times(words, group.groups));
    entry.hop_words = static_cast<double>(words) * group.hops;
    traffic.groups.push_back(entry);
  }
  return traffic;
}

}  // namespace dovetail
