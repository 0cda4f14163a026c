// Two networks for two data sets on one chip, against the recorded baselines of the reference cases:
//     tasks [SHARED] [--seeds 20] [--trials 200] [--designer bayes] [--case 0] [--first-seed 0] [--each]
//           [option=value ...]
// SHARED is the folder with reference/nas/cases and data. Prints per case how many seeds meet the limits, the median
// and the least of the best weighted accuracies, and how many seeds end within half a point of the optimum.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/explore/exploration.hpp>
#include <dovetail/workloads/text/document.hpp>

using namespace dovetail;

namespace {

using Json = nlohmann::json;

struct Arguments {
  std::string shared = "../shared", designer = "bayes";
  std::string options;  // of the designer, as keys of a document
  int seeds = 20, trials = 200, only = -1, first_seed = 0;
  bool each = false;
};

Arguments read(int argc, char** argv) {
  Arguments result;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto next = [&] { return std::string(i + 1 < argc ? argv[++i] : ""); };
    if (word == "--seeds")
      result.seeds = std::atoi(next().c_str());
    else if (word == "--trials")
      result.trials = std::atoi(next().c_str());
    else if (word == "--designer")
      result.designer = next();
    else if (word == "--first-seed")
      result.first_seed = std::atoi(next().c_str());
    else if (word == "--each")
      result.each = true;
    else if (word == "--case")
      result.only = std::atoi(next().c_str());
    else if (const auto at = word.find('='); at != std::string::npos)
      result.options += fmt::format(", {}: '{}'", word.substr(0, at), word.substr(at + 1));
    else
      result.shared = word;
  }
  return result;
}

// Eyeriss of HW-NAS-Bench as in the reference README, section 4.
std::string cost_table() {
  const char* const names[] = {"none", "skip", "conv1x1", "conv3x3", "avgpool"};
  const double ms[] = {0, 0, 0.2458, 1.4746, 1.4746}, mj[] = {0, 0, 0.031247728, 0.31321224, 0.2778228};
  std::string text = "block,operator,latency_ms,energy_mj\nbias,,1.67954,0.3469645085\n";
  for (int e = 0; e < 6; ++e)
    for (int o = 0; o < 5; ++o) text += fmt::format("edge{},{},{:.17g},{:.17g}\n", e, names[o], ms[o], mj[o]);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = read(argc, argv);
  std::ifstream file(arguments.shared + "/reference/nas/cases/nb201_two_tasks.jsonl");
  if (!file) {
    fmt::print(stderr, "no cases in {}\n", arguments.shared);
    return 1;
  }
  std::string folder = (std::filesystem::temp_directory_path() / "dovetail-tasks-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  std::ofstream(folder + "/cost.csv") << cost_table();
  const std::string table = std::filesystem::absolute(arguments.shared + "/data/nb201_acc.csv").string();
  fmt::print("{:24} {:>8} {:>6} {:>8} {:>8} {:>10} {:>12}\n", "tasks", "optimum", "met", "median", "least",
             "within 0.5", "evo median");
  int index = 0;
  for (std::string line; std::getline(file, line); ++index) {
    if (arguments.only >= 0 && index != arguments.only) continue;
    const Json problem = Json::parse(line);
    const double first = problem["weight_of_first"].get<double>(), optimum = problem["optimum"].get<double>();
    std::vector<double> bests;
    int met = 0, within = 0;
    for (int seed = 0; seed < arguments.seeds; ++seed) {
      const std::string text = fmt::format(
          "networks: {{first: {{family: nb201, weight: {}}}, second: {{family: nb201, weight: {}}}}}\ncost: {{table: "
          "cost.csv}}\n"
          "accuracy:\n  first: {{table: {}, key: arch, column: {}}}\n  second: {{table: {}, key: arch, column: {}}}\n"
          "specs: [latency_ms <= {:.17g}, energy_mj <= {:.17g}]\nobjective: {{maximize: accuracy}}\ndesigner: "
          "{{name: {}{}}}\ntrials: {}\nseed: {}\n",
          first, 1.0 - first, table, problem["tasks"][0].get<std::string>(), table,
          problem["tasks"][1].get<std::string>(), problem["total_latency_ms_at_most"].get<double>(),
          problem["total_energy_mj_at_most"].get<double>(), arguments.designer, arguments.options, arguments.trials,
          arguments.first_seed + seed);
      Diagnostics diagnostics;
      const ExplorationStudy study = read_exploration_study(parse_yaml(text, folder + "/study.yaml"), diagnostics);
      diagnostics.raise();
      const Exploration exploration(study);
      const ExplorationResult result = run(exploration, {});
      if (!result.best) continue;
      const double best = result.best->metrics.at("accuracy");
      if (arguments.each)
        fmt::print("  seed {}: {:.3f} at trial {}, {}\n", arguments.first_seed + seed, best, result.best->id,
                   exploration.space().text(result.best->point));
      ++met;
      within += best >= optimum - 0.5 ? 1 : 0;
      bests.push_back(best);
    }
    std::sort(bests.begin(), bests.end());
    fmt::print("{:24} {:8.3f} {:3}/{:<3} {:7.3f} {:8.3f} {:6}/{:<3} {:12.3f}\n",
               problem["tasks"][0].get<std::string>() + " + " + problem["tasks"][1].get<std::string>(), optimum, met,
               arguments.seeds, bests.empty() ? 0.0 : bests[bests.size() / 2], bests.empty() ? 0.0 : bests.front(),
               within, arguments.seeds, problem["joint_evolution"]["200"]["median"].get<double>());
    std::fflush(stdout);
  }
  std::filesystem::remove_all(folder);
  return 0;
}
