// Ask/tell from C++: minimise energy x delay of a small array under a limit on its area, with a simulator that may
// fail.
//
//     find_package(dovetail); target_link_libraries(example dovetail::engine)
#include <cmath>
#include <cstdio>

#include <dovetail/engine/study/ask_tell.hpp>

using namespace dovetail;

int main() {
  // What may be chosen, and what is known about it.
  std::vector<Parameter> parameters{{"pe_x", IntegerRange{2, 32, 1, false}},
                                    {"pe_y", IntegerRange{2, 32, 1, false}},
                                    {"buffer_kib", OrdinalValues{{8, 16, 32, 64, 128}}},
                                    {"dataflow", CategoricalValues{{"weight", "output"}}}};
  std::vector<Constraint> constraints{make_constraint("pe_x * pe_y <= 512", parameters)};

  // What is wanted: a small edp; the area is measured and limited.
  DesignerContext context;
  context.space = Space(parameters, constraints);
  context.goal.objectives = {{"edp", true}};
  context.goal.specs = {{"area_mm2", 2.0, std::nullopt}};
  context.seed = 1;

  AskTell session("bayes", context);
  for (int round = 0; round < 10; ++round) {
    std::vector<Tell> outcomes;
    for (const Trial& trial : session.ask(4)) {
      const double pe = context.space.number(trial.point, 0) * context.space.number(trial.point, 1);
      const double buffer = context.space.number(trial.point, 2);
      const bool output = context.space.text(trial.point).find("output") != std::string::npos;
      if (pe > 400 && !output) {
        outcomes.push_back({trial.id, {}, {}, "the simulator ran out of memory"});
        continue;
      }
      const double cycles = 1e6 / pe + 4e5 / buffer, energy = 1e3 + 2 * buffer + (output ? 0.8 : 1.0) * pe;
      outcomes.push_back({trial.id, {}, {{"edp", energy * cycles}, {"area_mm2", 0.003 * pe + 0.01 * buffer}}, {}});
    }
    session.tell(outcomes);
  }
  const std::optional<Trial> best = session.best();
  if (!best) return 1;
  std::printf("%s edp %.4g area %.3g mm2\n", context.space.text(best->point).c_str(), best->metrics.at("edp"),
              best->metrics.at("area_mm2"));
  return 0;
}
