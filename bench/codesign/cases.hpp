// The cases of every job: their studies, and figures that others published for them.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/codesign/codesign.hpp>

#include "figures.hpp"

namespace jobs {

struct Settings {
  std::vector<std::string> jobs, set;
  std::vector<std::string> methods = {"bayes", "random", "evolution", "trees", "relax-round"};
  std::int64_t trials = 0;  // 0: the case's own
  int seeds = 5, threads = 2;
  std::string json;
};

// A figure that somebody published for a machine that somebody built.
struct Published {
  const char* machine;
  double edp;  // pJ x cycles
};

struct Case {
  std::string job, name, study;
  bool prove = false;  // and compare with random co-search
  std::vector<Published> published = {};
};

// Figures of the tables published with DOSA, uJ x cycles there. Each machine was mapped by Timeloop's random search, 10
// 000 mappings per layer; random co-search is 10 machines x 1000 mappings per layer.
inline std::vector<Case> cases() {
  const std::string bert = DOVETAIL_SOURCE_DIR "/bench/codesign/dosa_bert.yaml";
  const std::string gemmini = "{workload: %, family: gemmini, trials: 40}";
  const auto study = [](std::string text, const std::string& workload) {
    return text.replace(text.find('%'), 1, workload);
  };
  std::vector<Case> all;
  for (const char* workload : {"resnet18-3x3", "resnet18", "dqn", "mlp"})
    all.push_back({"shi", workload, study("{workload: %, family: eyeriss, trials: 40}", workload)});
  all.push_back({"shi", "transformer", "{workload: transformer, family: eyeriss, trials: 40, fixed: {hw.pes: 256}}"});
  all.push_back(
      {"dosa",
       "dosa-resnet50",
       study(gemmini, "resnet50"),
       true,
       {{"Eyeriss-256", 7.81e17}, {"NVDLA-small", 1.79e18}, {"NVDLA-large", 2.13e17}, {"Gemmini default", 2.50e17}}});
  all.push_back(
      {"dosa",
       "dosa-bert",
       study(gemmini, bert),
       true,
       {{"Eyeriss-256", 1.97e16}, {"NVDLA-small", 7.35e16}, {"NVDLA-large", 6.85e15}, {"Gemmini default", 9.09e15}}});
  for (const char* limit : {"2.5e5", "5e5", "1e6"})
    all.push_back({"shared", fmt::format("area-{}", limit),
                   fmt::format("{{workloads: [resnet50, mobilenetv2, bert-base-128], family: simba, trials: 20, "
                               "mapper: {{name: evolution, budget: 1000}}, specs: [area_um2 <= {}]}}",
                               limit)});
  for (const char* workload : {"resnet18-3x3", "dqn", "mlp"})
    all.push_back(
        {"expensive", fmt::format("cycle-{}", workload),
         study("{workload: %, family: eyeriss, trials: 400, mapper: {name: evolution, budget: 2000}}", workload)});
  all.push_back({"ablation", "no-mapping",
                 "{workload: dqn, family: eyeriss, trials: 40, mapper: {name: evolution, budget: 500}, "
                 "fixed: {hw.filter_width: in_pe, hw.filter_height: in_pe}}"});
  all.push_back({"ablation", "failing-simulator",
                 "{workload: mlp, family: eyeriss, trials: 40, mapper: {name: evolution, budget: 500}}"});
  return all;
}

inline Study make_study(const Case& at, const Settings& settings) {
  Diagnostics diagnostics;
  Study study = read_study(parse_yaml(at.study, at.name), diagnostics);
  study.folder.clear();
  for (const std::string& assignment : settings.set) set_value(study, assignment, "--set", diagnostics);
  diagnostics.raise();
  if (settings.trials > 0) study.trials = settings.trials;
  return study;
}

}  // namespace jobs
