// Constrained Bayesian optimization against recorded peers, live peers, our other designers and itself.
//
//     bo [PART ...] [--seeds 20] [--problem NAME] [--mode values|passfail|known|partly] [--most 1000]
//        [--recorded DIR] [option=value ...]
//
//     quality      best feasible value at the recorded budgets: medians and quartiles; wins, ties, losses
//     peers        Optuna's samplers, live, beside ours with as many seeds
//     ablation     each default of the Bayesian designer changed alone
//     calibration  Brier score of the feasibility classifier on hidden constraints against the base rate
//     transfer     outcomes of a related study told first
//     cost         CPU time of fit and suggestion, beside scikit-learn, live
//
// Without a part: quality and cost. A seed without a feasible point counts as infinite. Options are those of `bayes`.
#include <iostream>
#include <set>

#include "bo_belief.hpp"
#include "bo_cost.hpp"
#include "curves.hpp"
#include "live_peer.hpp"

using namespace problems;

namespace {

struct Settings {
  int seeds = 20;
  int most = 1000000;  // evaluations
  std::string recorded = DOVETAIL_SHARED_DIR "/reference/bo";
  std::string driver = DOVETAIL_SOURCE_DIR "/bench/peers.py";
  std::vector<Case> cases;
  Options options;
};

void print_row(const std::string& who, int budget, const Curves& curves,
               double best_known = std::numeric_limits<double>::quiet_NaN()) {
  const Numbers best = curves.at(budget);
  const auto there =
      std::count_if(best.begin(), best.end(), [&](double value) { return verdict(value, best_known) >= 0; });
  const auto none =
      std::count_if(best.begin(), best.end(), [](double value) { return !std::isfinite(value); });
  fmt::print("  {:>10} @{:<4} {:>12.6g} [{:.6g}, {:.6g}]{}{}\n", who, budget, quantile(best, 0.5),
             quantile(best, 0.25), quantile(best, 0.75),
             there > 0 ? fmt::format(" at the best known {}/{}", there, best.size()) : std::string(),
             none > 0 ? fmt::format(" without feasible {}/{}", none, best.size()) : std::string());
}

// Wins, ties and losses, and the problems on which nothing at the largest common budget was better.
struct Tally {
  int wins = 0, ties = 0, losses = 0;
  std::map<std::string, bool> at_least_as_good;
  std::vector<std::string> lost;

  void add(const std::string& problem, const std::string& method, int budget, double ours, double theirs,
           bool last) {
    const int result = verdict(ours, theirs);
    ++(result > 0 ? wins : result < 0 ? losses : ties);
    if (result < 0)
      lost.push_back(fmt::format("{} @{} {:.6g} (ours {:.6g}) by {}", problem, budget, theirs, ours, method));
    if (!last) return;
    const auto found = at_least_as_good.emplace(problem, true).first;
    found->second = found->second && result >= 0;
  }
  void print(const std::string& whom) const {
    const auto good = std::count_if(at_least_as_good.begin(), at_least_as_good.end(),
                                    [](const auto& entry) { return entry.second; });
    fmt::print(
        "against {}: {} wins, {} ties, {} losses; nothing better at the largest common budget on {} of {} "
        "problems\n",
        whom, wins, ties, losses, good, at_least_as_good.size());
    for (const std::string& text : lost) fmt::print("  lost {}\n", text);
  }
};

void quality(const Settings& settings) {
  const std::vector<Recorded> peers = recorded(settings.recorded);
  if (peers.empty()) fmt::print("no recorded peers in {}\n", settings.recorded);
  Tally against_peers, against_random;
  for (const Case& at : settings.cases) {
    fmt::print("{}, best known {:.6g}\n", at.name(), at.problem.best_known);
    std::map<std::string, Curves> all;
    for (const std::string designer : {"bayes", "random", "evolution"}) {
      all[designer] = curves(at, designer, designer == "bayes" ? settings.options : Options{}, settings.seeds,
                             at.budgets.back());
      for (const int budget : at.budgets) print_row(designer, budget, all[designer], at.problem.best_known);
      fmt::print("  {:>10} {:.2f} ms per suggestion, first feasible at {} [{}, {}]\n", designer,
                 all[designer].suggestion_ms, quantile(all[designer].first_feasible, 0.5),
                 quantile(all[designer].first_feasible, 0.25), quantile(all[designer].first_feasible, 0.75));
    }
    const Curves& ours = all["bayes"];
    for (const Recorded& peer : peers) {
      if (peer.problem != at.problem.name || peer.known != (at.mode == Mode::known) ||
          at.mode == Mode::partly)
        continue;
      int last = 0;
      for (const int budget : at.budgets) last = peer.median.contains(budget) ? budget : last;
      for (const int budget : at.budgets) {
        const auto theirs = peer.median.find(budget);
        if (theirs == peer.median.end()) continue;
        const int result = verdict(ours.median(budget), theirs->second);
        fmt::print("  {:>10} @{:<4} {:>12.6g} recorded: {}\n", peer.method, budget, theirs->second,
                   result > 0   ? "win"
                   : result < 0 ? "loss"
                                : "tie");
        against_peers.add(at.name(), peer.method, budget, ours.median(budget), theirs->second,
                          budget == last);
      }
    }
    for (const int budget : at.budgets)
      against_random.add(at.name(), "random", budget, ours.median(budget), all["random"].median(budget),
                         budget == at.budgets.back());
    std::fflush(stdout);
  }
  fmt::print("{} seeds\n", settings.seeds);
  against_peers.print("recorded peers");
  against_random.print("our random search");
}

nlohmann::json domains(const Problem& problem) {
  nlohmann::json result = nlohmann::json::array();
  for (const Parameter& parameter : problem.parameters) {
    if (const auto* real = std::get_if<RealRange>(&parameter.domain))
      result.push_back(
          {{"name", parameter.name}, {"kind", "real"}, {"low", real->low}, {"high", real->high}});
    else if (const auto* integer = std::get_if<IntegerRange>(&parameter.domain))
      result.push_back(
          {{"name", parameter.name}, {"kind", "integer"}, {"low", integer->low}, {"high", integer->high}});
    else if (const auto* ordinal = std::get_if<OrdinalValues>(&parameter.domain))
      result.push_back(
          {{"name", parameter.name}, {"kind", "integer"}, {"low", 0}, {"high", ordinal->values.size() - 1}});
    else if (const auto* choice = std::get_if<CategoricalValues>(&parameter.domain))
      result.push_back({{"name", parameter.name}, {"kind", "categorical"}, {"count", choice->values.size()}});
  }
  return result;
}

// A study of a live peer. Without constraint values a failure is told as one constraint that is violated by 1, with the
// worst objective seen so far.
std::optional<Numbers> peer_curve(LivePeer& peer, const Case& at, const std::string& sampler, int seed,
                                  int evaluations) {
  Numbers curve;
  double best = std::numeric_limits<double>::infinity(), worst = 0.0;
  nlohmann::json question = {{"start",
                              {{"sampler", sampler},
                               {"seed", seed},
                               {"parameters", domains(at.problem)},
                               {"constraints", at.mode != Mode::values || !at.problem.known.empty() ||
                                                   !make_goal(at.problem, at.mode, 1).specs.empty()}}}};
  while (static_cast<int>(curve.size()) < evaluations) {
    const std::optional<nlohmann::json> reply = peer.answer(question);
    if (!reply) return std::nullopt;
    Numbers values = (*reply)["point"].get<Numbers>();
    for (std::size_t p = 0; p < values.size(); ++p)
      if (const auto* ordinal = std::get_if<OrdinalValues>(&at.problem.parameters[p].domain))
        values[p] = ordinal->values[static_cast<std::size_t>(values[p])];
    Outcome outcome = at.problem.evaluate(values);
    if (outcome.feasible()) best = std::min(best, outcome.objective);
    curve.push_back(best);
    if (at.mode != Mode::values) {
      if (!outcome.feasible()) outcome.objective = worst;
      outcome.excess = {outcome.feasible() ? -1.0 : 1.0};
    }
    worst = std::max(worst, outcome.objective);
    if (outcome.excess.empty()) outcome.excess = {-1.0};
    question = {{"tell", {{"value", outcome.objective}, {"excess", outcome.excess}}}};
  }
  return curve;
}

void peers(const Settings& settings) {
  LivePeer peer(settings.driver);
  const std::optional<nlohmann::json> version = peer.answer({{"have", "optuna"}});
  if (!version) {
    fmt::print("live peers skipped: Debian's python3-optuna is not installed\n");
    return;
  }
  fmt::print("Optuna {}, live, {} seeds\n", (*version)["version"].get<std::string>(), settings.seeds);
  Tally tally;
  for (const Case& at : settings.cases) {
    if (at.mode == Mode::known || at.mode == Mode::partly) continue;  // Optuna has no declared constraints
    fmt::print("{}\n", at.name());
    const Curves ours = curves(at, "bayes", settings.options, settings.seeds, at.budgets.back());
    for (const int budget : at.budgets) print_row("bayes", budget, ours);
    for (const std::string sampler : {"tpe", "tpe-joint", "nsga2"}) {
      Curves theirs;
      for (int seed = 0; seed < settings.seeds; ++seed) {
        const std::optional<Numbers> curve = peer_curve(peer, at, sampler, seed, at.budgets.back());
        if (curve) theirs.best.push_back(*curve);
      }
      if (theirs.best.empty()) {
        fmt::print("  {:>10} failed\n", sampler);
        continue;
      }
      for (const int budget : at.budgets) {
        print_row(sampler, budget, theirs);
        tally.add(at.name(), sampler, budget, ours.median(budget), theirs.median(budget),
                  budget == at.budgets.back());
      }
    }
    std::fflush(stdout);
  }
  tally.print("Optuna");
}

// Every default changed alone. `better` is the share of seeds and problems on which the changed designer ends better than
// the default, ties half: above 50 % the default would be wrong.
void ablation(const Settings& settings) {
  const std::vector<Options> variants = {
      {},
      {{"kernel", "squared_exponential"}},
      {{"kernel", "matern52"}},
      {{"kernel", "linear"}},
      {{"kernel", "product"}},
      {{"central", "off"}},
      {{"violation", "off"}},
      {{"transform", "none"}},
      {{"warp", "on"}},
      {{"acquisition", "ei"}},
      {{"acquisition", "mixed"}},
      {{"acquisition", "lcb"}},
      {{"acquisition", "thompson"}},
      {{"classifier", "off"}},
      {{"classifier", "trees"}},
      {{"threshold", "0"}},
      {{"trust", "off"}},
      {{"trust", "on"}},
      {{"neighbours", "off"}},
      {{"gradient", "off"}},
  };
  std::vector<double> share(variants.size(), 0.0), duels(variants.size(), 0.0);
  std::vector<int> ahead(variants.size(), 0), behind(variants.size(), 0);
  for (const Case& at : settings.cases) {
    const int budget = at.budgets[at.budgets.size() / 2];
    fmt::print("{} @{}\n", at.name(), budget);
    Curves base;
    for (std::size_t v = 0; v < variants.size(); ++v) {
      std::string text = "default";
      Options options = settings.options;
      for (const auto& [name, value] : variants[v])
        text = fmt::format("{}={}", name, value), options[name] = value;
      const Curves changed = curves(at, "bayes", options, settings.seeds, budget);
      if (v == 0) base = changed;
      print_row(text, budget, changed);
      const Numbers ours = base.at(budget), theirs = changed.at(budget);
      for (std::size_t i = 0; i < ours.size(); ++i)
        for (const double other : theirs) share[v] += 0.5 - 0.5 * verdict(ours[i], other), duels[v] += 1.0;
      int won = 0, lost = 0;  // paired by seed
      for (std::size_t i = 0; i < ours.size(); ++i) {
        const int duel = verdict(ours[i], theirs[i]);
        lost += duel > 0, won += duel < 0;
      }
      if (v > 0) fmt::print("  {:>30} better on {}, worse on {} of {} seeds\n", "", won, lost, ours.size());
      const int result = verdict(base.median(budget), changed.median(budget));
      ahead[v] += result<0, behind[v] += result> 0;
    }
    std::fflush(stdout);
  }
  fmt::print("{:>30} {:>10} {:>16} {:>16}\n", "changed", "better %", "medians better", "medians worse");
  for (std::size_t v = 1; v < variants.size(); ++v)
    fmt::print("{:>30} {:>10.1f} {:>16} {:>16}\n",
               variants[v].begin()->first + "=" + variants[v].begin()->second,
               100.0 * share[v] / std::max(1.0, duels[v]), ahead[v], behind[v]);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  std::set<std::string> parts;
  std::string only, mode_name;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--seeds" && more) {
      settings.seeds = std::max(1, std::atoi(argv[++i]));
    } else if (word == "--most" && more) {
      settings.most = std::max(1, std::atoi(argv[++i]));
    } else if (word == "--problem" && more) {
      only = argv[++i];
    } else if (word == "--mode" && more) {
      mode_name = argv[++i];
    } else if (word == "--recorded" && more) {
      settings.recorded = argv[++i];
    } else if (std::set<std::string>{"quality", "peers", "ablation", "calibration", "transfer", "cost"}
                   .contains(word)) {
      parts.insert(word);
    } else if (word.find('=') != std::string::npos) {
      settings.options[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    } else {
      std::cerr << "unknown word " << word << "\n";
      return 2;
    }
  }
  if (parts.empty()) parts = {"quality", "cost"};
  const std::map<std::string, Mode> modes = {{"values", Mode::values},
                                             {"passfail", Mode::passfail},
                                             {"known", Mode::known},
                                             {"partly", Mode::partly}};
  for (Case at : cases()) {
    std::erase_if(at.budgets, [&](int budget) { return budget > settings.most; });
    if (at.budgets.empty()) at.budgets = {settings.most};
    if (!only.empty() && ("," + only + ",").find("," + at.problem.name + ",") == std::string::npos) continue;
    if (mode_name.empty() || at.mode == modes.at(mode_name)) settings.cases.push_back(at);
  }
  if (parts.contains("quality")) quality(settings);
  if (parts.contains("peers")) peers(settings);
  if (parts.contains("ablation")) ablation(settings);
  if (parts.contains("calibration")) calibration(settings.cases, settings.seeds, settings.options);
  if (parts.contains("transfer")) transfer(settings.seeds);
  if (parts.contains("cost")) cost(settings.driver);
  return 0;
}
