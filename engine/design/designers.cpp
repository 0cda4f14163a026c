// The designers by name.
#include <dovetail/engine/design/designer.hpp>

#include <stdexcept>

#include <dovetail/engine/design/around/alternate_designer.hpp>
#include <dovetail/engine/design/around/shrink_designer.hpp>
#include <dovetail/engine/design/baselines/evolution_designer.hpp>
#include <dovetail/engine/design/baselines/exhaustive_designer.hpp>
#include <dovetail/engine/design/baselines/random_designer.hpp>
#include <dovetail/engine/design/baselines/reinforce_designer.hpp>
#include <dovetail/engine/design/bayes/bayes_designer.hpp>
#include <dovetail/engine/design/bayes/relax_round_designer.hpp>
#include <dovetail/engine/design/trees/trees_designer.hpp>

namespace dovetail {
namespace {

struct Row {
  const char* name;
  std::unique_ptr<Designer> (*make)(const DesignerContext&);
};

constexpr Row rows[] = {
    {"bayes", make_bayes_designer},
    {"random", make_random_designer},
    {"evolution", make_evolution_designer},
    {"exhaustive", make_exhaustive_designer},
    {"relax-round", make_relax_round_designer},
    {"reinforce", make_reinforce_designer},
    {"shrink", make_shrink_designer},
    {"alternate", make_alternate_designer},
#ifdef DOVETAIL_XGBOOST
    {"trees", make_trees_designer},
#endif
};

}  // namespace

std::unique_ptr<Designer> make_designer(const std::string& name, const DesignerContext& context) {
  std::string allowed;
  for (const Row& row : rows) {
    if (name == row.name) return row.make(context);
    allowed += (allowed.empty() ? "" : ", ") + std::string(row.name);
  }
  throw std::invalid_argument("no designer '" + name + "'; known are " + allowed);
}

std::vector<std::string> designer_names() {
  std::vector<std::string> names;
  for (const Row& row : rows) names.emplace_back(row.name);
  return names;
}

}  // namespace dovetail
