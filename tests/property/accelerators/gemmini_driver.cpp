// Gemmini's tiles with what repeats multiplied = one tile after the other.
#include <cmath>
#include <random>

#include <doctest/doctest.h>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/gemmini/gemmini.hpp>

using namespace dovetail;

namespace {

/// A job of at most some thousand tiles, with ragged edges, strides, paddings and any order of loops.
GemminiJob random_job(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  GemminiJob job;
  job.dim = 4 << pick(0, 4);
  job.matmul = pick(0, 4) == 0;
  const std::int64_t kernel = job.matmul ? 1 : 2 * pick(0, 3) + 1;
  job.extent = {pick(1, 3), job.matmul ? 1 : pick(1, 60), pick(1, 120), pick(1, 600), pick(1, 600), kernel, kernel};
  job.stride = job.matmul ? 1 : pick(1, 2);
  double tiles = 1.0;
  for (std::size_t d = 0; d < gemmini_dimensions; ++d) {
    std::int64_t parts = pick(0, 2) == 0 ? 1 : pick(1, 12);
    if (tiles * static_cast<double>(parts) > 4000.0) parts = 1;
    job.tile[d] = (job.extent[d] + parts - 1) / parts;
    const std::int64_t count = (job.extent[d] + job.tile[d] - 1) / job.tile[d];
    tiles *= static_cast<double>(count);
  }
  std::shuffle(job.order.begin(), job.order.end(), random);
  job.cold = pick(0, 3) == 0;
  return job;
}

}  // namespace

TEST_CASE("what repeats is multiplied exactly, attribution included") {
  const GemminiConstants& constants = find_machine("gemmini")->constants;
  double skipped = 0.0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const GemminiJob job = random_job(seed);
    if (lies_in_padding(job)) continue;
    CAPTURE(seed);
    double last = 0.0, tiles = 0.0;
    GemminiDriver every;
    every.step_by_step = true;
    every.sink = [&](const GemminiTileTimes& t) {
      ++tiles;
      CHECK(t.issue <= t.load_start);
      CHECK(t.load_start <= t.load_end);
      CHECK(t.execute_start <= t.execute_end);
      CHECK(t.execute_end <= t.store_start);
      last = std::max(last, t.done);
    };
    const GemminiResult naive = run_gemmini(job, constants, every), fast = run_gemmini(job, constants);
    CHECK(naive.cycles == fast.cycles);
    CHECK(last == naive.cycles);
    CHECK(naive.tiles == fast.tiles);
    CHECK(tiles == naive.tiles);
    const auto near = [&](double a, double b) { return std::abs(a - b) <= 1e-9 * naive.cycles + 1e-6; };
    CHECK(near(naive.execute, fast.execute));
    CHECK(near(naive.fill, fast.fill));
    CHECK(near(naive.drain, fast.drain));
    CHECK(near(naive.wait_inputs, fast.wait_inputs));
    CHECK(near(naive.wait_weights, fast.wait_weights));
    CHECK(near(naive.wait_slot, fast.wait_slot));
    CHECK(near(naive.wait_host, fast.wait_host));
    CHECK(near(
        fast.execute + fast.fill + fast.drain + fast.wait_inputs + fast.wait_weights + fast.wait_slot + fast.wait_host,
        fast.cycles));
    skipped += fast.tiles - static_cast<double>(fast.executed_tiles);
  }
  CHECK(skipped > 0.0);
}
