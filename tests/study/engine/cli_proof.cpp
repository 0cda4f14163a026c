// A study that is proven to a gap: it stops there, tells how best and bound met, and keeps that for its page.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/program.hpp"

using namespace dovetail::testing;

TEST_CASE("a study stops at the gap that was asked for, and shows the way to it") {
  const Folder folder;
  const std::string store = folder.file("a.db"), page = folder.file("a.html");
  const Outcome outcome =
      run(folder, {"optimize", "--workload", "mlp", "--family", "eyeriss", "--trials", "2", "--prove", "--gap", "0.05",
                   "--threads", "1", "--store", store, "--format", "json"});
  REQUIRE(outcome.code == 0);
  const nlohmann::json result = nlohmann::json::parse(outcome.out);
  CHECK(result["gap"].get<double>() <= 0.05);
  CHECK((result["stopped"] == "gap" || result["stopped"] == "proven"));
  const nlohmann::json& steps = result["proof"];
  REQUIRE(steps.size() >= 2);
  double bound = 0.0, best = 1e300, seconds = 0.0;
  for (const nlohmann::json& step : steps) {
    CAPTURE(step.dump());
    CHECK(step["seconds"].get<double>() >= seconds);
    CHECK(step["best"].get<double>() <= best);
    const double own = step["lower_bound"].is_null() ? 0.0 : step["lower_bound"].get<double>();
    CHECK(own >= bound);
    CHECK(own <= step["best"].get<double>());
    seconds = step["seconds"].get<double>(), best = step["best"].get<double>(), bound = own;
  }
  CHECK(best == result["best"]["objective"].get<double>());
  CHECK(bound == result["lower_bound"].get<double>());
  REQUIRE(run(folder, {"report", store, "--html", page}).code == 0);
  CHECK(read(page).find("\"proof\":[{\"seconds\"") != std::string::npos);
}
