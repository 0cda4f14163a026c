// Studies of several objectives, and the study file of the paper's settings.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/engine/codesign/candidate/design_front.hpp>
#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/design/bayes/loop_prior.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/report/design/design_review.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/workloads/text/document.hpp>

using namespace dovetail;

namespace {

Study study(const Node& document) {
  Diagnostics diagnostics;
  Study study = read_study(document, diagnostics);
  diagnostics.raise();
  return study;
}

const char* const front_study = R"(
workload: mlp
family: gemmini
objective: [energy, cycles, area]
space: {hw.pe_dim: [4, 16, 64], hw.scratchpad_kb: [4, 16, 64], hw.accumulator_kb: [4, 16]}
trials: 100
)";

// A user's simulator: twice the loop model's cycles, and none for scratchpads of more than 64 KB.
class Simulator final : public Evaluator {
 public:
  std::string name() const override { return "simulator"; }
  Evaluation evaluate(const Layer& layer, const Architecture& architecture, const Mapping& mapping) const override {
    for (const Level& level : architecture.levels)
      if (level.capacity_words && *level.capacity_words > 65536) throw std::runtime_error("memory too large");
    Evaluation answer = model_->evaluate(layer, architecture, mapping);
    answer.cycles *= 2;
    return answer;
  }

 private:
  std::unique_ptr<Evaluator> model_ = make_evaluator("loop");
};

}  // namespace

TEST_CASE("several objectives are read from a list or a text, and mappings follow their product") {
  const auto all = parse_study_objective("energy, cycles,area");
  REQUIRE(all);
  CHECK(all->metrics == std::vector<std::string>{"energy_pj", "cycles", "area_um2"});
  CHECK(objective_name(all->mapping) == "edp");
  CHECK(objective_name(parse_study_objective("energy,area")->mapping) == "energy");
  CHECK(parse_study_objective("edp")->metrics.empty());
  CHECK_FALSE(parse_study_objective("energy,energy"));
  CHECK_FALSE(parse_study_objective("energy,speed"));
  CHECK_FALSE(parse_study_objective("energy,"));
}

TEST_CASE("the front of a listed space is the front of all its machines, and any designer finds parts of it") {
  Study exhaustive = study(parse_yaml(front_study, "study.yaml"));
  exhaustive.designer = "exhaustive";
  const Codesign codesign(exhaustive);
  const CodesignResult result = run(codesign, {});
  REQUIRE(result.trials.size() >= 17);  // the hand design may be one of the points
  std::vector<std::vector<double>> rows;
  for (const Point& point : codesign.space().enumerate(100)) {
    const auto design = codesign.evaluate(point, Codesign::Dataflow::free, {});
    rows.push_back({design->energy_pj, design->cycles, design->area_um2});
  }
  CHECK(result.front.size() == non_dominated(rows).size());
  CHECK(result.front.size() > 2);
  for (std::size_t i = 1; i < result.front.size(); ++i)
    CHECK(result.front[i - 1].metrics.at("energy_pj") <= result.front[i].metrics.at("energy_pj"));
  CHECK(result.hypervolume > 0.0);
  const auto json = result_json(codesign, result);
  CHECK(json["front"]["designs"].size() == result.front.size());
  CHECK(result_text(json).find("Front: ") != std::string::npos);

  for (const char* designer : {"random", "evolution", "bayes"}) {
    CAPTURE(designer);
    Study some = study(parse_yaml(front_study, "study.yaml"));
    some.designer = designer;
    some.trials = 10;
    const CodesignResult part = run(Codesign(some), {});
    CHECK(part.trials.size() == 10);
    CHECK(part.pruned == 0);
    CHECK(part.hypervolume > 0.0);
    CHECK(part.hypervolume <= result.hypervolume * (1 + 1e-12));
  }
}

TEST_CASE("the paper's settings are a study file that runs, the same twice") {
  Study paper = study(load_file(DOVETAIL_SOURCE_DIR "/bench/codesign/paper.yaml"));
  CHECK(paper.trials == 50);
  CHECK(paper.budget == 250);
  CHECK(paper.mapper == "bayes");
  CHECK(paper.designer_options.at("initial") == "5");
  CHECK(paper.designer_options.at("samples") == "150");
  paper.folder.clear();
  paper.workloads.front().name = "mlp";
  paper.trials = 8;
  paper.budget = 40;
  CodesignOptions options;
  options.baseline = false;
  const CodesignResult first = run(Codesign(paper), options), second = run(Codesign(paper), options);
  CHECK(first.trials.size() == 8);
  REQUIRE(first.best);
  REQUIRE(second.best);
  CHECK(first.best->objective == second.best->objective);
}

TEST_CASE("a review names the limits of the best design, the designs next to it, and what explains the others") {
  Study listed = study(parse_yaml(R"(
workload: mlp
family: gemmini
space: {hw.pe_dim: [4, 16, 64], hw.scratchpad_kb: [4, 16, 64]}
trials: 100
)",
                                  "study.yaml"));
  listed.designer = "exhaustive";
  const Codesign codesign(listed);
  const CodesignResult result = run(codesign, {});
  REQUIRE(result.best);
  const std::vector<std::string> limits = binding_limits(codesign, *result.best);
  CHECK(std::count_if(limits.begin(), limits.end(),
                      [](const std::string& limit) { return limit.starts_with("hw.pe_dim at its largest, 64"); }) == 1);

  // Made-up rows: `a` alone decides, `b` does not matter.
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (int i = 0; i < 12; ++i)
    rows.push_back({{"id", i},
                    {"outcome", i == 11 ? "pruned" : "feasible"},
                    {"point", {{"a", i % 3}, {"b", i / 3 % 2 == 0 ? "x" : "y"}}},
                    {"metrics",
                     {{"objective", i % 3 == 0   ? 10.0
                                    : i % 3 == 1 ? 20.0
                                                 : 40.0}}}});
  const nlohmann::ordered_json best = {{"objective", 10.0}, {"point", {{"a", 0}, {"b", "x"}}}};
  const auto review = review_json(best, rows, {"b", "a"});
  REQUIRE(review["runner_ups"].size() == 5);
  CHECK(review["runner_ups"][0]["differs"] == nlohmann::ordered_json{{"b", "y"}});
  CHECK(review["runner_ups"][2]["over_best"] == 2.0);
  REQUIRE(review["effects"].size() == 2);
  CHECK(review["effects"][0]["parameter"] == "a");
  CHECK(review["effects"][0]["explains"].get<double>() == doctest::Approx(1.0));
  CHECK(review["effects"][0]["values"][0] == 0);
  CHECK(review["effects"][1]["explains"].get<double>() < 0.2);
}

TEST_CASE("a user's evaluator that fails on some machines may have the loop model as the surrogate's mean") {
  Study own = study(
      parse_yaml("{workload: mlp, family: gemmini, trials: 12, designer: {name: bayes, prior: loop}}", "study.yaml"));
  const Codesign codesign(own, std::make_shared<const Simulator>());
  CodesignOptions options;
  options.baseline = false;
  const CodesignResult result = run(codesign, options);
  CHECK(result.trials.size() == 12);
  CHECK(result.feasible > 0);
  REQUIRE(result.best);
  CHECK(result.lower_bound == 0.0);  // nothing bounds a model that is not ours
  for (const Trial& trial : result.trials) {
    if (trial.state == TrialState::failed) {
      CHECK(trial.reason == "simulator: memory too large");
      continue;
    }
    CHECK(trial.metrics.at("objective") == doctest::Approx(2.0 * trial.metrics.at(loop_objective_metric)));
  }
}
