// A point stands for a candidate: a study whose points also say how wide a layer of the network is.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <dovetail/engine/codesign/candidate/network_sum.hpp>
#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/workloads/text/document.hpp>

using namespace dovetail;

namespace {

constexpr std::int64_t batch = 8, inputs = 16, classes = 10;

Network chain(const std::string& name, const std::vector<Layer>& layers) {
  Network network;
  network.name = name;
  for (const Layer& layer : layers) boost::add_vertex(NetworkLayer{layer, 1, true}, network.graph);
  return network;
}

// The side of the array of a Gemmini, and the width of the hidden layer of a perceptron with two. The wider, the more
// certain its answers: narrower than 24 is not wanted, so width pays with work.
class Perceptrons final : public CandidateBuilder {
 public:
  Perceptrons() : family_(load_family("gemmini")), space_(make_space()) {}

  const Space* space() const override { return &space_; }

  Candidate build(const Point& point, Dataflow dataflow) const override {
    const double side = space_.number(point, 0), width = space_.number(point, 1);
    Point machine = family_.default_point();
    const int parameter = position("hw.pe_dim");
    machine.numbers[static_cast<std::size_t>(family_.space().offset(parameter))] = stored(parameter, side);
    Candidate candidate{point, family_.instantiate(machine), nullptr, {}};
    auto work = std::make_shared<NetworkSet>();
    work->add(network(static_cast<std::int64_t>(width)), weight(width), pool_);
    for (const PoolLayer* layer : work->layers)
      candidate.rules.push_back(dataflow == Dataflow::baseline ? family_.baseline_rules(layer->layer, machine)
                                                               : family_.rules(layer->layer, machine));
    candidate.work = std::move(work);
    return candidate;
  }

  // Errors that narrow networks make, as a factor on what they cost.
  static double weight(double width) { return 1.0 + 512.0 / (width * width); }

  static Network network(std::int64_t width) {
    return chain("perceptron", {make_matmul({.name = "in", .rows = batch, .columns = width, .depth = inputs}),
                                make_matmul({.name = "out", .rows = batch, .columns = classes, .depth = width})});
  }

  std::size_t layers() const { return pool_.size(); }

 private:
  int position(const std::string& name) const {
    const std::vector<Parameter>& all = family_.space().parameters();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Parameter& p) { return p.name == name; });
    REQUIRE(found != all.end());
    return static_cast<int>(found - all.begin());
  }

  // A list holds positions, a range the number itself.
  double stored(int parameter, double value) const {
    const Parameter& asked = family_.space().parameters()[static_cast<std::size_t>(parameter)];
    const auto* list = std::get_if<OrdinalValues>(&asked.domain);
    if (list == nullptr) return value;
    const auto found = std::find(list->values.begin(), list->values.end(), value);
    REQUIRE(found != list->values.end());
    return static_cast<double>(found - list->values.begin());
  }

  static Space make_space() {
    std::vector<Parameter> parameters = {{"hw.side", OrdinalValues{{4, 8, 16}}},
                                         {"nn.width", OrdinalValues{{8, 16, 32, 64}}}};
    return Space(std::move(parameters), {});
  }

  Family family_;
  Space space_;
  mutable LayerPool pool_;
};

Study study() {
  Diagnostics diagnostics;
  Study study = read_study(parse_yaml("{workload: mlp, family: gemmini, trials: 100}", "study.yaml"), diagnostics);
  diagnostics.raise();
  study.folder.clear();
  return study;
}

}  // namespace

TEST_CASE("a parameter of the network is searched like one of the machine, to the enumerated optimum") {
  for (const std::string designer : {"exhaustive", "random", "bayes"}) {
    CAPTURE(designer);
    const auto builder = std::make_shared<Perceptrons>();
    Study searched = study();
    searched.designer = designer;
    searched.trials = designer == "exhaustive" ? 100 : 4;
    searched.prove = designer != "exhaustive";
    const Codesign codesign(searched, nullptr, builder);
    double least = std::numeric_limits<double>::infinity();
    Point where;
    for (const Point& point : codesign.space().enumerate(100)) {
      const auto design = codesign.evaluate(point, Dataflow::free, {});
      REQUIRE(design->feasible());
      if (design->objective < least) least = design->objective, where = point;
    }
    CodesignOptions options;
    options.threads = 1;
    const CodesignResult result = run(codesign, options);
    REQUIRE(result.best);
    CHECK(result.best->objective == least);
    CHECK(result.best->point == where);
    CHECK(result.best->layers.size() == 2);
    if (searched.prove) CHECK(result.proven);
    // Four widths of two layers, however many candidates were made.
    CHECK(builder->layers() == 8);
  }
}

TEST_CASE("what networks cost together, by hand") {
  LayerPool pool;
  NetworkSet work;
  const Layer a = make_matmul({.name = "a", .rows = 2, .columns = 3, .depth = 4});
  const Layer b = make_matmul({.name = "b", .rows = 5, .columns = 3, .depth = 4});
  work.add(chain("one", {a, b, a}), 1.0, pool);
  work.add(chain("two", {b}), 0.5, pool);
  REQUIRE(work.layers.size() == 2);
  CHECK(pool.size() == 2);
  const std::vector<CompulsoryCost> costs = {{10.0, 3.0}, {100.0, 7.0}};
  // one: 2 x a + b = (120 pJ, 13 cycles); two: b = (100 pJ, 7 cycles).
  const NetworkSum sum({1, 1}, false), worst({1, 1}, true);
  CHECK(sum.together(work, costs) == 120.0 * 13.0 + 0.5 * 100.0 * 7.0);
  CHECK(worst.together(work, costs) == 120.0 * 13.0);
  CHECK(sum.sums(work, costs).energy_pj == 120.0 + 0.5 * 100.0);
  CHECK(sum.sums(work, costs).cycles == 13.0 + 0.5 * 7.0);
  // From the layers' own objectives, 30 and 700: (2 sqrt(30) + sqrt(700))^2 + 700 / 2.
  const double root = 2.0 * std::sqrt(30.0) + std::sqrt(700.0);
  CHECK(sum.bound(work, {30.0, 700.0}) == doctest::Approx(root * root + 350.0));
  CHECK(sum.bound(work, {30.0, 700.0}) <= sum.together(work, costs));
  const auto [order, half] = sum.heaviest(work, costs);
  CHECK(order == std::vector<std::size_t>{1, 0});
  CHECK(half == 1);
  CHECK(sum.weighty(work, costs, 0.2) == std::vector<char>{1, 1});
  CHECK(sum.weighty(work, {{1.0, 1.0}, {1000.0, 1000.0}}, 0.03) == std::vector<char>{0, 1});
}

TEST_CASE("whatever would change trials is in the identity of a study") {
  const auto identity = [](const std::function<void(Study&)>& change) {
    Study changed = study();
    change(changed);
    return Codesign(changed).record("", "").identity;
  };
  const auto plain = identity([](Study&) {});
  const std::vector<std::pair<const char*, std::function<void(Study&)>>> changes = {
      {"budget", [](Study& s) { s.budget = 100; }},
      {"mapper", [](Study& s) { s.mapper = "random"; }},
      {"mapper gap", [](Study& s) { s.gap = 0.1; }},
      {"bypass", [](Study& s) { s.bypass = "none"; }},
      {"model", [](Study& s) { s.model = "cycle"; }},
      {"objective", [](Study& s) { s.objective = "energy"; }},
      {"combine", [](Study& s) { s.combine = Combine::worst; }},
      {"designer", [](Study& s) { s.designer = "random"; }},
      {"designer", [](Study& s) { s.designer_options["initial"] = "4"; }},
      {"batch", [](Study& s) { s.batch = 3; }},
      {"seed", [](Study& s) { s.seed = 5; }},
      {"clock_mhz", [](Study& s) { s.clock_mhz = 123.0; }},
      {"workload", [](Study& s) { s.workloads.front().weight = 2.0; }},
      {"workload digest", [](Study& s) { s.workloads.front().name = "dqn"; }},
      {"family", [](Study& s) { s.family = "nvdla"; }},
      {"specs",
       [](Study& s) {
         s.specs.push_back({{"area_um2", 1e6, {}}, "area_um2 <= 1000000"});
       }},
  };
  for (const auto& [key, change] : changes) {
    CAPTURE(key);
    CHECK(identity(change).at(key) != plain.at(key));
  }
  // Trials and time end a study; they do not change it.
  CHECK(identity([](Study& s) { s.trials = 7, s.time_s = 3.0; }) == plain);
}
