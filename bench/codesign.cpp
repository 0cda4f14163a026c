// Co-design on jobs that other people defined: every method with the same evaluator, at equal evaluations and seconds.
//
//     codesign [JOB ...] [--seeds 5] [--trials N] [--methods bayes,random,...] [--threads 2] [--set path=value ...]
//              [--json FILE]
//
//     shi         Shi et al. 2020: ResNet (four 3x3 convolutions, whole ResNet-18), DQN, MLP, Transformer on eyeriss
//     dosa        DOSA: ResNet-50 and BERT on gemmini, with the proof of the optimum and the published machines
//     shared      ResNet-50, MobileNetV2 and BERT on one simba under three limits of area
//     expensive   ResNet's 3x3 convolutions, DQN, MLP on eyeriss with 2000 evaluations of the cycle model in all
//     ablation    the classifier of failures off, on, and an oracle: filters that do not fit, a simulator that stops
//     NAME        one case of these, such as dqn or dosa-bert
//
// A method is a designer, with options behind colons: bayes:features=raw:prior=bound. `paper` stands for bayes as in
// codesign/paper.yaml.
//
// An evaluation is a hardware point, mapped layer by layer by the same mapper for every method. The first method runs
// for the given trials; the others at least as long in trials and in seconds, and are read at both marks. Seconds of
// methods are processor seconds, summed over threads. Best values are those of whole networks. Without a job: dosa.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "codesign/ablation.hpp"
#include "codesign/expensive.hpp"
#include "codesign/fronts.hpp"
#include "codesign/proof.hpp"

namespace {

using namespace jobs;

// The hand design with its own dataflow and freely mapped, beside the best of the searches.
Json hand(const Study& study, const Settings& settings) {
  const Codesign codesign(study);
  Json json = Json::object();
  Codesign::Limits limits;
  limits.threads = settings.threads;
  limits.prune = false;
  for (const auto dataflow : {Codesign::Dataflow::baseline, Codesign::Dataflow::free}) {
    auto design = codesign.evaluate(codesign.family().default_point(), dataflow, limits);
    if (!design || !design->mapped) continue;
    json[dataflow == Codesign::Dataflow::baseline ? "own_dataflow" : "freely_mapped"] = design->objective;
  }
  return json;
}

Json measure(const Case& at, const Settings& settings) {
  const Study study = make_study(at, settings);
  fmt::print("\n{} ({})\n", at.name, at.study);
  const auto start = std::chrono::steady_clock::now();
  Json json = {{"job", at.job}, {"case", at.name}, {"study", at.study}};
  double optimum = 0.0;
  if (at.job == "expensive") {
    json["methods"] = expensive(study, settings);
    return json;
  }
  if (at.job == "shared") {
    json["fronts"] = fronts(study, settings);
    return json;
  }
  if (at.job == "ablation") {
    json["ablation"] = ablation(at, study, settings);
    return json;
  }
  if (at.prove) {
    json["proof"] = proof(at, study, settings);
    optimum = json["proof"]["optimum"].get<double>();
  } else {
    json["hand"] = hand(study, settings);
    for (const auto& [name, value] : json["hand"].items())
      fmt::print("  hand design, {}: {:.4e}\n", name, value.get<double>());
  }
  if (!settings.methods.empty()) {
    json["methods"] = compare(study, settings, optimum);
    const double best = json["methods"][0]["at_equal_evaluations"]["median"].get<double>();
    const Json hands = json.value("hand", Json::object());
    for (const auto& [name, value] : hands.items()) {
      const double below = 1.0 - best / value.get<double>();
      fmt::print("  {} is {:.1f} % below the hand design, {}\n", settings.methods.front(), 100.0 * below, name);
      json["below_hand"][name] = below;
    }
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  json["seconds"] = spent.count();
  return json;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 16);  // tables as they come, into files as well
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.rfind("--", 0) != 0) {
      settings.jobs.push_back(word);
      continue;
    }
    const std::string value = i + 1 < argc ? argv[++i] : "";
    if (word == "--seeds")
      settings.seeds = std::max(1, std::atoi(value.c_str()));
    else if (word == "--trials")
      settings.trials = std::atoll(value.c_str());
    else if (word == "--threads")
      settings.threads = std::max(1, std::atoi(value.c_str()));
    else if (word == "--methods")
      settings.methods = split(value, ',');
    else if (word == "--set")
      settings.set.push_back(value);
    else if (word == "--json")
      settings.json = value;
    else
      return fmt::print(stderr, "no option {}; the usage is on top of bench/codesign.cpp\n", word), 2;
  }
  if (settings.jobs.empty()) settings.jobs = {"dosa"};
  std::vector<std::string> known = designer_names();
  known.push_back("paper");
  std::erase_if(settings.methods, [&](const std::string& method) {
    return std::find(known.begin(), known.end(), split(method, ':').front()) == known.end();
  });
  Json all = Json::array();
  try {
    for (const Case& at : cases()) {
      const auto asked = [&](const std::string& job) { return job == at.job || job == at.name; };
      if (std::any_of(settings.jobs.begin(), settings.jobs.end(), asked)) all.push_back(measure(at, settings));
    }
  } catch (const std::exception& error) {
    return fmt::print(stderr, "error: {}\n", error.what()), 1;
  }
  if (!settings.json.empty()) std::ofstream(settings.json) << all.dump(2) << "\n";
  return all.empty() ? 2 : 0;
}
