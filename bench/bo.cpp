// Constrained Bayesian optimization against recorded peers, live peers, our other designers and itself.
//
//     bo [PART ...] [--seeds 20] [--problem NAME] [--mode values|passfail|known|partly] [--most 1000]
//        [--batch N] [--change option=value ...] [--recorded DIR] [option=value ...]
//
//     quality      best feasible value at the recorded budgets: medians and quartiles; wins, ties, losses
//     peers        Optuna's samplers, live, beside ours with as many seeds
//     ablation     each default of the Bayesian designer (or each --change) changed alone, paired by seed
//     calibration  Brier score of the feasibility classifier on hidden constraints against the base rate
//     transfer     outcomes of a related study told first
//     cost         CPU time of fit and suggestion, beside scikit-learn, live
//
// Without a part: quality and cost. Suggestions are asked for in batches as large as the recorded peers' (of ackley10
// 4, of keane 90) and, beside Optuna, one at a time as there; --batch says otherwise. A seed without a feasible point
// counts as infinite. Options are those of `bayes`.
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
  int batch = 0;       // suggestions at once; 0: as the peers of the part
  std::string recorded = DOVETAIL_SHARED_DIR "/reference/bo";
  std::string driver = DOVETAIL_SOURCE_DIR "/bench/peers.py";
  std::vector<Case> cases;
  Options options;
  std::vector<Options> changes;  // of the ablation; none: all
};

void print_row(const std::string& who, int budget, const Curves& curves,
               double best_known = std::numeric_limits<double>::quiet_NaN()) {
  const Numbers best = curves.at(budget);
  const auto there =
      std::count_if(best.begin(), best.end(), [&](double value) { return verdict(value, best_known) >= 0; });
  const auto none = std::count_if(best.begin(), best.end(), [](double value) { return !std::isfinite(value); });
  fmt::print("  {:>10} @{:<4} {:>12.6g} [{:.6g}, {:.6g}]{}{}\n", who, budget, quantile(best, 0.5), quantile(best, 0.25),
             quantile(best, 0.75),
             there > 0 ? fmt::format(" at the best known {}/{}", there, best.size()) : std::string(),
             none > 0 ? fmt::format(" without feasible {}/{}", none, best.size()) : std::string());
  std::fflush(stdout);
}

// Wins, ties and losses, and the problems on which nothing at the largest common budget was better.
struct Tally {
  int wins = 0, ties = 0, losses = 0;
  std::map<std::string, bool> at_least_as_good;
  std::vector<std::string> lost;

  void add(const std::string& problem, const std::string& method, int budget, double ours, double theirs, bool last) {
    const int result = verdict(ours, theirs);
    ++(result > 0 ? wins : result < 0 ? losses : ties);
    if (result < 0)
      lost.push_back(fmt::format("{} @{} {:.6g} (ours {:.6g}) by {}", problem, budget, theirs, ours, method));
    if (!last) return;
    const auto found = at_least_as_good.emplace(problem, true).first;
    found->second = found->second && result >= 0;
  }
  void print(const std::string& whom) const {
    const auto good =
        std::count_if(at_least_as_good.begin(), at_least_as_good.end(), [](const auto& entry) { return entry.second; });
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
    fmt::print("{}, best known {:.6g}{}\n", at.name(), at.problem.best_known,
               at.problem.batch > 1 ? fmt::format(", in batches of {}", at.problem.batch) : std::string());
    std::map<std::string, Curves> all;
    for (const std::string designer : {"bayes", "random", "evolution"}) {
      all[designer] =
          curves(at, designer, designer == "bayes" ? settings.options : Options{}, settings.seeds, at.budgets.back());
      for (const int budget : at.budgets) print_row(designer, budget, all[designer], at.problem.best_known);
      fmt::print("  {:>10} {:.2f} ms per suggestion, first feasible at {} [{}, {}]\n", designer,
                 all[designer].suggestion_ms, quantile(all[designer].first_feasible, 0.5),
                 quantile(all[designer].first_feasible, 0.25), quantile(all[designer].first_feasible, 0.75));
    }
    const Curves& ours = all["bayes"];
    for (const Recorded& peer : peers) {
      if (peer.problem != at.problem.name || peer.known != (at.mode == Mode::known) || at.mode == Mode::partly)
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
        against_peers.add(at.name(), peer.method, budget, ours.median(budget), theirs->second, budget == last);
      }
    }
    for (const int budget : at.budgets)
      against_random.add(at.name(), "random", budget, ours.median(budget), all["random"].median(budget),
                         budget == at.budgets.back());
  }
  fmt::print("{} seeds\n", settings.seeds);
  against_peers.print("recorded peers");
  against_random.print("our random search");
}

nlohmann::json domains(const Problem& problem) {
  nlohmann::json result = nlohmann::json::array();
  for (const Parameter& parameter : problem.parameters) {
    if (const auto* real = std::get_if<RealRange>(&parameter.domain))
      result.push_back({{"name", parameter.name}, {"kind", "real"}, {"low", real->low}, {"high", real->high}});
    else if (const auto* integer = std::get_if<IntegerRange>(&parameter.domain))
      result.push_back({{"name", parameter.name}, {"kind", "integer"}, {"low", integer->low}, {"high", integer->high}});
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
  for (Case at : settings.cases) {
    if (at.mode == Mode::known || at.mode == Mode::partly) continue;  // Optuna has no declared constraints
    at.problem.batch = std::max(1, settings.batch);
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
        tally.add(at.name(), sampler, budget, ours.median(budget), theirs.median(budget), budget == at.budgets.back());
      }
    }
  }
  tally.print("Optuna");
}

const std::vector<Options> all_changes = {
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
    {{"threshold", "0.05"}},
    {{"trust", "off"}},
    {{"trust", "on"}},
    {{"neighbours", "off"}},
    {{"gradient", "off"}},
};

// One change over all problems and budgets, each duel one seed at one budget.
struct Duels {
  int won = 0, tied = 0, lost = 0;
  int better = 0, worse = 0;  // cases whose interval excludes 0
};

// Changed minus default, paired by seed: its median with a 95 % interval; below 0 the change is better.
void duel(const Numbers& base, const Numbers& changed, Duels& duels) {
  Numbers differences;
  int won = 0, lost = 0;
  for (std::size_t i = 0; i < base.size(); ++i) {
    const int result = verdict(changed[i], base[i]);
    won += result > 0, lost += result < 0;
    differences.push_back(result == 0 ? 0.0 : changed[i] - base[i]);
  }
  duels.won += won, duels.lost += lost, duels.tied += static_cast<int>(base.size()) - won - lost;
  const auto [low, high] = jobs::median_interval(differences);
  duels.better += high<0.0, duels.worse += low> 0.0;
  fmt::print("  {:>30} {:+.3g} [{:+.3g}, {:+.3g}]; better on {}, worse on {} of {} seeds\n", "paired",
             quantile(differences, 0.5), low, high, won, lost, base.size());
}

// Every default changed alone, at the middle and the last budget. Of the duels, paired by seed and ties half, a change
// that wins more than 50 % says that the default is wrong.
void ablation(const Settings& settings) {
  const std::vector<Options>& changes = settings.changes.empty() ? all_changes : settings.changes;
  const auto name_of = [](const Options& change) { return change.begin()->first + "=" + change.begin()->second; };
  std::vector<Duels> duels(changes.size());
  for (const Case& at : settings.cases) {
    const std::set<int> budgets{at.budgets[at.budgets.size() / 2], at.budgets.back()};
    fmt::print("{}\n", at.name());
    const Curves base = curves(at, "bayes", settings.options, settings.seeds, at.budgets.back());
    for (const int budget : budgets) print_row("default", budget, base, at.problem.best_known);
    for (std::size_t v = 0; v < changes.size(); ++v) {
      Options options = settings.options;
      for (const auto& [name, value] : changes[v]) options[name] = value;
      const Curves changed = curves(at, "bayes", options, settings.seeds, at.budgets.back());
      for (const int budget : budgets) {
        print_row(name_of(changes[v]), budget, changed, at.problem.best_known);
        duel(base.at(budget), changed.at(budget), duels[v]);
      }
      std::fflush(stdout);
    }
  }
  fmt::print("{:>30} {:>7} {:>22} {:>30}\n", "changed", "won %", "won/tied/lost", "interval better/worse");
  for (std::size_t v = 0; v < changes.size(); ++v)
    fmt::print("{:>30} {:>7.1f} {:>22} {:>30}\n", name_of(changes[v]),
               100.0 * (duels[v].won + 0.5 * duels[v].tied) / std::max(1, duels[v].won + duels[v].tied + duels[v].lost),
               fmt::format("{}/{}/{}", duels[v].won, duels[v].tied, duels[v].lost),
               fmt::format("{}/{}", duels[v].better, duels[v].worse));
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
    } else if (word == "--batch" && more) {
      settings.batch = std::max(1, std::atoi(argv[++i]));
    } else if (word == "--problem" && more) {
      only = argv[++i];
    } else if (word == "--mode" && more) {
      mode_name = argv[++i];
    } else if (word == "--recorded" && more) {
      settings.recorded = argv[++i];
    } else if (word == "--change" && more && std::string(argv[i + 1]).find('=') != std::string::npos) {
      const std::string change = argv[++i];
      settings.changes.push_back({{change.substr(0, change.find('=')), change.substr(change.find('=') + 1)}});
    } else if (std::set<std::string>{"quality", "peers", "ablation", "calibration", "transfer", "cost"}.contains(
                   word)) {
      parts.insert(word);
    } else if (word.find('=') != std::string::npos) {
      settings.options[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    } else {
      std::cerr << "unknown word " << word << "\n";
      return 2;
    }
  }
  if (parts.empty()) parts = {"quality", "cost"};
  const std::map<std::string, Mode> modes = {
      {"values", Mode::values}, {"passfail", Mode::passfail}, {"known", Mode::known}, {"partly", Mode::partly}};
  const auto mode = modes.find(mode_name);
  std::string known;
  for (Case at : cases()) {
    std::erase_if(at.budgets, [&](int budget) { return budget > settings.most; });
    if (at.budgets.empty()) at.budgets = {settings.most};
    if (settings.batch > 0) at.problem.batch = settings.batch;
    known += at.mode == at.problem.mode ? " " + at.problem.name : "";
    if (!only.empty() && ("," + only + ",").find("," + at.problem.name + ",") == std::string::npos) continue;
    if (mode_name.empty() || (mode != modes.end() && at.mode == mode->second)) settings.cases.push_back(at);
  }
  if (settings.cases.empty()) {
    std::cerr << "no problem " << only << " in mode " << (mode_name.empty() ? "any" : mode_name) << "; problems are"
              << known << "\n";
    return 2;
  }
  if (parts.contains("quality")) quality(settings);
  if (parts.contains("peers")) peers(settings);
  if (parts.contains("ablation")) ablation(settings);
  if (parts.contains("calibration")) calibration(settings.cases, settings.seeds, settings.options);
  if (parts.contains("transfer")) transfer(settings.seeds);
  if (parts.contains("cost")) cost(settings.driver);
  return 0;
}
