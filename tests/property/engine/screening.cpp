// The loop model screens, the cycle model decides: what every decision promises.
#include <doctest/doctest.h>

#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/engine/design/bayes/loop_prior.hpp>
#include <dovetail/engine/map/network/second_opinion.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/network.hpp>

using namespace dovetail;

namespace {

MapRequest request_of(const std::string& family_name, const Layer& layer) {
  const Family family = load_family(family_name);
  MapRequest request;
  request.layer = layer;
  request.architecture = family.instantiate(family.default_point());
  request.rules = family.rules(layer, family.default_point());
  request.front = true;
  return request;
}

Layer small_convolution() {
  ConvShape shape;
  shape.name = "small";
  shape.in_channels = 24, shape.out_channels = 32, shape.out_height = shape.out_width = 12;
  shape.kernel_height = shape.kernel_width = 3;
  return make_conv(shape);
}

}  // namespace

TEST_CASE("a decision is never worse than the loop model's choice, and evaluates again to the same bits") {
  for (const char* family : {"eyeriss", "gemmini"}) {
    for (const Layer& layer :
         {small_convolution(), make_matmul({.name = "product", .rows = 32, .columns = 96, .depth = 64})}) {
      CAPTURE(family);
      CAPTURE(layer.name);
      const MapRequest request = request_of(family, layer);
      const MapResult screened = make_mapper("exact")->map(request);
      REQUIRE(screened.mapping);
      const CycleModel model;
      Screening asking = cycle_screening(request.architecture);
      asking.climb = 120;
      const Decision decision = decide(request, screened, model, asking);
      REQUIRE(decision.mapping);
      CHECK(decision.asked <= 121 + static_cast<std::int64_t>(screened.front.size()));
      const Evaluation again = model.evaluate(layer, request.architecture, *decision.mapping);
      CHECK(again.cycles == decision.evaluation.cycles);
      CHECK(again.energy_pj == decision.evaluation.energy_pj);
      CHECK(again.edp() == decision.objective);
      CHECK_FALSE(loses_partial_sums(layer, request.architecture, *decision.mapping));
      CHECK(decision.screened_objective > 0.0);
      CHECK(decision.objective <= decision.screened_objective);
      if (loop_model_bounds(request.architecture)) {
        CHECK(decision.objective >= screened.lower_bound);
        CHECK(decision.screened_objective <= model.evaluate(layer, request.architecture, *screened.mapping).edp());
      }
      const Decision same = decide(request, screened, model, asking);
      CHECK(same.objective == decision.objective);
      CHECK(same.asked == decision.asked);
      CHECK(*same.mapping == *decision.mapping);
    }
  }
}

TEST_CASE("the loop model as judge keeps the exact mapper's choice") {
  const MapRequest request = request_of("eyeriss", small_convolution());
  const MapResult screened = make_mapper("exact")->map(request);
  const Decision decision = decide(request, screened, LoopModel(), {0, 60});
  CHECK(decision.objective == screened.objective);
  CHECK(decision.objective == decision.screened_objective);
}

TEST_CASE("an evaluator that refuses or fails leaves a reason, not a mapping") {
  struct Refusing : Evaluator {
    std::string name() const override { return "refusing"; }
    Evaluation evaluate(const Layer& layer, const Architecture&, const Mapping&) const override {
      if (layer.name == "product") throw std::runtime_error("no simulator");
      Evaluation answer;
      answer.violations.push_back({"timing", "", "", 1.0, 0.0});
      return answer;
    }
  };
  for (const Layer& layer :
       {small_convolution(), make_matmul({.name = "product", .rows = 8, .columns = 8, .depth = 8})}) {
    const MapRequest request = request_of("eyeriss", layer);
    const Decision decision = decide(request, make_mapper("exact")->map(request), Refusing(), {0, 5});
    CHECK_FALSE(decision.mapping);
    CHECK(decision.failure == (layer.name == "product" ? "refusing: no simulator" : "refusing: timing"));
  }
}

TEST_CASE("a reduction outside a loop over outputs loses partial sums only where they cannot be written back") {
  const Layer layer = make_matmul({.name = "product", .rows = 4, .columns = 4, .depth = 4});
  Architecture machine;
  machine.compute.instances = 1;
  for (const char* name : {"Accumulator", "DRAM"}) {
    Level level;
    level.name = name;
    machine.levels.push_back(level);
  }
  PackedMapping packed = empty_packed_mapping(2, static_cast<int>(layer.dimensions.size()));
  packed.levels[0].keep = packed.levels[1].keep = 7;
  const auto set = [&](const char* outer, const char* inner) {
    std::size_t place = 0;
    for (auto& factor : packed.levels[1].temporal) factor = 1;
    std::array<std::uint8_t, max_dimensions> order = packed.levels[1].order;
    for (const char* name : {outer, inner}) {
      const auto d = static_cast<std::size_t>(find_dimension(layer, name));
      packed.levels[1].temporal[d] = 4;
      std::swap(order[place], *std::find(order.begin(), order.end(), static_cast<std::uint8_t>(d)));
      ++place;
    }
    packed.levels[1].order = order;
    return unpack(packed);
  };
  const Mapping lost = set("K", "M"), kept = set("M", "K");
  CHECK_FALSE(loses_partial_sums(layer, machine, lost));
  machine.machine = "gemmini";
  CHECK(loses_partial_sums(layer, machine, lost));
  CHECK_FALSE(loses_partial_sums(layer, machine, kept));
}

TEST_CASE("the loop model's answer is exact where it is known and near in between") {
  const Space space({{"a", IntegerRange{1, 40, 1, false}}, {"b", IntegerRange{1, 40, 1, false}}}, {});
  const auto truth = [](const Point& point) {
    return std::exp(0.05 * point.numbers[0] + 0.002 * point.numbers[1] * point.numbers[1]);
  };
  int asked = 0;
  LoopPrior prior(
      space, {},
      [&](const Point& point) -> std::optional<double> {
        ++asked;
        if (point.numbers[0] > 38) return std::nullopt;  // nothing can be mapped there
        return truth(point);
      },
      7);
  Random random(3, {1});
  double worst = 0.0;
  for (int i = 0; i < 200; ++i) {
    const Point point = *space.sample(random);
    worst = std::max(worst, std::abs(prior(point) - std::log(truth(point))));
  }
  CHECK(worst < 0.5);
  CHECK(asked <= 32);
  const Point told = *space.sample(random);
  prior.learn(told, 3.0);
  CHECK(prior(told) == doctest::Approx(std::log(3.0)));
}
