// Co-design with results on chip: the enumerated best machine, the same table for any threads and after a kill, and
// what is refused.
#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

// An inverted bottleneck with its addition: small enough to map on a handful of machines in a second.
constexpr const char* block = R"(schema: dovetail-workload/1
name: block
layers:
- stem: {conv: 8x14x14 -> 8, kernel: 1}
- expand: {conv: 8x14x14 -> 32, kernel: 1}
- depthwise: {depthwise: 32x14x14, kernel: 3, pad: 1}
- project: {conv: 32x14x14 -> 8, kernel: 1}
- head: {conv: 8x14x14 -> 16, kernel: 1, after: [project, stem]}
)";

constexpr const char* machines = R"(schema: dovetail-study/1
workload: block.yaml
family: gemmini
fusion: bands
space: {hw.pe_dim: [4, 8], hw.scratchpad_kb: [2, 4, 16], hw.accumulator_kb: [2, 8]}
trials: 12
)";

void write_study(const Folder& folder) {
  folder.write("block.yaml", block);
  folder.write("study.yaml", machines);
}

std::vector<std::string> study(const std::string& store, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"optimize", "study.yaml", "--store", store, "--format", "json"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string table(const Folder& folder, const std::string& store) {
  const Outcome outcome = run(folder, {"report", store, "--format", "csv"});
  REQUIRE(outcome.code == 0);
  return outcome.out;
}

Json without_seconds(const std::string& text) {
  Json json = Json::parse(text);
  json.erase("seconds");
  return json;
}

}  // namespace

TEST_CASE("the best machine is that of enumeration, each mapped with results on chip") {
  const Folder folder;
  write_study(folder);
  const Outcome outcome = run(folder, study(folder.file("a.db"), {"--trials", "12", "--designer", "exhaustive"}));
  REQUIRE(outcome.code == 0);
  const Json result = Json::parse(outcome.out);
  double least = 1e300;
  for (const char* side : {"4", "8"}) {
    for (const char* scratchpad : {"2", "4", "16"}) {
      for (const char* accumulator : {"2", "8"}) {
        const Outcome one =
            run(folder, {"map", "--workload", "block.yaml", "--architecture", "gemmini", "--fusion", "bands", "--set",
                         std::string("hw.pe_dim=") + side, "--set", std::string("hw.scratchpad_kb=") + scratchpad,
                         "--set", std::string("hw.accumulator_kb=") + accumulator, "--format", "json"});
        REQUIRE(one.code == 0);
        const Json network = Json::parse(one.out)["network"];
        CHECK(network["proven"] == true);
        CHECK(network["compulsory_edp"].get<double>() <= network["edp"].get<double>() * (1 + 1e-9));
        least = std::min(least, network["edp"].get<double>());
      }
    }
  }
  const Json& best = result["best"];
  CHECK(best["edp"].get<double>() == doctest::Approx(least).epsilon(1e-9));
  CHECK(best["objective"].get<double>() == doctest::Approx(least).epsilon(1e-9));
  CHECK(best["lower_bound"].get<double>() == doctest::Approx(least).epsilon(1e-9));
  CHECK(result["fusion"] == "bands");
  CHECK(result["lower_bound"].get<double>() <= least * (1 + 1e-9));
  // What it bought: the same machine layer by layer is worse, and the network's own figures add up to the design's.
  CHECK(best["unfused"]["objective"].get<double>() > least * 1.01);
  REQUIRE(best["fusion"].size() == 1);
  const Json& network = best["fusion"][0];
  CHECK(network["edp"].get<double>() == doctest::Approx(least).epsilon(1e-9));
  CHECK(network["unfused_edp"].get<double>() ==
        doctest::Approx(best["unfused"]["objective"].get<double>()).epsilon(1e-9));
  CHECK(network["groups"].size() + network["in_buffer"].size() > 0);
  double energy = 0.0, cycles = 0.0;
  for (const Json& step : network["steps"]) {
    energy += step["energy_pj"].get<double>();
    cycles += step["cycles"].get<double>();
    CHECK(step["reserved_words"].get<double>() <= step["used_words"].get<double>());
    CHECK(step["used_words"].get<double>() <= network["home"]["words"].get<double>());
  }
  CHECK(energy == doctest::Approx(best["energy_pj"].get<double>()).epsilon(1e-9));
  CHECK(cycles == doctest::Approx(best["cycles"].get<double>()).epsilon(1e-9));
}

TEST_CASE("fusion none is the study without the key") {
  const Folder folder;
  write_study(folder);
  const Outcome without = run(folder, study(folder.file("a.db"), {"--fusion", "none", "--trials", "4"}));
  REQUIRE(without.code == 0);
  std::string text = machines;
  text.erase(text.find("fusion: bands\n"), 14);
  folder.write("study.yaml", text);
  const Outcome plain = run(folder, study(folder.file("b.db"), {"--trials", "4"}));
  REQUIRE(plain.code == 0);
  CHECK(without_seconds(without.out) == without_seconds(plain.out));
  CHECK(without.out.find("fusion") == std::string::npos);
}

TEST_CASE("the same table for 1, 2 and 8 threads") {
  const Folder folder;
  write_study(folder);
  std::vector<std::string> tables;
  std::vector<Json> results;
  for (const char* threads : {"1", "2", "8"}) {
    const std::string store = folder.file(std::string("threads") + threads + ".db");
    const Outcome outcome = run(folder, study(store, {"--trials", "8", "--threads", threads}));
    REQUIRE(outcome.code == 0);
    results.push_back(without_seconds(outcome.out));
    tables.push_back(table(folder, store));
  }
  CHECK(tables[0] == tables[1]);
  CHECK(tables[0] == tables[2]);
  CHECK(results[0] == results[1]);
  CHECK(results[0] == results[2]);
}

TEST_CASE("killed and resumed: the identical table and result; another fusion is refused") {
  const Folder folder;
  write_study(folder);
  const std::string whole = folder.file("whole.db");
  const Outcome reference = run(folder, study(whole));
  REQUIRE(reference.code == 0);
  const std::string expected = table(folder, whole);
  for (const int delay_ms : {60, 250, 600}) {
    CAPTURE(delay_ms);
    const std::string store = folder.file("killed" + std::to_string(delay_ms) + ".db");
    Program program(folder, study(store, {"--resume"}));
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
    program.signal(SIGKILL);
    program.wait();
    const Outcome resumed = run(folder, study(store, {"--resume"}));
    REQUIRE(resumed.code == 0);
    CHECK(table(folder, store) == expected);
    CHECK(without_seconds(resumed.out) == without_seconds(reference.out));
  }
  const Outcome other = run(folder, study(whole, {"--resume", "--fusion", "homes"}));
  CHECK(other.code == 6);
  CHECK(other.err.find("fusion") != std::string::npos);
}

TEST_CASE("what is not known of results on chip is refused at its place, all of it at once") {
  const Folder folder;
  write_study(folder);
  folder.write("wrong.yaml", std::string(machines) +
                                 "mapper: random\nmodel: cycle\nprove: true\nobjective: cycles\nbypass: fixed\n"
                                 "specs: [latency_ms <= 1, area_um2 <= 1e6]\n");
  const Outcome outcome = run(folder, {"optimize", "wrong.yaml"});
  CHECK(outcome.code == 3);
  for (const char* word : {"wrong.yaml:4:", "cycle", "mapper random", "prove", "objective", "bypass"}) {
    CAPTURE(word);
    CHECK(outcome.err.find(word) != std::string::npos);
  }
  for (const char* limit : {"latency_ms <= ", "area_um2 <= "}) CHECK(outcome.err.find(limit) == std::string::npos);
  const Outcome joint = run(folder, {"optimize", "study.yaml", "--joint", "100"});
  CHECK(joint.code == 2);
  CHECK(joint.err.find("--fusion") != std::string::npos);
  const Outcome misspelt = run(folder, {"optimize", "study.yaml", "--set", "fusion=band"});
  CHECK(misspelt.code == 3);
  CHECK(misspelt.err.find("bands") != std::string::npos);
}

TEST_CASE("limits on what schedules cost: every machine by its best schedule that keeps them") {
  const Folder folder;
  write_study(folder);
  const auto optimize = [&](const std::vector<std::string>& limits) {
    std::vector<std::string> words = {"optimize", "study.yaml", "--designer", "exhaustive", "--format", "json"};
    for (const std::string& limit : limits) words.insert(words.end(), {"--spec", limit});
    const Outcome outcome = run(folder, words);
    CAPTURE(outcome.err);
    REQUIRE((outcome.code == 0 || outcome.code == 4));
    return outcome.code == 0 ? Json::parse(outcome.out) : Json(nullptr);
  };
  const auto limit = [](const char* metric, double value) { return std::string(metric) + "<=" + Json(value).dump(); };
  const Json free = optimize({})["best"];
  for (const char* metric : {"energy_pj", "cycles", "edp", "latency_ms", "power_mw"}) {
    CAPTURE(metric);
    const double had = free[metric].get<double>();
    // Just what the best has is kept by the same schedule.
    const Json same = optimize({limit(metric, had)});
    REQUIRE(same.is_object());
    CHECK(same["best"]["objective"] == free["objective"]);
    CHECK(same["best"]["fusion"][0]["within_limits"] == "optimum");
    // A little less is kept by another machine or schedule, or by none.
    const Json less = optimize({limit(metric, had * 0.97)});
    if (!less.is_object() || less["best"].is_null()) continue;
    const Json& best = less["best"];
    CHECK(best[metric].get<double>() <= had * 0.97);
    CHECK(best["objective"].get<double>() >= free["objective"].get<double>() * (1 - 1e-9));
    CHECK(best["lower_bound"].get<double>() <= best["objective"].get<double>() * (1 + 1e-9));
    double energy = 0.0;
    for (const Json& step : best["fusion"][0]["steps"]) energy += step["energy_pj"].get<double>();
    CHECK(energy == doctest::Approx(best["energy_pj"].get<double>()).epsilon(1e-9));
  }
  const Outcome none = run(folder, {"optimize", "study.yaml", "--designer", "exhaustive", "--spec",
                                    limit("latency_ms", free["latency_ms"].get<double>() * 1e-3)});
  CHECK(none.code == 4);
}

TEST_CASE("what does not fit on chip is told with the words that it needs, in text and JSON") {
  const Folder folder;
  folder.write("wide.yaml", R"(schema: dovetail-workload/1
name: wide
layers:
- stem: {conv: 16x16x16 -> 16, kernel: 1}
- first: {conv: 16x16x16 -> 128, kernel: 1}
- second: {conv: 128x16x16 -> 128, kernel: 3, pad: 1}
- third: {conv: 128x16x16 -> 16, kernel: 1}
- head: {conv: 16x16x16 -> 16, kernel: 1, after: [third, stem]}
)");
  const auto map = [&](const char* scratchpad, const char* format) {
    const Outcome outcome =
        run(folder, {"map", "--workload", "wide.yaml", "--architecture", "gemmini", "--fusion", "bands", "--set",
                     std::string("hw.scratchpad_kb=") + scratchpad, "--format", format});
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    return outcome.out;
  };
  const Json small = Json::parse(map("2", "json"))["network"];
  const Json& lacking = small["does_not_fit"];
  const auto find = [](const Json& list, const std::string& what, const std::string& first, const std::string& last) {
    for (const Json& one : list)
      if (one["what"] == what && one["first"] == first && one["last"] == last) return one;
    return Json(nullptr);
  };
  const double available = small["home"]["words"].get<double>();
  const Json skip = find(lacking, "skip", "stem", "third");
  REQUIRE(skip.is_object());
  CHECK(skip["words_needed"].get<double>() >= 16 * 16 * 16);  // whole, and tiles of what runs meanwhile
  const Json group = find(lacking, "group", "first", "second");
  REQUIRE(group.is_object());
  CHECK(group["words_needed"].get<double>() >= 128 * 16 * 3);  // one row of results needs three
  for (const Json& one : lacking) {
    CHECK(one["words_available"].get<double>() == available);
    CHECK(one["words_needed"].get<double>() > available);
    CHECK(one["level"] == small["home"]["level"]);
    CHECK(one["in_words"].get<std::string>().find("words are needed of the") != std::string::npos);
  }
  const std::string text = map("2", "text");
  CHECK(text.find("Does not fit on chip:") != std::string::npos);
  CHECK(text.find(skip["in_words"].get<std::string>()) != std::string::npos);
  // A larger memory has room for both.
  const Json large = Json::parse(map("256", "json"))["network"]["does_not_fit"];
  CHECK(find(large, "skip", "stem", "third").is_null());
  CHECK(find(large, "group", "first", "second").is_null());
}

TEST_CASE("attention runs in bands of heads and of rows of every head") {
  const Folder folder;
  const Outcome outcome = run(folder, {"map", "--workload", "bert-base-512", "--architecture", "gemmini", "--fusion",
                                       "bands", "--format", "json"});
  REQUIRE(outcome.code == 0);
  const Json result = Json::parse(outcome.out);
  const Json& network = result["network"];
  CHECK(network["proven"] == true);
  CHECK(network["edp"].get<double>() < 0.96 * network["unfused_edp"].get<double>());
  Json attention;
  double energy = 0.0;
  for (const Json& step : network["steps"]) {
    if (step["first"] == "scores") attention = step;
    energy += step["energy_pj"].get<double>();
  }
  CHECK(energy == doctest::Approx(network["energy_pj"].get<double>()).epsilon(1e-9));
  REQUIRE(attention.is_object());
  CHECK(attention["last"] == "context");
  CHECK(attention["parts"] == 12);
  CHECK(attention["pinned"] == true);
  CHECK(attention["in_words"].get<std::string>().find("softmax") != std::string::npos);
  // Keys and values of one head, 512 x 64 words each, and a band of its scores.
  const double bands = attention["bands"].get<double>() / 12;
  CHECK(attention["reserved_words"].get<double>() == 2 * 512 * 64 + 512 * 512 / bands);
  for (const Json& layer : result["layers"]) {
    if (layer["name"] != "scores" && layer["name"] != "context") continue;
    CHECK(layer["count"].get<double>() == 12 * attention["bands"].get<double>());  // and 12 encoders
    CHECK(layer["extents"]["B"] == 1);
    CHECK(layer["extents"]["M"].get<double>() == 512 / bands);
  }
}

TEST_CASE("text and page tell what stays on chip") {
  const Folder folder;
  write_study(folder);
  const std::string store = folder.file("a.db");
  const Outcome outcome = run(folder, {"optimize", "study.yaml", "--store", store, "--trials", "4"});
  REQUIRE(outcome.code == 0);
  for (const char* words : {"fusion bands", "best found, layer by layer", "what stays on chip makes edp",
                            "no schedule of any kind is below", "over time: # reserved"}) {
    CAPTURE(words);
    CHECK(outcome.out.find(words) != std::string::npos);
  }
  CHECK(outcome.out.find("Every activation is assumed") == std::string::npos);
  const Outcome again = run(folder, {"report", store});
  REQUIRE(again.code == 0);
  CHECK(again.out.find("over time: # reserved") != std::string::npos);
  REQUIRE(run(folder, {"report", store, "--html", folder.file("a.html")}).code == 0);
  CHECK(read(folder.file("a.html")).find("\"reserved_words\"") != std::string::npos);
}
