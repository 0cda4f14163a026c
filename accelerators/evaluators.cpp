// The evaluators of the tree by name.
#include <dovetail/accelerators/evaluators.hpp>

#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>

namespace dovetail {
namespace {

constexpr EvaluatorRow rows[] = {
    {"loop", "closed form, fast enough to search with",
     []() -> std::unique_ptr<Evaluator> { return std::make_unique<LoopModel>(); }},
    {"cycle", "cycle level: stalls by tensor, fill and drain",
     []() -> std::unique_ptr<Evaluator> { return std::make_unique<CycleModel>(); }},
};

}  // namespace

std::span<const EvaluatorRow> evaluator_table() {
  return rows;
}

std::vector<std::string> evaluator_names() {
  std::vector<std::string> names;
  for (const EvaluatorRow& row : rows) names.emplace_back(row.name);
  return names;
}

std::unique_ptr<Evaluator> make_evaluator(std::string_view name) {
  for (const EvaluatorRow& row : rows)
    if (name == row.name) return row.make();
  return nullptr;
}

}  // namespace dovetail
