// One level against two: chains on boards with a required frame rate, trained on the made task. One level trains
// whatever is suggested and prices it afterwards; two levels price first. Counted are trainings until the reward that
// one level has at its end.
//     coexplore [--trials 60] [--seeds 3] [--rate 8000]
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <dovetail/engine/explore/exploration.hpp>
#include <dovetail/workloads/text/document.hpp>

using namespace dovetail;

namespace {

struct Run {
  std::vector<double> best;  ///< reward after each training; of feasible networks
  std::int64_t suggested = 0;
  double seconds = 0.0;
};

Run search(const std::string& levels, const std::string& designer, int trials, int seed, double rate) {
  const std::string text = fmt::format(
      "network: {{family: chain, input: 1x12x12}}\nsystem: {{boards: [zcu102, zc706, pynq-z1], at_most: 3}}\nspecs: "
      "[frames_per_s >= {}]\n"
      "accuracy: {{trainer: {{data: generated, images: 600, epochs: 2, batch: 32}}}}\nobjective: {{maximize: 0.5 * "
      "accuracy + 0.5 * utilization}}\n{}\ndesigner: {}\ntrials: {}\nseed: {}\nbatch: 2\n",
      rate, levels, designer, trials, seed);
  Diagnostics diagnostics;
  const ExplorationStudy study = read_exploration_study(parse_yaml(text, "study"), diagnostics);
  diagnostics.raise();
  const Exploration exploration(study);
  const auto start = std::chrono::steady_clock::now();
  const ExplorationResult result = run(exploration, {});
  Run out;
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  double best = 0.0;
  for (const Trial& trial : result.trials) {
    ++out.suggested;
    if (trial.metrics.count("accuracy") == 0) continue;
    if (is_feasible(trial)) best = std::max(best, trial.metrics.at(exploration.goal().objectives.front().metric));
    out.best.push_back(best);
  }
  return out;
}

std::size_t trainings_to(const Run& one, double reward) {
  const auto at = std::find_if(one.best.begin(), one.best.end(), [&](double value) { return value >= reward - 1e-12; });
  return at == one.best.end() ? 0 : static_cast<std::size_t>(at - one.best.begin()) + 1;
}

}  // namespace

int main(int argc, char** argv) {
  int trials = 60, seeds = 3;
  double rate = 8000;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string word = argv[i];
    if (word == "--trials") trials = std::atoi(argv[i + 1]);
    if (word == "--seeds") seeds = std::atoi(argv[i + 1]);
    if (word == "--rate") rate = std::atof(argv[i + 1]);
  }
  fmt::print("{:5} {:34} {:>10} {:>8} {:>8} {:>8} {:>22}\n", "seed", "search", "suggested", "trained", "seconds",
             "reward", "trainings to the same");
  for (int seed = 0; seed < seeds; ++seed) {
    const Run one = search("stages: [limits, accuracy, price]", "{name: reinforce, known: 'off'}", trials, seed, rate);
    const double reward = one.best.empty() ? 0.0 : one.best.back();
    const auto print = [&](const char* name, const Run& run_) {
      const std::size_t needed = trainings_to(run_, reward);
      fmt::print("{:5} {:34} {:10} {:8} {:8.1f} {:8.4f} {:>22}\n", seed, name, run_.suggested, run_.best.size(),
                 run_.seconds, run_.best.empty() ? 0.0 : run_.best.back(),
                 needed == 0 ? "not reached" : fmt::format("{}", needed));
      std::fflush(stdout);
    };
    print("one level, reinforce", one);
    print("two levels, reinforce", search("", "{name: reinforce, known: 'off'}", 4 * trials, seed, rate));
    print("two levels, bayes, rate learned", search("", "{name: bayes, known: 'off'}", trials, seed, rate));
    print("two levels, bayes, rate known", search("", "bayes", trials / 2, seed, rate));
    print("two levels, random, rate known", search("", "random", trials / 2, seed, rate));
  }
  return 0;
}
