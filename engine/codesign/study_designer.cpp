// The designers of a study (see the header).
#include <dovetail/engine/codesign/study_designer.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/design/bayes/loop_prior.hpp>
#include <dovetail/spaces/family/features.hpp>

namespace dovetail {
namespace {

// Takes an option of the study out of those of the designer. Throws InputError where it is none of `allowed`.
std::string take_option(DesignerContext& context, const std::string& name, std::string otherwise,
                        const std::vector<std::string>& allowed) {
  const auto found = context.options.find(name);
  if (found == context.options.end()) return otherwise;
  std::string value = found->second;
  context.options.erase(found);
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end())
    throw InputError({"designer", 0, 0, ""},
                     fmt::format("{}={}; allowed are {}, {} and {}", name, value, allowed[0], allowed[1], allowed[2]));
  return value;
}

DesignerContext base_context(const Codesign& codesign, int threads) {
  DesignerContext context;
  context.space = codesign.space();
  context.goal = codesign.goal();
  context.threads = threads;
  return context;
}

}  // namespace

std::unique_ptr<Designer> study_designer(const Codesign& codesign, int threads) {
  const Study& study = codesign.study();
  const StudyTerms& terms = codesign.terms();
  DesignerContext context = base_context(codesign, threads);
  context.seed = study.seed;
  context.options = study.designer_options;
  context.lower_bound = [&codesign](const Point& point) { return codesign.bound(point); };
  // `known` off leaves machines that no layer's rules allow to the classifier of failures.
  const bool known = take_option(context, "known", "on", {}) != "off";
  context.admits = [&codesign, known](const Point& point) {
    return codesign.machine_bound().admits(codesign.candidate(point), known);
  };
  // `features` is what surrogates see of a machine.
  const bool machines = codesign.points_are_machines();
  const std::string seen = take_option(context, "features", machines ? "both" : "raw", {"both", "domain", "raw"});
  if (seen != "raw") {
    std::vector<Layer> layers;
    for (const PoolLayer* layer : codesign.work().layers) layers.push_back(layer->layer);
    context.features = HardwareFeatures(codesign.family(), layers, {true, seen == "both"});
  }
  // A trial maps every layer, which is too much for a machine that will rather fail.
  if (study.designer == "bayes") context.options.emplace("threshold", "0.5");
  // `prior` is what the Gaussian process takes as its mean. The logarithm of the bound, by itself where the loop model
  // decides; under the cycle model the loop model's answer, and under a user's where that is asked for.
  const std::string prior = take_option(context, "prior",
                                        !machines || terms.external  ? "none"
                                        : terms.evaluator == nullptr ? "bound"
                                                                     : "loop",
                                        {"loop", "bound", "none"});
  if (prior == "bound") {
    // The bound tells good machines from bad ones: what the first points would be spread for.
    if (study.designer == "bayes") context.options.emplace("initial", "2");
    const std::vector<char> weighty =
        codesign.machine_bound().weighty_layers(codesign.candidate(codesign.family().default_point()));
    context.prior_mean = [&codesign, weighty](const Point& point) {
      return codesign.machine_bound().guesses(codesign.candidate(point), weighty);
    };
  }
  try {
    if (terms.evaluator == nullptr || prior != "loop") return make_designer(study.designer, context);
    auto answers = std::make_shared<LoopPrior>(
        codesign.space(), context.features,
        [&codesign, threads](const Point& point) { return codesign.loop_objective(point, threads); }, study.seed);
    return make_screened_designer(study.designer, context, std::move(answers));
  } catch (const std::invalid_argument& error) {
    throw InputError({"designer", 0, 0, ""}, error.what());
  }
}

std::unique_ptr<Designer> study_prover(const Codesign& codesign, int threads) {
  DesignerContext context = base_context(codesign, threads);
  context.lower_bound = [&codesign](const Point& point) { return codesign.bound_within(point); };
  return make_designer("exhaustive", context);
}

}  // namespace dovetail
