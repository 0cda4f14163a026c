// Pipelines over boards and layers on sub-accelerators, against brute force and exact labels of others.
#include <doctest/doctest.h>

#include <dovetail/engine/cases/pipeline_document.hpp>
#include <dovetail/engine/cases/placement_document.hpp>

#include "support/reference_data.hpp"
#include "support/reference_lines.hpp"

using namespace dovetail;
using namespace dovetail::testing;
using Json = nlohmann::ordered_json;

namespace {

/// A plan must keep the bound and have the value that it is said to have.
void check_plan(const Json& one, const Json& plan, double bound, const char* what, double expected) {
  double static_mw = 0.0, dynamic = 0.0, longest = 0.0, sum = 0.0;
  std::size_t done = 0;
  for (const Json& stage : plan) {
    const Json& board = one["boards"][stage["board"].get<std::size_t>()];
    CHECK(stage["layers"][0] == done);
    done = stage["layers"][1];
    const double cycles = stage["cycles"];
    CHECK(cycles <= bound);
    static_mw += board["static_mw"].get<double>();
    dynamic += board["dynamic_mw"].get<double>() * cycles;
    longest = std::max(longest, cycles), sum += cycles;
  }
  CHECK(done == one["layers"].size());
  if (std::string(what) == "energy") CHECK(close(static_mw * longest + dynamic, expected));
  if (std::string(what) == "utilisation") CHECK(close(sum / static_cast<double>(plan.size()) / bound, expected));
  if (std::string(what) == "period") CHECK(close(longest, expected));
}

}  // namespace

TEST_CASE("pipelines: least period, fewest boards, least energy and most utilisation under each bound") {
  const auto cases = reference_lines("nas/cases/pipelines.jsonl");
  if (cases.empty()) dovetail::testing::skip("the reference cases are not here");
  for (const bool given : {true, false}) {  // bounds as in the case, or the default multiples: they are the same
    for (const auto& one : cases) {
      CAPTURE(one["id"].dump());
      auto asked = one;
      if (!given) asked.erase("with_bound");
      Diagnostics diagnostics;
      const PipelineCase pipeline_case = read_pipeline(parse_json(asked.dump(), "case"), diagnostics);
      diagnostics.raise();
      const Json answer = answer_pipeline(pipeline_case, Pipelines(pipeline_case.problem));
      CHECK(answer["least_period"] == one["least_period"]);
      CHECK(answer["fewest_boards_at_it"] == one["fewest_boards_at_it"]);
      check_plan(one, answer["period_plan"], answer["least_period"], "period", one["least_period"]);
      REQUIRE(answer["with_bound"].size() == one["with_bound"].size());
      for (std::size_t i = 0; i < one["with_bound"].size(); ++i) {
        const Json &ours = answer["with_bound"][i], &theirs = one["with_bound"][i];
        CHECK(ours["period_at_most"] == theirs["period_at_most"]);
        CHECK(close(ours["least_energy"], theirs["least_energy"]));
        CHECK(close(ours["most_utilisation"], theirs["most_utilisation"]));
        check_plan(one, ours["energy_plan"], ours["period_at_most"], "energy", ours["least_energy"]);
        check_plan(one, ours["utilisation_plan"], ours["period_at_most"], "utilisation", ours["most_utilisation"]);
      }
    }
  }
}

TEST_CASE("pipelines: boards by name price the tiles themselves") {
  for (auto one : reference_lines("nas/cases/pipelines.jsonl")) {
    CAPTURE(one["id"].dump());
    for (auto& board : one["boards"]) {
      board.erase("cycles");
      if (board["type"] == "pynq") board["type"] = "pynq-z1";
    }
    Diagnostics diagnostics;
    const PipelineCase pipeline_case = read_pipeline(parse_json(one.dump(), "case"), diagnostics);
    diagnostics.raise();
    CHECK(answer_pipeline(pipeline_case, Pipelines(pipeline_case.problem))["least_period"] == one["least_period"]);
  }
}

TEST_CASE("layers on sub-accelerators: the front, and the least energy under each deadline") {
  const auto cases = reference_lines("nas/cases/heterogeneous.jsonl");
  if (cases.empty()) dovetail::testing::skip("the reference cases are not here");
  for (const bool given : {true, false}) {
    for (const auto& one : cases) {
      CAPTURE(one["id"].dump());
      auto asked = one;
      if (!given) asked.erase("with_deadline");
      Diagnostics diagnostics;
      const PlacementCase placement_case = read_placement(parse_json(asked.dump(), "case"), diagnostics);
      diagnostics.raise();
      const PlacementResult result = place(placement_case.problem);
      CHECK(result.exact);
      for (const Schedule& schedule : result.front) CHECK(check(placement_case.problem, schedule) == "");
      const Json answer = answer_placement(placement_case, result);
      for (const char* key : {"least_makespan", "least_energy", "least_edp", "front", "with_deadline"}) {
        CAPTURE(key);
        CHECK(answer[key] == one[key]);
      }
      const PlacementBounds bounds(placement_case.problem);
      CHECK(bounds.makespan() <= one["least_makespan"].get<double>() * (1 + 1e-9));
      CHECK(bounds.energy() <= one["least_energy"].get<double>() * (1 + 1e-9));
      CHECK(bounds.edp() <= one["least_edp"].get<double>() * (1 + 1e-9));
      for (const auto& row : one["with_deadline"])
        CHECK(bounds.energy_within(row["makespan_at_most"]) <= row["least_energy"].get<double>() * (1 + 1e-9));
    }
  }
}
