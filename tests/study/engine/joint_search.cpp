// The joint search: legal designs, honest counts, the same twice, and better than as many random designs.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/engine/codesign/joint_search.hpp>
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

class Counted final : public Evaluator {
 public:
  std::string name() const override { return "counted"; }
  Evaluation evaluate(const Layer& layer, const Architecture& architecture, const Mapping& mapping) const override {
    ++count;
    return model_->evaluate(layer, architecture, mapping);
  }
  mutable std::atomic<std::int64_t> count{0};

 private:
  std::unique_ptr<Evaluator> model_ = make_evaluator("loop");
};

class Refusing final : public Evaluator {
 public:
  std::string name() const override { return "refusing"; }
  Evaluation evaluate(const Layer&, const Architecture&, const Mapping&) const override {
    throw std::runtime_error("no licence");
  }
};

}  // namespace

TEST_CASE("evaluations are counted, designs are what the evaluator says, and runs repeat") {
  const Codesign codesign(study("{workload: dqn, family: gemmini, seed: 3}"));
  JointOptions options;
  options.evaluations = 60;
  options.machines = 4;
  options.mappings = 10;
  const auto counted = std::make_shared<Counted>();
  const CodesignResult first = joint_search(codesign, options, counted);
  CHECK(counted->count >= 60);
  CHECK(counted->count < 60 + 5);  // the last design is finished: dqn has five layers
  REQUIRE(first.best);
  double energy = 0.0, cycles = 0.0;
  const auto loop = make_evaluator("loop");
  for (const MappedLayer& layer : first.best->layers) {
    const Evaluation cost = loop->evaluate(layer.layer, first.best->architecture, layer.mapping);
    CHECK(cost.valid());
    energy += static_cast<double>(layer.count) * cost.energy_pj;
    cycles += static_cast<double>(layer.count) * static_cast<double>(cost.cycles);
  }
  CHECK(first.best->objective == doctest::Approx(energy * cycles));
  CHECK(codesign.space().contains(first.best->point));
  const CodesignResult second = joint_search(codesign, options, std::make_shared<Counted>());
  CHECK(second.best->objective == first.best->objective);
  CHECK(second.trials.size() == first.trials.size());
}

TEST_CASE("the surrogate earns its evaluations: better than random designs in most seeds") {
  int better = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Study wanted = study("{workload: mlp, family: gemmini}");
    wanted.seed = seed;
    const Codesign codesign(wanted);
    JointOptions options;
    options.evaluations = 40;
    options.mappings = 16;
    JointOptions random = options;
    random.warm_up = 1000000;
    better += joint_search(codesign, options).best->objective < joint_search(codesign, random).best->objective ? 1 : 0;
  }
  CHECK(better >= 4);
}

TEST_CASE("failures and limits are answered, not thrown") {
  Study limited = study("{workload: mlp, family: gemmini, specs: [area_um2 <= 6e5]}");
  JointOptions options;
  options.evaluations = 20;
  options.mappings = 8;
  const CodesignResult small = joint_search(Codesign(limited), options);
  REQUIRE(small.best);
  CHECK(small.best->area_um2 <= 6e5);
  const CodesignResult none = joint_search(Codesign(limited), options, std::make_shared<Refusing>());
  CHECK_FALSE(none.best);
  CHECK(none.infeasible.at("refusing: no licence") == static_cast<std::int64_t>(none.trials.size()));
}
