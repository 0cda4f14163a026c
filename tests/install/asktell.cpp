// Ask and tell: a designer of the library drives an objective of ours.
#include <cstdio>

#include <dovetail/engine/design/designer.hpp>

int main() {
  using namespace dovetail;
  DesignerContext context;
  context.space = Space({{"x", RealRange{-5, 10, false}}, {"y", IntegerRange{0, 15, 1, false}}}, {});
  context.goal.objectives = {{"cost", true}};
  const auto designer = make_designer("evolution", context);
  double best = 1e300;
  for (std::int64_t id = 0; id < 60; ++id) {
    const Point point = designer->suggest(1).at(0);
    const double x = context.space.number(point, 0), y = context.space.number(point, 1);
    const double cost = (x - 3) * (x - 3) + (y - 7) * (y - 7);
    best = cost < best ? cost : best;
    const Trial trial{id, point, TrialState::completed, {{"cost", cost}}, ""};
    designer->update({&trial, 1});
  }
  std::printf("best %.3f\n", best);
  return best < 5 ? 0 : 1;
}
