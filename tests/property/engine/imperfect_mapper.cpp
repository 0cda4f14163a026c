// Mappers over factors that need not divide, against plain enumeration of every chain of factors on small layers.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/exact/imperfect_mapper.hpp>
#include <dovetail/engine/map/exact/listing.hpp>
#include <dovetail/engine/map/factor_chains.hpp>
#include <dovetail/engine/map/keep_sets.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/spaces/space/random.hpp>

using namespace dovetail;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class... Values>
std::int64_t one_of(Random& random, Values... values) {
  const std::int64_t list[] = {values...};
  return list[random.below(sizeof...(values))];
}

Layer draw_layer(Random& random) {
  if (random.below(3) == 0) {
    return make_conv({.name = "conv",
                      .in_channels = one_of(random, 1, 2, 3),
                      .out_channels = one_of(random, 1, 2, 3),
                      .out_height = one_of(random, 3, 5, 7),
                      .out_width = 1,
                      .kernel_height = one_of(random, 2, 3),
                      .stride_height = one_of(random, 1, 2)});
  }
  return make_matmul({.name = "gemm",
                      .rows = one_of(random, 3, 5, 7, 11),
                      .columns = one_of(random, 1, 2, 3, 5),
                      .depth = one_of(random, 1, 2, 3)});
}

Architecture draw_machine(Random& random) {
  Architecture machine;
  machine.name = "small";
  const int levels = static_cast<int>(2 + random.below(2));
  std::int64_t x = 1, y = 1;
  for (int i = levels; i-- > 0;) {
    Level level;
    level.name = "L" + std::to_string(i);
    level.mesh_x = x;
    level.mesh_y = y;
    level.instances = x * y;
    level.is_dram = i + 1 == levels;
    if (i + 1 < levels) level.capacity_words = one_of(random, 4, 6, 9, 14, 20, 40);
    level.block_size = one_of(random, 1, 1, 2);
    if (random.below(2) == 0) level.read_bandwidth = static_cast<double>(one_of(random, 1, 2, 4));
    if (random.below(2) == 0) level.write_bandwidth = static_cast<double>(one_of(random, 1, 2, 4));
    const double scale = std::pow(6.0, i) * random.uniform(0.3, 2.0);
    level.energy.read_pj = scale;
    level.energy.fill_pj = scale * random.uniform(0.5, 1.5);
    level.energy.update_pj = scale * random.uniform(0.5, 1.5);
    if (random.below(3) == 0) level.energy.leak_pj_per_cycle = random.uniform(0.0, 3.0);
    if (level.energy.leak_pj_per_cycle > 1.0) level.energy.idle_pj_per_cycle = 2.0;
    machine.levels.insert(machine.levels.begin(), level);
    if (random.below(4) != 0) {
      x *= one_of(random, 1, 2, 2, 3, 4);
      y *= one_of(random, 1, 1, 2);
    }
  }
  machine.compute.mesh_x = x;
  machine.compute.mesh_y = y;
  machine.compute.instances = x * y;
  machine.compute.energy_per_op_pj = random.uniform(0.0, 2.0);
  return machine;
}

MapRequest draw(std::uint64_t number) {
  Random random(53, {number});
  MapRequest request;
  request.layer = draw_layer(random);
  request.architecture = draw_machine(random);
  request.bypass = random.below(3) == 0 ? Bypass::search : Bypass::none;
  request.factors = Factors::imperfect;
  if (random.below(4) == 0) request.objective = {1.0, 0.0};
  if (random.below(6) == 0) request.objective = {0.0, 1.0};
  return request;
}

// Every choice of factors up to the extents, of orders and of keep sets, without regard to what is sensible: the loop
// model says which of them cover.
class Everything {
 public:
  explicit Everything(const MapRequest& request) : request_(request), keep_(keep_choices(request)) {
    mapping_ = empty_packed_mapping(static_cast<int>(keep_.size()), static_cast<int>(request.layer.dimensions.size()));
    for (const Dimension& dimension : request.layer.dimensions) chains_.push_back(chains(dimension.extent));
  }

  double size() const {
    double all = 1.0;
    for (const auto& own : chains_) all *= static_cast<double>(own.size());
    for (const KeepChoice& choice : keep_) all *= std::pow(2.0, __builtin_popcount(choice.optional));
    return all;
  }

  void run(const std::function<void(const PackedMapping&)>& visit) {
    visit_ = &visit;
    keeps(0);
  }

 private:
  std::vector<std::vector<std::int32_t>> chains(std::int64_t extent) const {
    std::vector<std::vector<std::int32_t>> found{{}};
    for (std::size_t slot = 0; slot < 3 * keep_.size(); ++slot) {
      std::int64_t most = extent;
      if (slot % 3 == 0) most = fanout_x(request_.architecture, static_cast<int>(slot / 3));
      if (slot % 3 == 1) most = fanout_y(request_.architecture, static_cast<int>(slot / 3));
      std::vector<std::vector<std::int32_t>> longer;
      for (const auto& chain : found) {
        std::int64_t product = 1;
        for (const std::int32_t f : chain) product *= f;
        for (std::int64_t f = 1; f <= std::min(most, extent); ++f) {
          if (f > 1 && product >= extent) break;  // the model refuses an iteration to spare
          longer.push_back(chain);
          longer.back().push_back(static_cast<std::int32_t>(f));
        }
      }
      found = std::move(longer);
    }
    std::erase_if(found, [&](const auto& chain) {
      std::int64_t product = 1, inner = 1;
      for (const std::int32_t f : chain) {
        if (f > 1) inner = product;
        product *= f;
      }
      return product < extent || (product != extent && (extent - 1) / inner != product / inner - 1);
    });
    return found;
  }

  void keeps(std::size_t level) {
    if (level == keep_.size()) return factors(0);
    const KeepChoice& choice = keep_[level];
    for (unsigned subset = choice.optional;; subset = (subset - 1) & choice.optional) {
      mapping_.levels[level].keep = static_cast<std::uint8_t>(choice.must | subset);
      keeps(level + 1);
      if (subset == 0) return;
    }
  }

  void factors(std::size_t d) {
    if (d == chains_.size()) return orders(0);
    for (const auto& chain : chains_[d]) {
      for (std::size_t i = 0; i < keep_.size(); ++i) {
        mapping_.levels[i].spatial_x[d] = chain[3 * i];
        mapping_.levels[i].spatial_y[d] = chain[3 * i + 1];
        mapping_.levels[i].temporal[d] = chain[3 * i + 2];
      }
      factors(d + 1);
    }
  }

  void orders(std::size_t level) {
    if (level == keep_.size()) return (*visit_)(mapping_);
    PackedLevel& own = mapping_.levels[level];
    std::vector<std::uint8_t> active, idle;
    for (std::size_t d = 0; d < chains_.size(); ++d)
      (own.temporal[d] > 1 ? active : idle).push_back(static_cast<std::uint8_t>(d));
    do {
      std::copy(idle.begin(), idle.end(), std::copy(active.begin(), active.end(), own.order.begin()));
      orders(level + 1);
    } while (level > 0 && std::next_permutation(active.begin(), active.end()));  // operands see no order
  }

  const MapRequest& request_;
  std::vector<KeepChoice> keep_;
  std::vector<std::vector<std::vector<std::int32_t>>> chains_;
  PackedMapping mapping_;
  const std::function<void(const PackedMapping&)>* visit_ = nullptr;
};

double value_of(const MapRequest& request, const PackedMapping& mapping) {
  const Evaluation cost = LoopModel({.imperfect_factors = true}).evaluate(request.layer, request.architecture, mapping);
  return cost.valid() ? request.objective(cost.energy_pj, static_cast<double>(cost.cycles)) : infinity;
}

}  // namespace

TEST_CASE("imperfect factors: the optimum equals enumeration of every cover, and no bound is above it") {
  int cases = 0, wrong = 0, gained = 0, above = 0, loose = 0, proven = 0;
  std::int64_t enumerated = 0;
  double tightness = 0.0;
  for (std::uint64_t number = 0; cases < 120 && number < 20'000; ++number) {
    MapRequest request = draw(number);
    Everything every(request);
    if (every.size() > 4'000) continue;
    double all = infinity, tight_ones = infinity, perfect = infinity;
    every.run([&](const PackedMapping& mapping) {
      ++enumerated;
      const double value = value_of(request, mapping);
      all = std::min(all, value);
      if (!tight(mapping, request.layer, request.rules)) return;
      tight_ones = std::min(tight_ones, value);
      bool divides = true;
      for (std::size_t d = 0; d < request.layer.dimensions.size(); ++d)
        divides = divides && chain_product(mapping, d) == request.layer.dimensions[d].extent;
      if (divides) perfect = std::min(perfect, value);
    });
    ++cases;
    const MapResult found = make_mapper("exact")->map(request);
    const bool same =
        std::isfinite(all) ? found.mapping && std::abs(found.objective - tight_ones) <= 1e-9 * all : !found.mapping;
    proven += found.proven || !found.mapping ? 1 : 0;
    CHECK(found.lower_bound <= tight_ones * (1.0 + 1e-9));
    if (!same && ++wrong <= 5)
      MESSAGE("case ", number, " ", request.layer.name, " found ", found.objective, " (", found.stopped, ") of ",
              tight_ones);
    if (!std::isfinite(all)) continue;
    // A factor larger than needed is hardly ever worth it, and then for a rounding to whole words or blocks.
    if (all < tight_ones * (1.0 - 1e-9)) ++loose;
    CHECK(all >= 0.97 * tight_ones);
    gained += tight_ones < perfect * (1.0 - 1e-9) ? 1 : 0;
    const double bound = imperfect_bound(request);
    tightness += bound / all;
    if (bound > all * (1.0 + 1e-9) && ++above <= 5)
      MESSAGE("case ", number, " ", request.layer.name, " bound ", bound, " above ", all);
    for (const char* name : {"random", "hillclimb", "annealing", "evolution"}) {
      MapRequest asked = request;
      asked.budget = 200;
      const MapResult sampled = make_mapper(name)->map(asked);
      if (!sampled.mapping) continue;
      CHECK(sampled.objective >= tight_ones * (1.0 - 1e-12));
      CHECK(tight(pack(request.layer, *sampled.mapping), request.layer, request.rules));
    }
  }
  MESSAGE(cases, " cases, ", proven, " proven, ", gained, " better than perfect ones, ", enumerated, " mappings, ",
          wrong, " wrong, ", loose, " with a larger factor; bound at ", tightness / cases, " of the optimum");
  CHECK(wrong == 0);
  CHECK(above == 0);
  CHECK(cases >= 120);
  CHECK(gained >= 20);
  CHECK(proven >= 100);
  CHECK(loose <= cases / 20);
}

TEST_CASE("links between neighbours: no bound is above enumeration") {
  int cases = 0, above = 0, close = 0;
  for (std::uint64_t number = 0; cases < 120 && number < 5'000; ++number) {
    MapRequest request = draw(9'000 + number);
    request.factors = Factors::perfect;
    request.architecture.link_transfers = true;
    request.architecture.levels.back().energy.read_pj *= 3.0;
    if (number % 3 == 0) {
      for (Level& level : request.architecture.levels) level.network.energy_per_hop_pj = 0.5;
      request.architecture.compute.adder_energy_pj = 0.3;
    }
    if (request.architecture.compute.instances < 2) continue;
    const Listing listing = list_mappings(request, 4'000);
    if (!listing.complete || !listing.best) continue;
    ++cases;
    const double best = value_of(request, *listing.best);
    for (const std::size_t alone : {std::size_t{64}, std::size_t{1}}) {
      ExactSearch search(request, alone);
      above += search.root_bound() > best * (1.0 + 1e-9) ? 1 : 0;
      search.solve();
      REQUIRE(search.best());
      CHECK(search.best()->objective >= best * (1.0 - 1e-9));
      if (search.lower_bound() > best * (1.0 + 1e-9) && ++above <= 5)
        MESSAGE("case ", number, " ", request.layer.name, " bound ", search.lower_bound(), " above ", best);
      close += search.lower_bound() > 0.5 * best ? 1 : 0;
    }
    request.factors = Factors::imperfect;
    above += imperfect_bound(request) > best * (1.0 + 1e-9) ? 1 : 0;
  }
  MESSAGE(cases, " cases, ", above, " bounds above, ", close, " within half of the optimum");
  CHECK(above == 0);
  CHECK(cases >= 120);
}

TEST_CASE("primes are no cliff: 53 rows and columns cost hardly more than 54") {
  const auto square = [](std::int64_t n) {
    MapRequest request;
    request.layer = make_conv({.name = "square",
                               .in_channels = 1,
                               .out_channels = 1,
                               .out_height = n,
                               .out_width = n,
                               .kernel_height = 3,
                               .kernel_width = 3});
    Level buffer, spad, dram;
    spad.name = "spad";
    spad.mesh_x = 6;
    spad.mesh_y = 9;
    spad.instances = 54;
    spad.capacity_words = 64;
    spad.energy = {1.0, 1.0, 1.0, 0.0};
    buffer.name = "buffer";
    buffer.capacity_words = 16'384;
    buffer.energy = {6.0, 6.0, 6.0, 0.0};
    dram.name = "dram";
    dram.is_dram = true;
    dram.energy = {200.0, 200.0, 200.0, 0.0};
    request.architecture.name = "spads";
    request.architecture.levels = {spad, buffer, dram};
    request.architecture.compute.mesh_x = 6;
    request.architecture.compute.mesh_y = 9;
    request.architecture.compute.instances = 54;
    request.architecture.compute.energy_per_op_pj = 1.0;
    request.bypass = Bypass::none;
    return request;
  };
  MapRequest odd = square(53), even = square(54);
  const double cliff = make_mapper("exact")->map(odd).objective / make_mapper("exact")->map(even).objective;
  odd.factors = even.factors = Factors::imperfect;
  const MapResult a = make_mapper("exact")->map(odd), b = make_mapper("exact")->map(even);
  MESSAGE("perfect ", cliff, ", imperfect ", a.objective / b.objective, "; gaps ", a.gap(), " and ", b.gap());
  CHECK(cliff > 1.3);
  CHECK(a.objective <= 1.03 * b.objective);
  CHECK(a.lower_bound <= a.objective);
}

TEST_CASE("uneven placement in the sampling mappers: never below enumeration, at times below even mappings") {
  int cases = 0, deeper = 0;
  for (std::uint64_t number = 0; cases < 60 && number < 5'000; ++number) {
    MapRequest request = draw(400 + number);
    request.factors = number % 2 == 0 ? Factors::perfect : Factors::imperfect;
    request.placement = Placement::uneven;
    const Listing listing = list_mappings(request, 20'000);
    if (!listing.complete || !listing.best) continue;
    ++cases;
    const double best = value_of(request, *listing.best);
    for (const char* name : {"random", "bayes", "hillclimb", "annealing", "evolution"}) {
      MapRequest asked = request;
      asked.budget = std::string(name) == "bayes" ? 30 : 400;
      const MapResult found = make_mapper(name)->map(asked);
      if (!found.mapping) continue;
      CHECK(found.objective >= best * (1.0 - 1e-12));
      deeper += uneven(pack(request.layer, *found.mapping)) ? 1 : 0;
    }
    const MapResult exact = make_mapper("exact")->map(request);
    REQUIRE(exact.mapping);
    CHECK(exact.objective == doctest::Approx(best).epsilon(1e-9));
  }
  MESSAGE(cases, " cases, ", deeper, " answers with depths");
  CHECK(cases >= 60);
  CHECK(deeper >= 20);
}
