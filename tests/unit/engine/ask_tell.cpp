// Ask/tell: ids, outcomes in any order, all or nothing, and sessions that go on after a stop.
#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>

#include <nlohmann/json.hpp>

#include <dovetail/engine/design/points/point_json.hpp>
#include <dovetail/engine/record/goal_document.hpp>
#include <dovetail/engine/study/ask_tell.hpp>

using namespace dovetail;
using Json = nlohmann::ordered_json;

namespace {

DesignerContext context() {
  std::vector<Parameter> parameters{{"x", RealRange{0.0, 1.0, false}},
                                    {"n", IntegerRange{1, 9, 2, false}},
                                    {"tile", OrdinalValues{{1, 2, 4, 8}}},
                                    {"flow", CategoricalValues{{"ws", "os"}}},
                                    {"order", PermutationItems{{"K", "C", "P"}}},
                                    {"C", Factorization{12, {"spad", "dram"}}}};
  std::vector<Constraint> constraints{make_constraint("n <= tile + 6", parameters)};
  DesignerContext result{Space(std::move(parameters), std::move(constraints)), {}, 3, 1, {}, {}, {}};
  result.goal.objectives.push_back({"f", true});
  result.goal.specs.push_back({"area", 5.0, std::nullopt});
  return result;
}

Json ask(AskTell& session, const std::string& line) {
  return Json::parse(answer_line(session, line));
}

std::string told(const Json& trial, double f) {
  return Json{{"tell", {{{"id", trial["id"]}, {"metrics", {{"f", f}, {"area", 1.0}}}}}}}.dump();
}

}  // namespace

TEST_CASE("points travel both ways and mistakes are named") {
  const DesignerContext made = context();
  Random random(1);
  for (int i = 0; i < 50; ++i) {
    const Point point = *made.space.sample(random);
    std::string error;
    const std::optional<Point> back = point_from_json(made.space, point_to_json(made.space, point), error);
    REQUIRE(back);
    CHECK(*back == point);
  }
  std::string error;
  Json value = point_to_json(made.space, *made.space.sample(random));
  value["n"] = 4;
  value["flow"] = "is";
  value["tyle"] = 2;
  CHECK_FALSE(point_from_json(made.space, value, error));
  CHECK(error.find("tyle") != std::string::npos);
  CHECK(error.find("steps of 2") != std::string::npos);
  CHECK(error.find("ws, os") != std::string::npos);
}

TEST_CASE("the protocol: ask, tell, best; failures, surprises and repeats") {
  AskTell session("bayes", context());
  const Json asked = ask(session, R"({"ask": 3})");
  REQUIRE(asked["trials"].size() == 3);
  CHECK(asked["trials"][2]["id"] == 2);
  CHECK(ask(session, R"({"tell": [{"id": 0, "metrics": {"f": 3, "area": 9}}]})")["best"].is_null());  // spec broken
  CHECK(ask(session, R"({"tell": [{"id": 1, "metrics": {"f": 2, "area": 1, "more": 7}}]})")["best"]["id"] == 1);
  CHECK(ask(session, R"({"tell": [{"id": 2, "failed": "simulator crashed"}]})")["ok"] == true);
  CHECK(session.trials()[2].reason == "simulator crashed");
  // The same again is fine, something else is not.
  CHECK(ask(session, R"({"tell": [{"id": 2, "failed": "simulator crashed"}]})")["ok"] == true);
  CHECK(ask(session, R"({"tell": [{"id": 2, "failed": "other"}]})").contains("error"));
  // A point never asked for.
  Json point = asked["trials"][0]["point"];
  point["x"] = 0.125;
  const Json surprise = ask(session, Json{{"tell", {{{"point", point}, {"metrics", {{"f", 1}, {"area", 0}}}}}}}.dump());
  CHECK(surprise["best"]["id"] == 3);
  CHECK(surprise["best"]["point"] == point);
}

TEST_CASE("what is not finite failed, written in any way") {
  for (const char* metric : {"NaN", "nan", "Infinity", "-Infinity", "1e999", "-1e999", "null", "inf"}) {
    AskTell session("random", context());
    ask(session, R"({"ask": 1})");
    CHECK(ask(session, std::string(R"({"tell": [{"id": 0, "metrics": {"f": )") + metric + R"(, "area": 1}}]})")["ok"] ==
          true);
    CHECK(session.trials()[0].state == TrialState::failed);
  }
}

TEST_CASE("one mistake in a line and nothing of it counts") {
  AskTell session("random", context());
  ask(session, R"({"ask": 3})");
  const Json reply = ask(
      session, R"({"tell": [{"id": 0, "metrics": {"f": 1, "area": 1}}, {"id": 99, "metrics": {"f": 1, "area": 1}}]})");
  CHECK(reply["error"].get<std::string>().find("99") != std::string::npos);
  CHECK(session.trials()[0].state == TrialState::pending);
  for (const char* line : {"",
                           " ",
                           "{",
                           "[]",
                           "3",
                           "\"ask\"",
                           "{}",
                           R"({"ask": -1})",
                           R"({"ask": 1.5})",
                           R"({"ask": "2"})",
                           R"({"ask": 1e6})",
                           R"({"ask": 1, "tell": []})",
                           R"({"tell": {}})",
                           R"({"tell": [1]})",
                           R"({"tell": [{"id": "0", "failed": "x"}]})",
                           R"({"tell": [{"id": 0}]})",
                           R"({"tell": [{"id": 0, "metrics": {"f": 1}}]})",
                           R"({"tell": [{"id": 0, "metrics": {"f": "1", "area": 1}}]})",
                           R"({"tell": [{"id": 0, "point": {}, "failed": "x"}]})",
                           R"({"tell": [{"id": 18446744073709551615, "failed": "x"}]})",
                           R"({"tell": [{"id": 0, "failed": "x"}, {"id": 0, "failed": "y"}]})",
                           R"({"tel": []})",
                           "\xff\xfe{",
                           "{\"ask\": 1}}",
                           "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}) {
    CAPTURE(line);
    CHECK(ask(session, line).contains("error"));
  }
  CHECK(session.trials().size() == 3);
  for (const Trial& trial : session.trials()) CHECK(trial.state == TrialState::pending);
}

TEST_CASE("a finite space ends: fewer points, and says so") {
  DesignerContext small = context();
  small.space = Space({{"a", IntegerRange{1, 3, 1, false}}}, {});
  small.goal.specs.clear();
  AskTell session("bayes", small);
  const Json reply = ask(session, R"({"ask": 5})");
  CHECK(reply["trials"].size() == 3);
  CHECK(reply["exhausted"] == true);
  CHECK(ask(session, R"({"ask": 1})")["trials"].empty());
}

TEST_CASE("a session resumed from its store goes on as if it had never stopped") {
  const std::string path = (std::filesystem::temp_directory_path() / "dovetail_ask_tell_test.db").string();
  std::filesystem::remove(path);
  const StudyRecord record{{{"kind", "test"}}, {}};
  std::vector<std::string> whole, parts;
  AskTell unbroken("bayes", context());
  const auto step = [](AskTell& session, int round, std::vector<std::string>& log) {
    const Json asked = ask(session, R"({"ask": 2})");
    log.push_back(asked.dump());
    log.push_back(ask(session, told(asked["trials"][0], 1.0 / (round + 1.0))).dump());  // the other stays pending
  };
  for (int round = 0; round < 8; ++round) step(unbroken, round, whole);
  for (int round = 0; round < 8; round += 2) {
    AskTell session("bayes", context(), std::shared_ptr<Store>(open_store(path, record, round > 0)));
    CHECK(session.trials().size() == static_cast<std::size_t>(2 * round));
    step(session, round, parts);
    step(session, round + 1, parts);
  }
  CHECK(whole == parts);
  CHECK(read_store(path)->trials().size() == 16);
  std::filesystem::remove(path);
}

TEST_CASE("goals are read with every mistake located") {
  Diagnostics diagnostics;
  const Goal goal = read_goal(
      parse_yaml("{objectives: [{metric: edp}, {metric: speed, minimize: false}], specs: [{metric: area, max: 4}]}",
                 "g.yaml"),
      diagnostics);
  CHECK_FALSE(diagnostics.failed());
  CHECK(goal.objectives.size() == 2);
  CHECK_FALSE(goal.objectives[1].minimize);
  CHECK(goal.specs[0].max == 4.0);
  Diagnostics wrong;
  read_goal(
      parse_yaml("objectives: [{metrc: edp}, 3]\nspecs:\n  - {metric: a}\n  - {metric: b, max: x}\nspec: []", "g.yaml"),
      wrong);
  CHECK(wrong.errors() >= 5);
}
