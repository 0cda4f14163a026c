// Quality of the designers on every problem: best feasible value at the recorded budgets, medians and quartiles.
//
//     bo [--seeds 20] [--problem NAME] [--mode values|passfail|known|partly] [--peers FILE] [option=value of bayes ...]
//
// FILE is the peers.json of recorded runs; with it every row says win, tie or loss against each peer's median. A seed
// without a feasible point counts as infinite. Then the cost of the Gaussian process in thread CPU time.
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/surrogates/gaussian_process.hpp>

#include "problems.hpp"

using namespace problems;

namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double quantile(Numbers values, double share) {
  std::sort(values.begin(), values.end());
  const double at = share * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(at), high = std::min(values.size() - 1, low + 1);
  if (!std::isfinite(values[low]) || !std::isfinite(values[high]))
    return at > static_cast<double>(low) ? values[high] : values[low];
  return values[low] + (at - static_cast<double>(low)) * (values[high] - values[low]);
}

void compare(const nlohmann::json& peers, const std::string& problem, Mode mode, int budget, double ours) {
  for (const auto& run : peers["runs"]) {
    const std::string method = run["method"];
    const bool known = method == "bacoK";
    if (run["problem"] != problem || known != (mode == Mode::known)) continue;
    const auto at = run["at"].find(std::to_string(budget));
    if (at == run["at"].end()) continue;
    const double theirs =
        (*at)["median"].is_null() ? std::numeric_limits<double>::infinity() : (*at)["median"].get<double>();
    fmt::print("      {:>10} {:.6g}: {}\n", method, theirs,
               ours < theirs    ? "win"
               : ours == theirs ? "tie"
                                : "loss");
  }
}

void quality(const Problem& problem, Mode mode, int seeds, const std::map<std::string, std::string>& options,
             const nlohmann::json& peers) {
  fmt::print("{} (best known {:.6g})\n", problem.name, problem.best_known);
  for (const std::string& designer : std::vector<std::string>{"bayes", "random", "evolution"}) {
    const double start = cpu_seconds();
    std::vector<Numbers> curves;
    for (int seed = 0; seed < seeds; ++seed)
      curves.push_back(run(problem, mode, designer,
                           designer == "bayes" ? options : std::map<std::string, std::string>{},
                           static_cast<std::uint64_t>(seed), problem.budgets.back(), problem.batch));
    const double seconds = (cpu_seconds() - start) / seeds;
    for (const int budget : problem.budgets) {
      Numbers best;
      for (const Numbers& curve : curves) best.push_back(curve[static_cast<std::size_t>(budget - 1)]);
      const auto none =
          std::count_if(best.begin(), best.end(), [](double value) { return !std::isfinite(value); });
      const double median = quantile(best, 0.5);
      fmt::print("  {:>9} @{:<4} {:>12.6g} [{:.6g}, {:.6g}] without feasible {}/{}\n", designer, budget,
                 median, quantile(best, 0.25), quantile(best, 0.75), none, seeds);
      if (designer == "bayes" && !peers.is_null()) compare(peers, problem.name, mode, budget, median);
    }
    fmt::print("  {:>9} {:.2f} ms per suggestion\n", designer, 1e3 * seconds / problem.budgets.back());
  }
  std::fflush(stdout);
}

void cost() {
  fmt::print("Gaussian process, 12 inputs, ARD Matern-5/2, one thread, ms of CPU time (least of 7)\n");
  for (const std::size_t n : {100u, 200u, 500u, 1000u}) {
    Random random(1, {n});
    Matrix inputs(n, 12), queries(1000, 12);
    for (double& value : inputs.values) value = random.uniform();
    for (double& value : queries.values) value = random.uniform();
    Numbers outputs;
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < 12; ++j)
        sum += std::sin(3 * inputs(i, j) + static_cast<double>(j)) / (1.0 + static_cast<double>(j));
      outputs.push_back(sum);
    }
    GaussianProcessModel model;
    model.kernel = ard_kernel(Shape::matern52, 12);
    Numbers parameters = model.default_parameters(), gradient(parameters.size());
    MarginalLikelihood likelihood(model, inputs, outputs);
    const auto least = [](int repeats, const auto& body) {
      double best = 1e300;
      for (int i = 0; i < repeats; ++i) {
        const double start = cpu_seconds();
        body();
        best = std::min(best, cpu_seconds() - start);
      }
      return 1e3 * best;
    };
    const double one = least(7, [&] { likelihood(parameters, gradient); });
    const double fit = least(1, [&] { parameters = fit_parameters(model, inputs, outputs); });
    GaussianProcess process(model, parameters, inputs, outputs);
    process.append(queries.row(0), 0.0);
    const double append = least(7, [&] { process.append(queries.row(1), 0.0); });
    const double predict = least(3, [&] { process.predict(queries); });
    fmt::print(
        "  n {:>5}: likelihood + gradient {:.2f}, cold fit {:.0f}, append {:.3f}, predict 1000 {:.1f}\n", n,
        one, fit, append, predict);
  }
}

}  // namespace

int main(int argc, char** argv) {
  int seeds = 20;
  std::string only, mode_name;
  nlohmann::json peers;
  std::map<std::string, std::string> options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--seeds" && more) {
      seeds = std::max(1, std::atoi(argv[++i]));
    } else if (word == "--problem" && more) {
      only = argv[++i];
    } else if (word == "--mode" && more) {
      mode_name = argv[++i];
    } else if (word == "--peers" && more) {
      std::ifstream file(argv[++i]);
      if (file) peers = nlohmann::json::parse(file, nullptr, false);
      if (peers.is_discarded()) peers = nullptr;
    } else if (word.find('=') != std::string::npos) {
      options[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    } else {
      std::cerr << "unknown word " << word << "\n";
      return 2;
    }
  }
  for (const Problem& problem : all()) {
    if (!only.empty() && only != problem.name) continue;
    Mode mode = problem.mode;
    if (mode_name == "values") mode = Mode::values;
    if (mode_name == "passfail") mode = Mode::passfail;
    if (mode_name == "known") mode = Mode::known;
    if (mode_name == "partly") mode = Mode::partly;
    quality(problem, mode, seeds, options, peers);
  }
  cost();
  return 0;
}
