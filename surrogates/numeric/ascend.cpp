// The only door to NLopt.
#include <dovetail/surrogates/numeric/ascend.hpp>

#include <algorithm>
#include <cmath>
#include <nlopt.hpp>
#include <stdexcept>

namespace dovetail {
namespace {

struct Climb {
  const DifferentiableFunction* function;
  Ascent best;
  std::vector<double> gradient;
};

double evaluate(const std::vector<double>& x, std::vector<double>& slope, void* data) {
  Climb& climb = *static_cast<Climb*>(data);
  double value = (*climb.function)(x, climb.gradient);
  if (std::isfinite(value)) {
    if (value > climb.best.value) climb.best = {x, value};
  } else {
    value = -1e10;
    std::fill(climb.gradient.begin(), climb.gradient.end(), 0.0);
  }
  std::copy_n(climb.gradient.begin(), slope.size(), slope.begin());
  return value;
}

}  // namespace

Ascent ascend(const DifferentiableFunction& function, std::vector<double> start, const std::vector<double>& low,
              const std::vector<double>& high, int evaluations, double tolerance) {
  const auto count = static_cast<unsigned>(start.size());
  for (unsigned i = 0; i < count; ++i) start[i] = std::clamp(start[i], low[i], high[i]);
  Climb climb{&function, {}, std::vector<double>(count)};
  climb.best.point = start;
  nlopt::opt search(nlopt::LD_LBFGS, count);
  search.set_max_objective(evaluate, &climb);
  search.set_lower_bounds(low);
  search.set_upper_bounds(high);
  search.set_maxeval(evaluations);
  search.set_ftol_rel(tolerance);
  search.set_ftol_abs(tolerance);
  try {
    double value = 0.0;
    search.optimize(start, value);
  } catch (const std::runtime_error&) {
    // L-BFGS gave up (roundoff); the best point visited is kept.
  }
  return climb.best;
}

}  // namespace dovetail
