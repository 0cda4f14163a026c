// The designers by name.
#include <dovetail/engine/design/designers.hpp>

#include <stdexcept>

#include <dovetail/engine/design/around/alternate_designer.hpp>
#include <dovetail/engine/design/around/shrink_designer.hpp>
#include <dovetail/engine/design/baselines/evolution_designer.hpp>
#include <dovetail/engine/design/baselines/exhaustive_designer.hpp>
#include <dovetail/engine/design/baselines/random_designer.hpp>
#include <dovetail/engine/design/baselines/reinforce_designer.hpp>
#include <dovetail/engine/design/bayes/bayes_designer.hpp>
#include <dovetail/engine/design/bayes/relax_round_designer.hpp>
#include <dovetail/engine/design/designer.hpp>
#include <dovetail/engine/design/trees/trees_designer.hpp>

namespace dovetail {
namespace {

struct Row {
  const char* name;
  const char* about;
  std::unique_ptr<Designer> (*make)(const DesignerContext&);
  const char* unavailable = "";
};

#ifdef DOVETAIL_XGBOOST
constexpr auto make_trees = make_trees_designer;
constexpr const char* no_trees = "";
#else
constexpr std::unique_ptr<Designer> (*make_trees)(const DesignerContext&) = nullptr;
constexpr const char* no_trees = "built without XGBoost: install the package libxgboost-dev and build again";
#endif

constexpr Row rows[] = {
    {"bayes", "constrained Bayesian optimization", make_bayes_designer},
    {"random", "uniform over the feasible points", make_random_designer},
    {"evolution", "mutates and crosses the best", make_evolution_designer},
    {"exhaustive", "every point of a finite space", make_exhaustive_designer},
    {"relax-round", "Bayesian optimization of a relaxation, rounded", make_relax_round_designer},
    {"reinforce", "a policy learned by policy gradients", make_reinforce_designer},
    {"shrink", "halves the choices of one parameter after the other", make_shrink_designer},
    {"alternate", "one group of parameters at a time", make_alternate_designer},
    {"trees", "boosted trees, searched by annealing", make_trees, no_trees},
};

}  // namespace

std::unique_ptr<Designer> make_designer(const std::string& name, const DesignerContext& context) {
  std::string allowed;
  for (const Row& row : rows) {
    if (name == row.name && row.make == nullptr)
      throw std::invalid_argument("designer '" + name + "' is not available in this build: " + row.unavailable);
    if (name == row.name) return row.make(context);
    if (row.make != nullptr) allowed += (allowed.empty() ? "" : ", ") + std::string(row.name);
  }
  throw std::invalid_argument("no designer '" + name + "'; known are " + allowed);
}

std::vector<std::string> designer_names() {
  std::vector<std::string> names;
  for (const Row& row : rows)
    if (row.make != nullptr) names.emplace_back(row.name);
  return names;
}

std::vector<Part> designer_parts() {
  std::vector<Part> parts;
  for (const Row& row : rows) parts.push_back({row.name, row.about, row.unavailable});
  return parts;
}

}  // namespace dovetail
