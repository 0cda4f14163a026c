#include <dovetail/accelerators/import/timeloop_mapping.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <dovetail/accelerators/import/timeloop_directives.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

class MappingReader {
 public:
  MappingReader(const Layer& layer, const TimeloopMachine& machine, Diagnostics& diagnostics)
      : layer_(layer),
        machine_(machine),
        diagnostics_(diagnostics) {}

  std::optional<Mapping> read(const Node& node) {
    if (!require_sequence(node, "mapping", diagnostics_)) return std::nullopt;
    for (const Node& item : node.items()) {
      auto directive = read_directive(item, layer_, diagnostics_);
      if (directive) directives_.push_back(std::move(*directive));
    }
    if (diagnostics_.failed()) return std::nullopt;
    settle_rest();
    mapping_.levels.resize(machine_.architecture.levels.size());
    for (std::size_t l = 0; l < mapping_.levels.size(); ++l)
      mapping_.levels[l].keep = keeps_nothing(machine_, l) ? 0U : (1U << layer_.tensors.size()) - 1U;
    // Spatial loops of inner containers vary faster: from the innermost place outwards.
    std::stable_sort(directives_.begin(), directives_.end(),
                     [&](const auto& a, const auto& b) { return depth(a) > depth(b); });
    for (const TimeloopDirective& directive : directives_) apply(directive);
    check_parallels(node);
    if (diagnostics_.failed()) return std::nullopt;
    return std::move(mapping_);
  }

 private:
  std::ptrdiff_t depth(const TimeloopDirective& directive) {
    Diagnostics ignored;
    const TimeloopPlace* place = find_place(machine_, directive.target, directive.where, ignored);
    return place == nullptr ? -1 : place - machine_.places.data();
  }

  // A factor of 0 is what the others leave of the extent.
  void settle_rest() {
    for (std::size_t d = 0; d < layer_.dimensions.size(); ++d) {
      std::int64_t product = 1;
      std::vector<std::int64_t*> rest;
      for (TimeloopDirective& directive : directives_) {
        for (auto& [dimension, factor] : directive.factors) {
          if (dimension != static_cast<int>(d)) continue;
          if (factor == 0)
            rest.push_back(&factor);
          else
            product = product > layer_.dimensions[d].extent ? product : product * factor;
        }
      }
      if (rest.empty()) continue;
      *rest.front() = std::max<std::int64_t>(1, layer_.dimensions[d].extent / product);
      for (std::size_t i = 1; i < rest.size(); ++i) *rest[i] = 1;
      if (rest.size() > 1 || product * *rest.front() != layer_.dimensions[d].extent)
        diagnostics_.error(directives_.front().where,
                           fmt::format("the factor 0 of {} must stand once and leave a whole number of {}",
                                       quote(layer_.dimensions[d].name), layer_.dimensions[d].extent));
    }
  }

  // The loops with more than one trip, innermost first: those of the permutation, then the others.
  std::vector<Loop> loops(const TimeloopDirective& directive, const std::vector<int>& order) const {
    std::vector<Loop> loops;
    const auto add = [&](int dimension) {
      for (const auto& [one, factor] : directive.factors) {
        if (one == dimension && factor > 1) loops.push_back({dimension, factor});
      }
    };
    for (const int dimension : order) add(dimension);
    return loops;
  }

  std::vector<int> full_order(const TimeloopDirective& directive) const {
    std::vector<int> order = directive.permutation;
    for (std::size_t d = 0; d < layer_.dimensions.size(); ++d) {
      if (std::find(order.begin(), order.end(), static_cast<int>(d)) == order.end())
        order.push_back(static_cast<int>(d));
    }
    return order;
  }

  // Loops of an outer container after (slower than) those of an inner one. Neighbours over one dimension are one loop.
  void join(std::vector<Loop>& list, const std::vector<Loop>& slower, const Location& where) {
    for (const Loop& loop : slower) {
      if (!list.empty() && list.back().dimension == loop.dimension) {
        list.back().factor *= loop.factor;
      } else if (std::any_of(list.begin(), list.end(),
                             [&](const Loop& one) { return one.dimension == loop.dimension; })) {
        diagnostics_.error(where,
                           fmt::format("dimension {} is unrolled at two containers with another between them; not read",
                                       quote(layer_.dimensions[static_cast<std::size_t>(loop.dimension)].name)));
      } else {
        list.push_back(loop);
      }
    }
  }

  void apply(const TimeloopDirective& directive) {
    const TimeloopPlace* place = find_place(machine_, directive.target, directive.where, diagnostics_);
    if (place == nullptr) return;
    const std::vector<int> order = full_order(directive);
    const std::vector<Loop> all = loops(directive, order);
    const bool nothing = directive.kind == TimeloopDirective::Kind::keep ? place->container : all.empty();
    if (nothing) return;
    if (place->level < 0 || (place->container && directive.kind == TimeloopDirective::Kind::temporal)) {
      diagnostics_.error(directive.where,
                         fmt::format("loops at {}: {}", quote(directive.target),
                                     place->level < 0 ? "no storage stands above it"
                                                      : "a container has no storage to loop over in time"));
      return;
    }
    MappingLevel& level = mapping_.levels[static_cast<std::size_t>(place->level)];
    if (directive.kind == TimeloopDirective::Kind::keep) {
      level.keep = (level.keep | directive.keep) & ~directive.bypass;
    } else if (directive.kind == TimeloopDirective::Kind::temporal) {
      if (!level.temporal.empty())
        diagnostics_.error(directive.where, fmt::format("a second temporal directive of {}", quote(place->name)));
      level.temporal.assign(all.rbegin(), all.rend());
    } else {
      const auto along_x =
          static_cast<std::size_t>(std::min<int>(directive.split.value_or(1000), static_cast<int>(order.size())));
      join(level.spatial_x, loops(directive, {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(along_x)}),
           directive.where);
      join(level.spatial_y, loops(directive, {order.begin() + static_cast<std::ptrdiff_t>(along_x), order.end()}),
           directive.where);
    }
  }

  // Members of one !Parallel stand beside each other: each tensor in one of them.
  void check_parallels(const Node& node) {
    std::map<int, unsigned> kept;
    for (const TimeloopPlace& place : machine_.places) {
      if (place.parallel < 0 || place.container || place.level < 0) continue;
      const unsigned keep = mapping_.levels[static_cast<std::size_t>(place.level)].keep;
      if ((kept[place.parallel] & keep) != 0)
        diagnostics_.error(node.location(),
                           fmt::format("{} stands in a !Parallel and keeps what another member keeps; each tensor "
                                       "must be in one of them",
                                       quote(place.name)));
      kept[place.parallel] |= keep;
    }
  }

  const Layer& layer_;
  const TimeloopMachine& machine_;
  Diagnostics& diagnostics_;
  std::vector<TimeloopDirective> directives_;
  Mapping mapping_;
};

}  // namespace

const TimeloopPlace* find_place(const TimeloopMachine& machine, const std::string& target, const Location& where,
                                Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const TimeloopPlace& place : machine.places) {
    if (place.name == target || (place.container && "inter_" + place.name + "_spatial" == target)) return &place;
    names.push_back(place.name);
  }
  diagnostics.error(
      where, fmt::format("target {} is no part of the architecture{}", quote(target), suggestion(target, names)));
  return nullptr;
}

std::optional<Mapping> read_timeloop_mapping(const Node& node, const Layer& layer, const TimeloopMachine& machine,
                                             Diagnostics& diagnostics) {
  return MappingReader(layer, machine, diagnostics).read(node);
}

}  // namespace dovetail
