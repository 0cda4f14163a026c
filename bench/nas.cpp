// Searches over NAS-Bench-201 cells under one limit, against the recorded baselines of the reference cases:
//     nas [SHARED] [--seeds 20] [--trials 100] [--known] [--designer bayes] [--case 0] [--cheap 12] [--first-seed 0]
//         [--each] [option=value ...]
// SHARED is the folder with reference/nas/cases and data. The limit is learned unless --known. Prints per case the
// median best accuracy after 20, 50 and all trials, the share of seeds that end at the optimum, how many full
// evaluations it took until then (median), and evolution's recorded medians. --cheap 12: a search by the accuracies
// after 12 epochs comes first. --each prints every seed's best and when it was found. Options are the designer's.
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
  std::string cheap;
  std::string options;  // of the designer, as keys of a document
  int seeds = 20, trials = 100, only = -1, first_seed = 0;
  bool known = false, each = false;
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
    else if (word == "--case")
      result.only = std::atoi(next().c_str());
    else if (word == "--cheap")
      result.cheap = next();
    else if (word == "--first-seed")
      result.first_seed = std::atoi(next().c_str());
    else if (word == "--each")
      result.each = true;
    else if (word == "--known")
      result.known = true;
    else if (const auto at = word.find('='); at != std::string::npos)
      result.options += fmt::format(", {}: '{}'", word.substr(0, at), word.substr(at + 1));
    else
      result.shared = word;
  }
  return result;
}

// Eyeriss and the FPGA of HW-NAS-Bench as in the reference README, section 4: bias, then per operator.
std::string cost_table(bool fpga) {
  const char* const names[] = {"none", "skip", "conv1x1", "conv3x3", "avgpool"};
  const double eyeriss_ms[] = {0, 0, 0.2458, 1.4746, 1.4746}, eyeriss_mj[] = {0, 0, 0.031247728, 0.31321224, 0.2778228},
               fpga_ms[] = {0, 0, 0.5152, 1.2576, 0.4096};
  std::string text = fmt::format("block,operator,latency_ms,energy_mj\nbias,,{:.17g},{:.17g}\n",
                                 fpga ? 1.13296 : 1.67954, fpga ? 7 * 1.13296 : 0.3469645085);
  for (int e = 0; e < 6; ++e)
    for (int o = 0; o < 5; ++o)
      text += fmt::format("edge{},{},{:.17g},{:.17g}\n", e, names[o], fpga ? fpga_ms[o] : eyeriss_ms[o],
                          fpga ? 7 * fpga_ms[o] : eyeriss_mj[o]);
  return text;
}

// "eyeriss_edp_mj_ms" and the like as an expression over the table.
std::string metric_of(const std::string& name) {
  if (name.find("edp") != std::string::npos) return "latency_ms * energy_mj";
  return name.find("energy") != std::string::npos ? "energy_mj" : "latency_ms";
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n == 0 ? 0.0 : n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = read(argc, argv);
  std::ifstream file(arguments.shared + "/reference/nas/cases/nb201.jsonl");
  if (!file) {
    fmt::print(stderr, "no cases in {}\n", arguments.shared);
    return 1;
  }
  std::string folder = (std::filesystem::temp_directory_path() / "dovetail-nas-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  const std::string table = std::filesystem::absolute(arguments.shared + "/data/nb201_acc.csv").string();
  fmt::print("{:12} {:22} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6} {:>9} {:>10} {:>10}\n", "data", "limit", "optimum",
             "at 20", "at 50", fmt::format("at {}", arguments.trials), "optimal", "after", "feasible", "evo at 100",
             "evo at 500");
  int index = 0;
  for (std::string line; std::getline(file, line); ++index) {
    if (arguments.only >= 0 && index != arguments.only) continue;
    const Json problem = Json::parse(line);
    const std::string metric = problem["metric"];
    std::ofstream(folder + "/cost.csv") << cost_table(metric.find("fpga") != std::string::npos);
    std::vector<double> at20, at50, at_end, needed;
    double optimal = 0.0, feasible = 0.0;
    for (int seed = 0; seed < arguments.seeds; ++seed) {
      const std::string text = fmt::format(
          "network: {{family: nb201}}\ncost: {{table: cost.csv}}\naccuracy: {{table: {}, key: arch, column: "
          "{}{}}}\nmetrics: {{limited: {}}}\n"
          "specs: [limited <= {:.17g}]\nobjective: {{maximize: accuracy}}\ndesigner: {{name: {}, known: "
          "'{}'{}}}\ntrials: {}\nseed: {}\n",
          table, problem["dataset"].get<std::string>(),
          arguments.cheap.empty()
              ? ""
              : fmt::format(", cheap: {}_e{}", problem["dataset"].get<std::string>(), arguments.cheap),
          metric_of(metric), problem["bound"].get<double>(), arguments.designer, arguments.known ? "on" : "off",
          arguments.options, arguments.trials, arguments.first_seed + seed);
      Diagnostics diagnostics;
      const ExplorationStudy study = read_exploration_study(parse_yaml(text, folder + "/study.yaml"), diagnostics);
      diagnostics.raise();
      const Exploration exploration(study);
      const ExplorationResult result = run(exploration, {});
      double best = 0.0, found = static_cast<double>(arguments.trials) + 1.0;
      for (std::size_t i = 0; i < result.trials.size(); ++i) {
        if (is_feasible(result.trials[i])) best = std::max(best, result.trials[i].metrics.at("accuracy"));
        if (best >= problem["optimum"].get<double>() - 1e-9) found = std::min(found, static_cast<double>(i + 1));
        if (i == 19) at20.push_back(best);
        if (i == 49) at50.push_back(best);
      }
      if (arguments.each)
        fmt::print("  seed {}: {:.2f} at trial {}\n", arguments.first_seed + seed, best,
                   result.best ? result.best->id : -1);
      at_end.push_back(best);
      needed.push_back(found);
      optimal += best >= problem["optimum"].get<double>() - 1e-9 ? 1.0 : 0.0;
      feasible += static_cast<double>(result.feasible);
    }
    const Json& evolution = problem["baselines"]["evolution"];
    fmt::print(
        "{:12} {:22} {:8.2f} {:8.2f} {:8.2f} {:8.2f} {:7.0f}% {:>6} {:8.0f}% {:10.2f} {:10.2f}\n",
        problem["dataset"].get<std::string>(), fmt::format("{} <= {}", metric, problem["bound"].get<double>()),
        problem["optimum"].get<double>(), median(at20), median(at50), median(at_end), 100.0 * optimal / arguments.seeds,
        median(needed) > arguments.trials ? fmt::format(">{}", arguments.trials) : fmt::format("{:g}", median(needed)),
        100.0 * feasible / arguments.seeds / arguments.trials, evolution["100"]["median"].get<double>(),
        evolution["500"]["median"].get<double>());
    std::fflush(stdout);
  }
  std::filesystem::remove_all(folder);
  return 0;
}
