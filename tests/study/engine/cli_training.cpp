// Searches that train: chains on boards, threads, kill and resume, a user's images, what cannot be trained.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

const char* const study =
    "network: {family: chain, input: 1x8x8, classes: 4}\n"
    "system: {boards: [zc706, pynq-z1], at_most: 2}\n"
    "space: {nn.depth: {low: 4, high: 6}}\n"
    "specs: [frames_per_s >= 12000]\n"
    "accuracy: {trainer: {data: generated, images: 160, epochs: 2, batch: 16, difficulty: 0.2}}\n"
    "objective: {maximize: 0.5 * accuracy + 0.5 * utilization}\n"
    "designer: {name: random, known: 'off'}\n"
    "trials: 12\nbatch: 4\n";

// What must not depend on threads or interruptions.
Json without_seconds(const std::string& text) {
  Json json = Json::parse(text);
  json.erase("seconds");
  return json;
}

std::string word(std::uint32_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xff);
  return text;
}

}  // namespace

TEST_CASE(
    "prices first, training only for what meets the rate; the same with any number of threads, and after kill -9") {
  const Folder folder;
  const std::string file = folder.write("study.yaml", study);
  const Outcome one = run(folder, {"optimize", file, "--format", "json", "--threads", "1"});
  CAPTURE(one.err);
  REQUIRE(one.code == 0);
  const Json json = Json::parse(one.out);
  CHECK(json["trials"] == 12);
  const Json& slow = json["slow_stage"];
  CHECK(slow["name"] == "accuracy");
  CHECK(slow["stopped_before"].get<int>() > 0);
  CHECK(slow["ran"].get<int>() > 0);
  CHECK(slow["ran"].get<int>() + slow["stopped_before"].get<int>() == 12);
  CHECK(json["infeasible"].contains("spec frames_per_s >= 12000"));
  const Json& metrics = json["best"]["metrics"];
  CHECK(metrics["frames_per_s"].get<double>() >= 12000.0);
  CHECK(json["best"]["objective"].get<double>() ==
        doctest::Approx(0.5 * metrics["accuracy"].get<double>() + 0.5 * metrics["utilization"].get<double>()));
  const Json& stages = json["best"]["details"]["price"]["stages"];
  CHECK(stages.size() == metrics["boards"].get<std::size_t>());
  double busy = 0.0;
  for (const Json& stage : stages) busy += stage["busy"].get<double>();
  CHECK(busy / static_cast<double>(stages.size()) == doctest::Approx(metrics["utilization"].get<double>()));

  const Outcome eight = run(folder, {"optimize", file, "--format", "json", "--threads", "8"});
  CHECK(without_seconds(eight.out) == without_seconds(one.out));

  const std::string store = folder.file("study.db");
  {
    Program program(folder, {"optimize", file, "--store", store, "--threads", "2"});
    std::this_thread::sleep_for(std::chrono::milliseconds(900));
    program.signal(SIGKILL);
    program.wait();
  }
  const Outcome resumed =
      run(folder, {"optimize", file, "--format", "json", "--store", store, "--resume", "--threads", "2"});
  CAPTURE(resumed.err);
  CHECK(without_seconds(resumed.out) == without_seconds(one.out));
}

TEST_CASE("the preset is a study document") {
  const Folder folder;
  const Outcome text = run(folder, {"convert", "co-exploration"});
  CHECK(text.code == 0);
  const std::string file = folder.write("co.yaml", text.out);
  const std::vector<std::string> less = {"--trials", "2",
                                         "--set",    "accuracy.trainer.images=80",
                                         "--set",    "accuracy.trainer.epochs=1",
                                         "--set",    "specs=frames_per_s >= 15000",
                                         "--format", "json"};
  std::vector<std::string> by_preset = {"optimize", "--preset", "co-exploration"}, by_file = {"optimize", file};
  by_preset.insert(by_preset.end(), less.begin(), less.end());
  by_file.insert(by_file.end(), less.begin(), less.end());
  const Outcome a = run(folder, by_preset), b = run(folder, by_file);
  CAPTURE(a.err);
  CHECK(a.code == 0);
  CHECK(without_seconds(a.out)["best"] == without_seconds(b.out)["best"]);
}

TEST_CASE("a user's images, and mistakes about them") {
  const Folder folder;
  std::string pixels, labels;
  for (int i = 0; i < 60; ++i) {
    labels += static_cast<char>(i % 3);
    for (int p = 0; p < 64; ++p) pixels += static_cast<char>((p / 8 % 3 == i % 3 ? 200 : 20) + i % 7);
  }
  folder.write("train-images-idx3-ubyte", std::string("\0\0\x08\x03", 4) + word(60) + word(8) + word(8) + pixels);
  folder.write("train-labels-idx1-ubyte", std::string("\0\0\x08\x01", 4) + word(60) + labels);
  const std::string head =
      "network: {family: chain, input: 1x8x8, classes: 3}\nobjective: {maximize: accuracy}\nspace: {nn.depth: "
      "[4]}\ntrials: 2\ndesigner: random\n";
  const std::string file =
      folder.write("study.yaml", head + "accuracy: {trainer: {data: ., epochs: 3, batch: 8, holdout: 0.3}}\n");
  const Outcome good = run(folder, {"optimize", file, "--format", "json"});
  CAPTURE(good.err);
  CHECK(good.code == 0);
  CHECK(Json::parse(good.out)["best"]["metrics"]["accuracy"].get<double>() > 0.5);

  const auto mistake = [&](const std::string& text, const std::string& part) {
    const Outcome outcome = run(folder, {"optimize", folder.write("wrong.yaml", text)});
    CAPTURE(outcome.err);
    CHECK(outcome.code == 3);
    CHECK(outcome.err.find(part) != std::string::npos);
  };
  mistake("network: {family: chain, input: 3x32x32}\nobjective: {maximize: accuracy}\naccuracy: {trainer: {data: .}}\n",
          "wrong.yaml:3:28: . has images of 1x8x8, and chain reads 3x32x32: set the network's input");
  mistake(
      "network: {family: chain, input: 1x8x8, classes: 2}\nobjective: {maximize: accuracy}\naccuracy: {trainer: {data: "
      ".}}\n",
      "train-labels-idx1-ubyte: byte 10: the label of image 2 is 2");
  mistake("network: {family: nb201}\nobjective: {maximize: accuracy}\naccuracy: {trainer: {data: generated}}\n",
          "wrong.yaml:3:21: the trainer cannot run nb201: its layers do not show zeros, overlapping windows");
  mistake(head + "accuracy: {trainer: {data: ., epoch: 3}}\n",
          "wrong.yaml:6:31: trainer: no key 'epoch'; did you mean 'epochs'");
  mistake(head + "accuracy: {trainer: {epochs: 3}}\n", "trainer: expected data");
  mistake(head + "accuracy: {trainer: {data: nowhere}}\n", "wrong.yaml:6:28: there is no file or folder");
  mistake(head + "accuracy: {trainer: {data: ., epochs: 0, holdout: 2}}\n", "holdout");
  mistake("network: {family: chain}\nsystem: {boards: [zcu103]}\nobjective: {minimize: period_ms}\n", "zcu102");
  mistake("network: {family: chain}\nsystem: {bords: [zcu102]}\nobjective: {minimize: period_ms}\n",
          "system: no key 'bords'");
}
