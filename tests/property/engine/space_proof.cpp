// A layer's own best machine costs no more than any machine of its class, and the proof of a space is what enumeration
// says.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>

#include <dovetail/engine/bound/toll_search.hpp>
#include <dovetail/engine/codesign/proof/shape_class.hpp>
#include <dovetail/engine/codesign/proof/space_proof.hpp>
#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/workloads/text/document.hpp>

using namespace dovetail;

namespace {

Study study(const std::string& text) {
  Diagnostics diagnostics;
  Study study = read_study(parse_yaml(text, "study.yaml"), diagnostics);
  diagnostics.raise();
  study.folder.clear();
  return study;
}

bool holds(const Box& box, const Point& point) {
  for (std::size_t i = 0; i < box.low.size(); ++i)
    if (point.numbers[i] < box.low[i] || point.numbers[i] > box.high[i]) return false;
  return true;
}

// Some range of every capacity around a point of the class.
Box some_part(const ShapeClass& shapes, const Point& point, Random& random) {
  Box part = shapes.box;
  for (const CapacityChoice& choice : shapes.capacity) {
    if (choice.steps.empty()) continue;
    const auto p = static_cast<std::size_t>(choice.parameter);
    const auto below = static_cast<std::uint64_t>(point.numbers[p] - part.low[p]);
    const auto above = static_cast<std::uint64_t>(part.high[p] - point.numbers[p]);
    part.low[p] += static_cast<double>(random.below(below + 1));
    part.high[p] -= static_cast<double>(random.below(above + 1));
  }
  return part;
}

// The release check asks for many machines of every family, and for every case of the others.
const char* asked_for() {
  return std::getenv("DOVETAIL_TOLL_MACHINES");
}

int machines_per_family() {
  return asked_for() != nullptr ? std::max(1, std::atoi(asked_for())) : 5;
}

struct Checks {
  int made = 0, wrong = 0;
  double closest = 0.0;
};

// Random machines beside the class that holds each, until `most_wrong`; `factor` on what capacities cost.
Checks check_machines(const std::string& family, int machines, double factor, int most_wrong) {
  const Codesign codesign(study("workload: dqn\nfamily: " + family));
  std::vector<ShapeClass> classes = shape_classes(codesign, 10'000, 1);
  REQUIRE(!classes.empty());
  for (ShapeClass& shapes : classes) {
    for (std::size_t l = 0; l < shapes.machine.levels.size(); ++l) {
      const AccessEnergy& least = shapes.machine.levels[l].energy;
      for (CapacityStep& step : shapes.capacity[l].steps) {
        step.energy.read_pj = least.read_pj + factor * (step.energy.read_pj - least.read_pj);
        step.energy.fill_pj = least.fill_pj + factor * (step.energy.fill_pj - least.fill_pj);
        step.energy.update_pj = least.update_pj + factor * (step.energy.update_pj - least.update_pj);
      }
    }
  }
  const std::vector<const PoolLayer*>& layers = codesign.work().layers;
  Random random(11, {static_cast<std::uint64_t>(machines)});
  Checks checks;
  for (int k = 0; k < machines && checks.wrong < most_wrong; ++k) {
    const Point point = *codesign.space().sample(random);
    const auto shapes = std::find_if(classes.begin(), classes.end(), [&](const ShapeClass& one) {
      return std::any_of(one.members.begin(), one.members.end(), [&](const Box& box) { return holds(box, point); });
    });
    REQUIRE(shapes != classes.end());
    const Architecture machine = codesign.family().instantiate(point);
    const Box part = some_part(*shapes, point, random);
    const Layer& layer = layers[2 + static_cast<std::size_t>(k) % (layers.size() - 2)]->layer;  // the small ones
    MapRequest request;
    request.layer = layer;
    request.architecture = machine;
    request.rules = codesign.family().rules(layer, point);
    ExactSearch exact(request);
    const double price = exact.root_energy_pj() / std::max(1.0, exact.root_cycles()) * random.uniform() * 2.0;
    std::optional<MapPoint> best;
    const double truth = exact.cheapest(price, best);
    if (!best) continue;
    TollSearch own(layer, shapes->machine, codesign.family().rules(layer, part), Bypass::search);
    if (k % 2 == 1) own.begin(shapes->toll(shapes->box, own.problem()));
    TollSearch::Question question;
    question.price = price;
    const TollSearch::Answer answer = own.least(shapes->toll(part, own.problem()), question);
    ++checks.made;
    CAPTURE(codesign.space().text(point));
    CAPTURE(layer.name);
    if (answer.bound > truth * (1.0 + 1e-9)) ++checks.wrong;
    checks.closest = std::max(checks.closest, answer.bound / truth);
  }
  return checks;
}

const char* const few_eyeriss = R"(
workload: mlp
family: eyeriss
fixed: {hw.gb_cluster: 1, hw.gb_block: 16, hw.filter_width: free, hw.filter_height: free, hw.gb_y: 1}
space: {hw.pe_x: {low: 12, high: 14}, hw.gb_x: {low: 1, high: 2}, hw.input_words: {low: 3, high: 4}, hw.weight_words: {low: 1, high: 3}, hw.psum_words: {low: 1, high: 2}}
)";
const char* const few_gemmini = R"(
workload: dqn
family: gemmini
space: {hw.pe_dim: [8, 16, 32], hw.scratchpad_kb: [8, 32, 128], hw.accumulator_kb: [4, 16, 64]}
)";
const char* const few_nvdla = R"(
workload: mlp
family: nvdla
fixed: {hw.atomic_c: 16}
space: {hw.atomic_k: [8, 16], hw.buffer_kb: [32, 128, 512], hw.sums_words: [64, 256], hw.dram_words: [4, 16]}
)";

struct Proven {
  double best = std::numeric_limits<double>::infinity(), bound = 0.0;
  std::int64_t asked = 0, searches = 0;
};

Proven prove(const Codesign& codesign, double gap, int threads, const DesignPoint* expected = nullptr) {
  SpaceProof proof(codesign);
  if (expected != nullptr) proof.expect(*expected);
  SpaceProof::Limits limits;
  limits.gap = gap;
  limits.effort = std::numeric_limits<std::int64_t>::max();
  limits.threads = threads;
  REQUIRE(proof.known(limits));
  Proven result;
  // Something to begin with: as trials are.
  Random random(3, {1});
  std::optional<Point> machine = codesign.space().sample(random);
  while (machine) {
    ++result.asked;
    const DesignPoint design = *codesign.evaluate(*machine, Codesign::Dataflow::free, {});
    proof.prove(*machine, design.mapped ? design.lower_bound : std::numeric_limits<double>::infinity());
    if (design.feasible()) result.best = std::min(result.best, design.objective);
    machine = proof.next(result.best, limits);
  }
  result.bound = proof.lower_bound(result.best);
  result.searches = proof.searches();
  return result;
}

double enumerated(const Codesign& codesign) {
  double least = std::numeric_limits<double>::infinity();
  for (const Point& point : codesign.space().enumerate(10'000)) {
    const DesignPoint design = *codesign.evaluate(point, Codesign::Dataflow::free, {});
    if (design.feasible()) least = std::min(least, design.objective);
  }
  return least;
}

}  // namespace

TEST_CASE("no machine of a class costs less than its layer's own best machine") {
  for (const std::string& family : family_names()) {
    CAPTURE(family);
    const Checks checks = check_machines(family, machines_per_family(), 1.0, machines_per_family());
    MESSAGE(family << ": " << checks.made << " machines, closest " << checks.closest);
    CHECK(checks.wrong == 0);
    CHECK(checks.made * 2 > machines_per_family());
  }
}

TEST_CASE("prices of capacities that rise too fast are caught") {
  CHECK(check_machines("gemmini", 40, 3.0, 1).wrong > 0);
}

TEST_CASE("what layers are expected to cost, be it right or absurd, changes nothing that is proven") {
  const Codesign codesign(study(few_gemmini));
  const DesignPoint expected = *codesign.evaluate(codesign.family().default_point(), Codesign::Dataflow::free, {});
  const Proven exact = prove(codesign, 0.0, 2);
  for (const double factor : {1.0, 1e-3, 1e3}) {
    if (factor == 1.0 && asked_for() == nullptr) continue;
    CAPTURE(factor);
    DesignPoint other = expected;
    for (MappedLayer& layer : other.layers) {
      layer.evaluation.energy_pj *= factor;
      layer.evaluation.cycles = static_cast<std::int64_t>(static_cast<double>(layer.evaluation.cycles) * factor);
    }
    const Proven near = prove(codesign, 0.03, 1, &other);
    CHECK(near.bound <= exact.best * (1.0 + 1e-9));
    CHECK(near.bound >= near.best * 0.97 * (1.0 - 1e-9));
  }
}

TEST_CASE("the proof of a space is what enumeration says") {
  struct Case {
    const char *text, *objective;
    bool always;
  };
  for (const auto& [text, objective, always] :
       {Case{few_eyeriss, "edp", true}, Case{few_gemmini, "edp", false}, Case{few_gemmini, "energy", true},
        Case{few_nvdla, "energy^2*cycles", false}, Case{few_nvdla, "energy*cycles^2", true}}) {
    if (!always && asked_for() == nullptr) continue;
    CAPTURE(text);
    CAPTURE(objective);
    Study small = study(text);
    small.objective = objective;
    const Codesign codesign(small);
    const double truth = enumerated(codesign);
    const Proven exact = prove(codesign, 0.0, 2);
    CHECK(exact.best == doctest::Approx(truth).epsilon(1e-9));
    CHECK(exact.bound == doctest::Approx(truth).epsilon(1e-9));
    const Proven near = prove(codesign, 0.02, 1), again = prove(codesign, 0.02, 2);
    CHECK(near.bound <= truth * (1.0 + 1e-9));
    CHECK(near.bound >= near.best * 0.98 * (1.0 - 1e-9));
    CHECK(near.bound == again.bound);
    CHECK(near.asked == again.asked);
    CHECK(near.searches == again.searches);
    CHECK(near.asked <= exact.asked);
  }
}
