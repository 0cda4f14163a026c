// Best-so-far curves: runs of designers, their quartiles, and the recorded curves of other optimizers.
#pragma once

#include <ctime>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "clocks.hpp"
#include "codesign/figures.hpp"
#include "problems.hpp"

namespace problems {

using jobs::quantile;

using Options = std::map<std::string, std::string>;

/// A problem in one information mode with the budgets that are printed.
struct Case {
  Problem problem;
  Mode mode = Mode::values;
  std::vector<int> budgets;
  std::string name() const {
    static constexpr std::array<const char*, 4> modes{"values", "pass/fail", "known", "partly known"};
    return problem.name + (problem.known.empty() && mode == problem.mode
                               ? ""
                               : std::string(" (") + modes[static_cast<std::size_t>(mode)] + ")");
  }
};

/// Every problem in its natural mode, those with known constraints in all three.
inline std::vector<Case> cases() {
  std::vector<Case> result;
  for (const Problem& problem : all()) {
    result.push_back({problem, problem.mode, problem.budgets});
    if (problem.mode != Mode::known) continue;
    result.push_back({problem, Mode::passfail, {60, 100, 200}});
    result.push_back({problem, Mode::partly, {60, 100, 200}});
  }
  return result;
}

/// One curve per seed, with the evaluation at which each became feasible and the thread's CPU time per suggestion.
struct Curves {
  std::vector<Numbers> best;
  Numbers first_feasible;
  double suggestion_ms = 0.0;

  Numbers at(int evaluations) const {
    Numbers result;
    for (const Numbers& curve : best) result.push_back(curve[static_cast<std::size_t>(evaluations - 1)]);
    return result;
  }
  double median(int evaluations) const { return quantile(at(evaluations), 0.5); }
};

inline Curves curves(const Case& at, const std::string& designer, const Options& options, int seeds, int evaluations) {
  Curves result;
  const double start = thread_seconds();
  for (int seed = 0; seed < seeds; ++seed) {
    int first = 0;
    result.best.push_back(run(at.problem, at.mode, designer, options, static_cast<std::uint64_t>(seed), evaluations,
                              at.problem.batch, &first));
    result.first_feasible.push_back(first > evaluations ? std::numeric_limits<double>::infinity() : first);
  }
  result.suggestion_ms = 1e3 * (thread_seconds() - start) / seeds / evaluations;
  return result;
}

/// Medians of another optimizer, by number of evaluations; `known`: with the constraints declared.
struct Recorded {
  std::string problem, method;
  bool known = false;
  std::map<int, double> median;
};

/// From peers.json (runs) and problems.json (published figures) of a folder; empty when there are none.
inline std::vector<Recorded> recorded(const std::string& folder) {
  std::vector<Recorded> result;
  const auto read = [&](const std::string& name) {
    std::ifstream file(folder + "/" + name);
    return file ? nlohmann::json::parse(file, nullptr, false) : nlohmann::json();
  };
  const nlohmann::json peers = read("peers.json"), definitions = read("problems.json");
  if (peers.is_object())
    for (const auto& run : peers["runs"]) {
      Recorded peer{run["problem"], run["method"], run["method"] == "bacoK", {}};
      for (const auto& [budget, row] : run["at"].items())
        peer.median[std::stoi(budget)] =
            row["median"].is_null() ? std::numeric_limits<double>::infinity() : row["median"].get<double>();
      result.push_back(std::move(peer));
    }
  if (definitions.is_object())
    for (const auto& problem : definitions["problems"])
      for (const auto& published : problem["published"]) {
        const std::string method = published["method"];
        Recorded peer{
            problem["id"], method.substr(0, method.find_first_of(" ,")), method.find("FEASIBLE") != method.npos, {}};
        if (peer.known) peer.method = "feasible uniform";
        for (const auto& [budget, value] : published["evals"].items())
          if (value.is_number()) peer.median[std::stoi(budget)] = value.get<double>();
        if (!peer.median.empty()) result.push_back(std::move(peer));
      }
  return result;
}

/// Recorded figures are rounded: closer than 1e-6 of their size is a tie.
inline int verdict(double ours, double theirs) {
  if (ours == theirs) return 0;
  if (std::isfinite(theirs) && std::abs(ours - theirs) <= 1e-6 * std::abs(theirs)) return 0;
  return ours < theirs ? 1 : -1;
}

}  // namespace problems
