// How the context changes from loop to loop: shared by the drivers.
#pragma once

#include <dovetail/accelerators/cycle/timeline.hpp>

namespace dovetail {

/// Entering and leaving loop bodies.
class NestWalk {
 public:
  explicit NestWalk(const EventTable& table) : table_(table) {
    const auto loops = table.loops.size();
    outputs_.resize(loops, 0);
    for (std::size_t l = 0; l < loops; ++l) {
      if (!table.loops[l].reduction) continue;
      outputs_[l] = std::uint32_t{1} << table.streams.size();  // the step itself
      for (std::size_t s = 0; s < table.streams.size(); ++s)
        if (table.streams[s].output && table.streams[s].first_loop <= static_cast<int>(l))
          outputs_[l] |= std::uint32_t{1} << s;
    }
  }

  NestContext start() const {
    NestContext c;
    c.edge = static_cast<std::uint16_t>((1U << table_.ragged) - 1U);
    c.edge_at.fill(c.edge);
    c.kept = static_cast<std::uint16_t>(table_.ragged > 0 ? table_.loops.size() + 1 : 0);
    return c;
  }

  std::int64_t trips(int loop, const NestContext& c) const {
    const NestLoop& l = table_.loops[static_cast<std::size_t>(loop)];
    return l.edge >= 0 && (c.edge >> l.edge & 1U) ? l.edge_trips : l.trips;
  }

  /// Whether the last index differs from the middle ones: a smaller edge piece, or the end of a reduction that stays.
  bool last_differs(int loop, const NestContext& c) const {
    const NestLoop& l = table_.loops[static_cast<std::size_t>(loop)];
    return (l.edge >= 0 && (c.edge >> l.edge & 1U)) || (!table_.spill && l.reduction);
  }

  /// The context of the body at `index` of `trips`, from the context around the loop.
  NestContext enter(int loop, std::int64_t index, std::int64_t trips_now, const NestContext& around) const {
    NestContext c = around;
    const auto l = static_cast<std::size_t>(loop);
    const NestLoop& own = table_.loops[l];
    if (own.edge >= 0 && index + 1 < trips_now) c.edge = static_cast<std::uint16_t>(c.edge & ~(1U << own.edge));
    if (c.kept > 0) c.edge_at[l] = c.edge;
    if (index > 0) c.revisit |= outputs_[l];
    if (index + 1 < trips_now) c.unfinished |= outputs_[l];
    return c;
  }

 private:
  const EventTable& table_;
  std::vector<std::uint32_t> outputs_;
};

}  // namespace dovetail
