// Co-design on jobs that other people defined: every method with the same evaluator, at equal evaluations and seconds.
//
//     codesign [JOB ...] [--seeds 5] [--trials N] [--methods bayes,random,...] [--threads 2] [--set path=value ...]
//              [--json FILE]
//
//     shi         Shi et al. 2020: ResNet (four 3x3 convolutions, whole ResNet-18), DQN, MLP, Transformer on eyeriss
//     dosa        DOSA: ResNet-50 and BERT on gemmini, with the proof of the optimum and the published machines
//     shared      ResNet-50, MobileNetV2 and BERT on one simba under three limits of area
//     expensive   ResNet's 3x3 convolutions, DQN, MLP on eyeriss with 2000 evaluations of the cycle model in all
//     NAME        one case of these, such as dqn or dosa-bert
//
// A method is a designer, with options behind colons: bayes:features=raw:prior=bound.
//
// An evaluation is a hardware point, mapped layer by layer by the same mapper for every method. The first method runs
// for the given trials; the others at least as long in trials and in seconds, and are read at both marks. Seconds of
// methods are processor seconds, summed over threads. Best values are those of whole networks. Without a job: dosa.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <iostream>
#include <limits>

#include <nlohmann/json.hpp>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/engine/codesign.hpp>
#include <dovetail/engine/designer.hpp>
#include <dovetail/engine/joint_search.hpp>
#include <dovetail/engine/map_moves.hpp>
#include <dovetail/engine/table.hpp>
#include <dovetail/spaces/random.hpp>

namespace {

using namespace dovetail;
using Json = nlohmann::ordered_json;
using Numbers = std::vector<double>;
constexpr double infinity = std::numeric_limits<double>::infinity();

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

// Figures of the tables published with DOSA, uJ x cycles there. Each machine was mapped by Timeloop's random search, 10 000
// mappings per layer; random co-search is 10 machines x 1000 mappings per layer.
std::vector<Case> cases() {
  const std::string bert = DOVETAIL_SOURCE_DIR "/bench/codesign/dosa_bert.yaml";
  const std::string gemmini = "{workload: %, family: gemmini, trials: 40}";
  const auto study = [](std::string text, const std::string& workload) {
    return text.replace(text.find('%'), 1, workload);
  };
  std::vector<Case> all;
  for (const char* workload : {"resnet18-3x3", "resnet18", "dqn", "mlp"})
    all.push_back(
        {"shi", workload, study("{workload: %, family: eyeriss, trials: 40, gap: 0.02}", workload)});
  all.push_back({"shi", "transformer",
                 "{workload: transformer, family: eyeriss, trials: 40, gap: 0.02, fixed: {hw.pes: 256}}"});
  all.push_back({"dosa",
                 "dosa-resnet50",
                 study(gemmini, "resnet50"),
                 true,
                 {{"Eyeriss-256", 7.81e17},
                  {"NVDLA-small", 1.79e18},
                  {"NVDLA-large", 2.13e17},
                  {"Gemmini default", 2.50e17}}});
  all.push_back({"dosa",
                 "dosa-bert",
                 study(gemmini, bert),
                 true,
                 {{"Eyeriss-256", 1.97e16},
                  {"NVDLA-small", 7.35e16},
                  {"NVDLA-large", 6.85e15},
                  {"Gemmini default", 9.09e15}}});
  for (const char* limit : {"2e6", "4e6", "8e6"})
    all.push_back(
        {"shared", fmt::format("area-{}", limit),
         fmt::format("{{workloads: [resnet50, mobilenetv2, bert-base-128], family: simba, trials: 20, "
                     "mapper: {{name: evolution, budget: 1000}}, specs: [area_um2 <= {}]}}",
                     limit)});
  for (const char* workload : {"resnet18-3x3", "dqn", "mlp"})
    all.push_back({"expensive", fmt::format("cycle-{}", workload),
                   study("{workload: %, family: eyeriss, trials: 400, gap: 0.05}", workload)});
  return all;
}

Study make_study(const Case& at, const Settings& settings) {
  Diagnostics diagnostics;
  Study study = read_study(parse_yaml(at.study, at.name), diagnostics);
  study.folder.clear();
  for (const std::string& assignment : settings.set) set_value(study, assignment, "--set", diagnostics);
  diagnostics.raise();
  if (settings.trials > 0) study.trials = settings.trials;
  return study;
}

double quantile(Numbers values, double share) {
  std::sort(values.begin(), values.end());
  const double at = share * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(at), high = std::min(values.size() - 1, low + 1);
  if (low == high || values[low] == values[high]) return values[low];
  return values[low] + (at - static_cast<double>(low)) * (values[high] - values[low]);
}

// A 95 % interval of the median: percentiles of the medians of 2000 resamples.
std::pair<double, double> median_interval(const Numbers& values) {
  Random random(1, {0x626f6f74});
  Numbers medians;
  for (int round = 0; round < 2000; ++round) {
    Numbers sample;
    for (std::size_t i = 0; i < values.size(); ++i) sample.push_back(values[random.below(values.size())]);
    medians.push_back(quantile(sample, 0.5));
  }
  return {quantile(medians, 0.025), quantile(medians, 0.975)};
}

// Of all threads of this process: other programs on the machine do not count.
double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Mark {
  std::int64_t trials;
  double seconds, best;
};

// One search: its best at equal evaluations and equal seconds, as found (layers at their own optima).
struct Search {
  std::vector<Mark> curve;
  double network = infinity;  // of the end, its network mapped as a whole
  double at_trials(std::int64_t trials) const {
    double best = infinity;
    for (const Mark& mark : curve)
      if (mark.trials <= trials) best = mark.best > 0.0 ? mark.best : infinity;
    return best;
  }
  double at_seconds(double seconds) const {
    double best = infinity;
    for (const Mark& mark : curve)
      if (mark.seconds <= seconds) best = mark.best > 0.0 ? mark.best : infinity;
    return best;
  }
  // Evaluations until the best is within 1 % of a value; infinite: never.
  double trials_to(double value) const {
    for (const Mark& mark : curve)
      if (mark.best > 0.0 && mark.best <= 1.01 * value) return static_cast<double>(mark.trials);
    return infinity;
  }
};

std::vector<std::string> split(const std::string& list, char separator) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(separator, at), list.size());
    if (end > at) words.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

void set_method(Study& study, const std::string& method) {
  const std::vector<std::string> words = split(method, ':');
  study.designer = words.front();
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = std::min(words[i].find('='), words[i].size());
    study.designer_options[words[i].substr(0, equals)] =
        words[i].substr(std::min(equals + 1, words[i].size()));
  }
}

Search search(Study study, const std::string& method, std::uint64_t seed, double seconds, int threads) {
  const std::int64_t trials = study.trials;
  set_method(study, method);
  study.seed = seed;
  study.trials = seconds > 0.0 ? 1000000 : trials;
  const Codesign codesign(study);
  Search result;
  CodesignOptions options;
  options.threads = threads;
  options.baseline = false;
  const double start = cpu_seconds();
  options.progress = [&](const CodesignProgress& state) {
    result.curve.push_back({state.done, cpu_seconds() - start, state.best});
  };
  options.interrupted = [&] {
    return !result.curve.empty() && result.curve.back().trials >= trials && cpu_seconds() - start >= seconds;
  };
  const CodesignResult found = run(codesign, options);
  if (found.best) result.network = found.best->objective;
  return result;
}

std::string range(const Numbers& values) {
  return fmt::format("{:.4e} [{:.4e}, {:.4e}]", quantile(values, 0.5), quantile(values, 0.0),
                     quantile(values, 1.0));
}

Json summary(const Numbers& values) {
  Json all = Json::array();
  for (const double value : values) all.push_back(std::isfinite(value) ? Json(value) : Json(nullptr));
  return {{"median", quantile(values, 0.5)},
          {"low", quantile(values, 0.0)},
          {"high", quantile(values, 1.0)},
          {"seeds", std::move(all)}};
}

// The methods side by side; `optimum` > 0 is proven, or the best known.
Json compare(const Study& study, const Settings& settings, double optimum) {
  Json json = Json::array();
  Table table({"method", "at equal evaluations", "at equal seconds", "over first, paired median [95 %]",
               "above best", "to 1 %", "seconds"});
  std::vector<std::vector<Search>> searches;
  Numbers seconds_of_first;
  double best = optimum > 0.0 ? optimum : infinity;
  for (const std::string& method : settings.methods) {
    std::vector<Search> runs;
    for (int seed = 0; seed < settings.seeds; ++seed) {
      const double seconds = searches.empty() ? 0.0 : seconds_of_first[static_cast<std::size_t>(seed)];
      runs.push_back(search(study, method, static_cast<std::uint64_t>(seed), seconds, settings.threads));
      if (searches.empty()) seconds_of_first.push_back(runs.back().curve.back().seconds);
      if (optimum <= 0.0) best = std::min(best, runs.back().curve.back().best);
    }
    searches.push_back(std::move(runs));
    std::cerr << "  " << method << " done\n";
  }
  for (std::size_t m = 0; m < searches.size(); ++m) {
    Numbers evaluations, seconds, ratios, above, to, spent;
    for (std::size_t s = 0; s < searches[m].size(); ++s) {
      evaluations.push_back(searches[m][s].at_trials(study.trials));
      seconds.push_back(searches[m][s].at_seconds(seconds_of_first[s]));
      ratios.push_back(evaluations.back() / searches[0][s].at_trials(study.trials));
      above.push_back(evaluations.back() / best - 1.0);
      to.push_back(searches[m][s].trials_to(best));
      spent.push_back(searches[m][s].curve.back().seconds);
    }
    const auto [low, high] = median_interval(ratios);
    table.add({settings.methods[m], range(evaluations), range(seconds),
               fmt::format("{:.4f} [{:.4f}, {:.4f}]", quantile(ratios, 0.5), low, high),
               fmt::format("{:.2f} %", 100.0 * quantile(above, 0.5)),
               fmt::format("{:.0f}", quantile(to, 0.5)), fmt::format("{:.1f}", quantile(spent, 0.5))});
    json.push_back(
        {{"method", settings.methods[m]},
         {"evaluations", study.trials},
         {"at_equal_evaluations", summary(evaluations)},
         {"at_equal_seconds", summary(seconds)},
         {"paired_ratio_to_first", {{"median", quantile(ratios, 0.5)}, {"low", low}, {"high", high}}},
         {"median_above_best", quantile(above, 0.5)},
         {"evaluations_to_1_percent", summary(to)},
         {"seconds", summary(spent)}});
  }
  fmt::print("{}", table.text(2));
  return json;
}

// Random co-search at the budget of DOSA's: 10 machines, 1000 random mappings per layer.
Numbers random_cosearch(Study study, const Settings& settings) {
  study.mapper = "random";
  study.budget = 1000;
  study.trials = 10;
  Numbers found;
  for (int seed = 0; seed < std::max(5, settings.seeds); ++seed)
    found.push_back(search(study, "random", static_cast<std::uint64_t>(seed), 0.0, settings.threads).network);
  return found;
}

Json proof(const Case& at, Study study, const Settings& settings) {
  study.prove = true;
  study.designer = "bayes";
  study.trials = 20;
  const Codesign codesign(study);
  CodesignOptions options;
  options.threads = settings.threads;
  const CodesignResult result = run(codesign, options);
  if (!result.best) return {{"optimum", 0.0}};
  const double best = result.best->objective;
  fmt::print(
      "best {:.4e}, bound {:.4e}, gap {:.3f} %, {} in {:.1f} s: of {} machines {} mapped, {} given up by a "
      "bound, "
      "{} never tried, {} networks settled\n",
      best, result.lower_bound, 100.0 * result.gap(), result.proven ? "proven" : "not proven", result.seconds,
      result.work.points, result.work.mapped, result.work.cut, result.work.untried, result.work.settled);
  Json json = {{"optimum", best},
               {"bound", result.lower_bound},
               {"gap", result.gap()},
               {"proven", result.proven},
               {"seconds", result.seconds},
               {"machines", result.work.points},
               {"mapped", result.work.mapped},
               {"cut", result.work.cut},
               {"untried", result.work.untried},
               {"settled", result.work.settled}};
  for (const auto& [name, value] : named_values(codesign.space(), result.best->point)) {
    fmt::print("  {} = {}", name, value);
    json["point"][name] = value;
  }
  fmt::print("\n");
  for (const Published& machine : at.published) {
    fmt::print("  {:<16} {:.3e} published, {:.2f} x ours\n", machine.machine, machine.edp,
               machine.edp / best);
    json["published"][machine.machine] = {{"edp", machine.edp}, {"ratio", machine.edp / best}};
  }
  if (result.baseline_free && result.baseline_free->mapped) {
    fmt::print("  our Gemmini default, mapped best: {:.3e}, {:.2f} x ours\n", result.baseline_free->objective,
               result.baseline_free->objective / best);
    json["default_mapped_best"] = result.baseline_free->objective;
  }
  const Numbers random = random_cosearch(study, settings);
  fmt::print(
      "  random co-search (10 machines x 1000 mappings per layer): {}, {:.2f} x ours (DOSA reports 2.80 x "
      "its own)\n",
      range(random), quantile(random, 0.5) / best);
  json["random_cosearch"] = summary(random);
  json["random_cosearch_ratio"] = quantile(random, 0.5) / best;
  return json;
}

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

// Fronts of energy, cycles and area: the volume that each method's front dominates below ten times the hand design.
Json fronts(Study study, const Settings& settings) {
  study.objective = "energy,cycles,area";
  Json json = Json::array();
  Table table({"method", "hypervolume", "designs on the front"});
  for (const std::string& method : settings.methods) {
    set_method(study, method);
    Numbers volumes, sizes;
    for (int seed = 0; seed < settings.seeds; ++seed) {
      study.seed = static_cast<std::uint64_t>(seed);
      CodesignOptions options;
      options.threads = settings.threads;
      const CodesignResult result = run(Codesign(study), options);
      volumes.push_back(result.hypervolume);
      sizes.push_back(static_cast<double>(result.front.size()));
    }
    table.add({method,
               fmt::format("{:.4f} [{:.4f}, {:.4f}]", quantile(volumes, 0.5), quantile(volumes, 0.0),
                           quantile(volumes, 1.0)),
               fmt::format("{:.0f}", quantile(sizes, 0.5))});
    json.push_back({{"method", method}, {"hypervolume", summary(volumes)}, {"designs", summary(sizes)}});
    study.designer_options.clear();
  }
  fmt::print("  fronts of energy, cycles and area\n{}", table.text(2));
  return json;
}

// The cycle model with a count of what it was asked.
class CountedModel final : public Evaluator {
 public:
  std::string name() const override { return model_->name(); }
  Evaluation evaluate(const Layer& layer, const Architecture& architecture,
                      const Mapping& mapping) const override {
    ++count_;
    return model_->evaluate(layer, architecture, mapping);
  }
  std::int64_t count() const { return count_; }

 private:
  std::unique_ptr<Evaluator> model_ = make_evaluator("cycle");
  mutable std::atomic<std::int64_t> count_{0};
};

// Best network after so many evaluations of the model.
using Spent = std::vector<std::pair<std::int64_t, double>>;

double best_at(const Spent& curve, std::int64_t evaluations) {
  double best = infinity;
  for (const auto& [count, value] : curve)
    if (count <= evaluations) best = std::min(best, value);
  return best;
}

// The nested search: the mapper screens with the loop model, the cycle model is asked about eight mappings a layer.
Spent screened(Study study, const std::string& method, std::uint64_t seed, std::int64_t budget, int threads) {
  set_method(study, method);
  study.seed = seed;
  study.batch = 1;
  const auto model = std::make_shared<CountedModel>();
  const Codesign codesign(study, model);
  Spent curve;
  CodesignOptions options;
  options.threads = threads;
  options.baseline = false;
  options.progress = [&](const CodesignProgress& state) {
    curve.emplace_back(model->count(), state.best > 0.0 ? state.best : infinity);
  };
  options.interrupted = [&] { return !curve.empty() && curve.back().first >= budget; };
  run(codesign, options);
  return curve;
}

// Machines and mappings chosen together, nothing nested.
Spent together(Study study, std::uint64_t seed, std::int64_t budget) {
  study.seed = seed;
  const auto model = std::make_shared<CountedModel>();
  Spent curve;
  JointOptions options;
  options.evaluations = budget;
  options.progress = [&](std::int64_t evaluations, double best) { curve.emplace_back(evaluations, best); };
  joint_search(Codesign(study), options, model);
  return curve;
}

// Random machines, a hundred random mappings of each layer, all of them asked of the cycle model.
Spent unscreened(const Study& study, std::uint64_t seed, std::int64_t budget) {
  const Codesign codesign(study);
  const std::unique_ptr<Evaluator> model = make_evaluator("cycle");
  Spent curve;
  std::int64_t count = 0;
  double best = infinity;
  for (std::uint64_t machine = 0; count < budget; ++machine) {
    Random random(seed, {0x72616e64, machine});
    const auto point = codesign.space().sample(random);
    if (!point) break;
    double energy = 0.0, cycles = 0.0;
    MapRequest request;
    request.architecture = codesign.family().instantiate(*point);
    for (const UniqueLayer& unique : unique_layers(codesign.networks().front())) {
      request.layer = unique.layer;
      request.rules = codesign.family().rules(unique.layer, *point);
      const MapMoves moves(request);
      double least = infinity, least_energy = infinity, least_cycles = infinity;
      for (int draw = 0; draw < 100; ++draw) {
        const auto mapping = moves.sample(random);
        if (!mapping) continue;
        ++count;
        const Evaluation cost = model->evaluate(request.layer, request.architecture, unpack(*mapping));
        const double value = cost.energy_pj * static_cast<double>(cost.cycles);
        if (!cost.valid() || value >= least) continue;
        least = value;
        least_energy = cost.energy_pj;
        least_cycles = static_cast<double>(cost.cycles);
      }
      energy += static_cast<double>(unique.count) * least_energy;
      cycles += static_cast<double>(unique.count) * least_cycles;
    }
    best = std::min(best, energy * cycles);
    curve.emplace_back(count, best);
  }
  return curve;
}

Json expensive(const Study& study, const Settings& settings) {
  constexpr std::int64_t budget = 2000, ten_times = 20000;
  Json json = Json::array();
  Table table({"method", "at 2000 evaluations", "at 20000 evaluations"});
  const auto add = [&](const std::string& method, const std::vector<Spent>& curves, bool longer) {
    Numbers early, late;
    for (const Spent& curve : curves) {
      early.push_back(best_at(curve, budget));
      late.push_back(best_at(curve, ten_times));
    }
    table.add({method, range(early), longer ? range(late) : "-"});
    json.push_back({{"method", method}, {"at_2000", summary(early)}});
    if (longer) json.back()["at_20000"] = summary(late);
  };
  for (const std::string& method : settings.methods) {
    std::vector<Spent> curves;
    for (int seed = 0; seed < settings.seeds; ++seed)
      curves.push_back(screened(study, method, static_cast<std::uint64_t>(seed), budget, settings.threads));
    add(method + ", loop model screens", curves, false);
    std::cerr << "  " << method << " done\n";
  }
  std::vector<Spent> curves;
  for (int seed = 0; seed < settings.seeds; ++seed)
    curves.push_back(together(study, static_cast<std::uint64_t>(seed), budget));
  add("joint search", curves, false);
  std::cerr << "  joint search done\n";
  curves.clear();
  for (int seed = 0; seed < settings.seeds; ++seed)
    curves.push_back(unscreened(study, static_cast<std::uint64_t>(seed), ten_times));
  add("random machines, 100 random mappings a layer", curves, true);
  fmt::print("{}", table.text(2));
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
      fmt::print("  {} is {:.1f} % below the hand design, {}\n", settings.methods.front(), 100.0 * below,
                 name);
      json["below_hand"][name] = below;
    }
    if (at.job == "shared") json["fronts"] = fronts(study, settings);
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  json["seconds"] = spent.count();
  std::fflush(stdout);
  return json;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
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
  const std::vector<std::string> known = designer_names();
  std::erase_if(settings.methods, [&](const std::string& method) {
    return std::find(known.begin(), known.end(), split(method, ':').front()) == known.end();
  });
  Json all = Json::array();
  try {
    for (const Case& at : cases()) {
      const auto asked = [&](const std::string& job) { return job == at.job || job == at.name; };
      if (std::any_of(settings.jobs.begin(), settings.jobs.end(), asked))
        all.push_back(measure(at, settings));
    }
  } catch (const std::exception& error) {
    return fmt::print(stderr, "error: {}\n", error.what()), 1;
  }
  if (!settings.json.empty()) std::ofstream(settings.json) << all.dump(2) << "\n";
  return all.empty() ? 2 : 0;
}
