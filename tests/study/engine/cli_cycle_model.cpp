// map and optimize with the cycle model: whole commands on a small network.
#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

// busy + fill + drain + stalls + what a level's total adds = cycles.
void check_attribution(const Json& layer) {
  const Json& cycle = layer["cycle"];
  double sum = cycle["busy"].get<double>() + cycle["fill"].get<double>() + cycle["drain"].get<double>() +
               cycle["level_bound"].get<double>();
  for (const Json& stall : cycle["stalls"]) sum += stall["cycles"].get<double>();
  CHECK(sum == doctest::Approx(cycle["cycles"].get<double>()).epsilon(1e-9));
  CHECK(cycle["loop_cycles"].get<double>() > 0.0);
}

// Work on one track never overlaps, and none of it lies outside the run.
void check_trace(const Json& trace, double cycles) {
  std::map<int, std::string> tracks;
  std::map<int, double> free;
  std::size_t work = 0;
  for (const Json& event : trace["traceEvents"]) {
    const std::string phase = event["ph"];
    if (phase == "M" && event["name"] == "thread_name") tracks[event["tid"]] = event["args"]["name"];
    if (phase != "X") continue;
    ++work;
    const int track = event["tid"];
    CHECK(tracks.count(track) == 1);
    const double start = event["ts"], end = start + event["dur"].get<double>();
    CHECK(start >= free[track] - 1e-6);
    CHECK(end <= cycles + 1.0);
    free[track] = end;
  }
  CHECK(tracks.size() >= 3);
  CHECK(work > 0);
}

Json study(const Folder& folder, const std::string& family, const std::string& threads,
           const std::vector<std::string>& more = {}, const std::string& trials = "8") {
  std::vector<std::string> words = {"optimize", "--workload", "mlp",      "--family", family,
                                    "--model",  "cycle",      "--trials", trials,     "--seed",
                                    "4",        "--threads",  threads,    "--format", "json"};
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = run(folder, words);
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  Json json = Json::parse(outcome.out);
  json.erase("seconds");
  return json;
}

}  // namespace

TEST_CASE("map --model cycle explains every layer, and its mappings evaluate to the same cycles") {
  const Folder folder;
  for (const char* family : {"eyeriss", "gemmini"}) {
    const Outcome mapped = run(folder, {"map", "--workload", "mlp", "--architecture", family, "--model", "cycle",
                                        "--format", "json", "--out", "designs"});
    REQUIRE(mapped.code == 0);
    const Json json = Json::parse(mapped.out);
    CHECK(json["model"] == "cycle");
    for (const Json& layer : json["layers"]) {
      check_attribution(layer);
      CHECK(layer["cycle"]["cycles"] == layer["best"]["cycles"]);
      CHECK(layer["lower_bound"].get<double>() <= layer["objective"].get<double>());
      const std::string file = folder.file("designs/" + layer["name"].get<std::string>() + ".json");
      const Outcome again = run(folder, {"evaluate", file, "--model", "cycle", "--format", "json"});
      REQUIRE(again.code == 0);
      CHECK(Json::parse(again.out)["cycles"] == layer["best"]["cycles"]);
      CHECK(Json::parse(again.out)["edp"] == layer["best"]["edp"]);
      const Outcome words = run(folder, {"evaluate", file, "--model", "cycle", "--format", "text"});
      CHECK(words.out.find("Where the cycles go") != std::string::npos);
      CHECK(words.out.find("% ") != std::string::npos);
      const Outcome explained =
          run(folder, {"explain", file, "--model", "cycle", "--format", "json", "--out", "trace"});
      REQUIRE(explained.code == 0);
      check_trace(Json::parse(read(folder.file("trace/trace.json"))), layer["best"]["cycles"].get<double>());
    }
    const Outcome text =
        run(folder, {"map", "--workload", "mlp", "--architecture", family, "--model", "cycle", "--format", "text"});
    CHECK(text.out.find("Where the models disagree") != std::string::npos);
  }
}

TEST_CASE("optimize --model cycle: the same for any thread count, resumed alike, and explained") {
  const Folder folder;
  for (const char* family : {"gemmini", "eyeriss"}) {
    CAPTURE(family);
    const std::string store = folder.file(std::string(family) + ".db");
    const Json one = study(folder, family, "1"), two = study(folder, family, "2");
    CHECK(one == two);
    study(folder, family, "1", {"--store", store}, "4");
    const Json resumed = study(folder, family, "2", {"--store", store, "--resume"});
    CHECK(resumed["best"] == one["best"]);
    CHECK(resumed["feasible"] == one["feasible"]);
    for (const Json& layer : one["best"]["layers"]) check_attribution(layer);
    CHECK(one["best"]["objective"].get<double>() <= one["baseline_free"]["objective"].get<double>());
    const Outcome report = run(folder, {"report", store});
    CHECK(report.code == 0);
    const Outcome text = run(folder, {"report", store, "--format", "text"});
    CHECK(text.out.find("Where the models disagree") != std::string::npos);
  }
}
