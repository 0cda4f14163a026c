// Matrices over (max, +): column j is what the state becomes when only its j-th time exists.
#include <dovetail/accelerators/cycle/max_plus.hpp>

#include <dovetail/accelerators/cycle/nest_walk.hpp>

namespace dovetail {
namespace {

struct Matrix {
  std::size_t size = 0;
  std::vector<std::int64_t> columns;  ///< columns[j * size + i]
};

Matrix identity(std::size_t size) {
  Matrix m{size, std::vector<std::int64_t>(size * size, Timeline::never)};
  for (std::size_t i = 0; i < size; ++i) m.columns[i * size + i] = 0;
  return m;
}

/// second after first.
Matrix compose(const Matrix& second, const Matrix& first) {
  const std::size_t n = first.size;
  Matrix out{n, std::vector<std::int64_t>(n * n, Timeline::never)};
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t k = 0; k < n; ++k) {
      const std::int64_t weight = first.columns[j * n + k];
      if (Timeline::is_never(weight)) continue;
      for (std::size_t i = 0; i < n; ++i)
        if (!Timeline::is_never(second.columns[k * n + i]))
          out.columns[j * n + i] = std::max(out.columns[j * n + i], weight + second.columns[k * n + i]);
    }
  return out;
}

Matrix power(Matrix base, std::int64_t exponent) {
  Matrix out = identity(base.size);
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) out = compose(base, out);
    if (exponent > 1) base = compose(base, base);
  }
  return out;
}

struct MaxPlusRun {
  const EventTable& table;
  Timeline timeline{table};
  NestWalk walk{table};

  Matrix body(int loop, int carry, const NestContext& context, std::vector<std::int64_t>& q) {
    const auto size = static_cast<std::size_t>(timeline.size());
    if (loop < 0) {
      Matrix m = identity(size);
      std::vector<std::int64_t> after = q;
      for (std::size_t j = 0; j < size; ++j) {
        after = q;
        timeline.step<false>(m.columns.data() + j * size, after.data(), nullptr, carry, context,
                             [](const TimelineEvent&) {});
      }
      q = after;
      return m;
    }
    const std::int64_t trips = walk.trips(loop, context);
    Matrix out = body(loop - 1, carry, walk.enter(loop, 0, trips, context), q);
    const bool last_differs = walk.last_differs(loop, context);
    std::int64_t middle = last_differs ? trips - 2 : trips - 1;
    while (middle > 0) {  // the discrete part settles after a body or two
      const std::vector<std::int64_t> before = q;
      const Matrix m = body(loop - 1, loop,
                            walk.enter(loop, 1, last_differs ? std::max<std::int64_t>(trips, 3) : trips, context), q);
      if (q == before) {
        out = compose(power(m, middle), out);
        break;
      }
      out = compose(m, out);
      --middle;
    }
    if (last_differs && trips > 1)
      out = compose(body(loop - 1, loop, walk.enter(loop, trips - 1, trips, context), q), out);
    return out;
  }
};

}  // namespace

std::int64_t max_plus_makespan(const EventTable& table) {
  MaxPlusRun run{table};
  const auto size = static_cast<std::size_t>(run.timeline.size());
  std::vector<std::int64_t> x(size), q(static_cast<std::size_t>(run.timeline.discrete()));
  run.timeline.reset(x.data(), q.data());
  const int loops = static_cast<int>(table.loops.size());
  const Matrix all = run.body(loops - 1, loops, run.walk.start(), q);
  std::vector<std::int64_t> end(size, Timeline::never);
  for (std::size_t j = 0; j < size; ++j)
    for (std::size_t i = 0; i < size; ++i) end[i] = std::max(end[i], all.columns[j * size + i]);
  return run.timeline.finish<false>(end.data(), q.data(), nullptr, [](const TimelineEvent&) {});
}

}  // namespace dovetail
