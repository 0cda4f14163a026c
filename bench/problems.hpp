// Constrained and mixed test problems with known optima: what the optimizers of this field are compared on.
//
// Definitions follow the literature's sources named beside them (pressure vessel, spring and welded beam: the variants of
// Coello 2000; Gardner et al. 2014; Gramacy et al. 2016; Gelbart et al. 2014; Letham et al. 2019; Eriksson & Poloczek 2021;
// Keane 1994; Sandgren 1990; Casmopolitan, Wan et al. 2021; COMBO, Oh et al. 2019; Mueller & Day 2019; SBArchOpt).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include <dovetail/engine/designer.hpp>
#include <dovetail/spaces/space.hpp>

namespace problems {

using namespace dovetail;
using Numbers = std::vector<double>;

/// What the optimizer learns about constraints: their values, one bit, or everything (declared in the space).
enum class Mode { values, passfail, known, partly };

struct Outcome {
  double objective = 0.0;
  Numbers excess;  ///< feasible when all are <= 0
  bool feasible() const {
    return std::all_of(excess.begin(), excess.end(), [](double e) { return e <= 0.0; });
  }
};

struct Problem {
  std::string name;
  std::vector<Parameter> parameters;
  std::function<Outcome(const Numbers&)> evaluate;  ///< values of the parameters; categories by index
  double best_known = 0.0;
  Mode mode = Mode::values;                  ///< the natural one
  std::vector<std::string> known;            ///< constraints as expressions, for Mode::known
  std::size_t partly_known = 0;              ///< how many of them Mode::partly declares
  std::vector<int> budgets = {20, 50, 100};  ///< evaluations at which figures are printed
  int batch = 1;
};

inline Parameter real(std::string name, double low, double high) {
  return {std::move(name), RealRange{low, high, false}};
}
inline Parameter integer(std::string name, std::int64_t low, std::int64_t high) {
  return {std::move(name), IntegerRange{low, high, 1, false}};
}
inline Parameter ordinal(std::string name, Numbers values) {
  return {std::move(name), OrdinalValues{std::move(values)}};
}
inline Parameter category(std::string name, int count) {
  CategoricalValues values;
  for (int i = 0; i < count; ++i) values.values.push_back("c" + std::to_string(i));
  return {std::move(name), std::move(values)};
}
inline std::vector<Parameter> reals(int count, double low, double high) {
  std::vector<Parameter> result;
  for (int i = 1; i <= count; ++i) result.push_back(real("x" + std::to_string(i), low, high));
  return result;
}

/// The numbers that `evaluate` takes: values, and the index of a category.
inline Numbers numbers(const Space& space, const Point& point) {
  Numbers result;
  for (int p = 0; p < static_cast<int>(space.parameters().size()); ++p) {
    const bool choice =
        std::holds_alternative<CategoricalValues>(space.parameters()[static_cast<std::size_t>(p)].domain);
    result.push_back(choice ? point.numbers[static_cast<std::size_t>(space.offset(p))]
                            : space.number(point, p));
  }
  return result;
}

inline Space make_space(const Problem& problem, Mode mode) {
  std::vector<Constraint> constraints;
  if (mode == Mode::known || mode == Mode::partly) {
    const std::size_t count = mode == Mode::known ? problem.known.size() : problem.partly_known;
    for (std::size_t i = 0; i < count; ++i)
      constraints.push_back(make_constraint(problem.known[i], problem.parameters));
  }
  return Space(problem.parameters, std::move(constraints));
}

inline Goal make_goal(const Problem& problem, Mode mode, std::size_t constraints) {
  Goal goal;
  goal.objectives.push_back({"f", true});
  (void)problem;
  if (mode == Mode::values)
    for (std::size_t i = 0; i < constraints; ++i)
      goal.specs.push_back({"g" + std::to_string(i), 0.0, std::nullopt});
  return goal;
}

/// The trial that a study with this much information would see.
inline Trial make_trial(std::int64_t id, const Point& point, const Outcome& outcome, Mode mode) {
  Trial trial{id, point, TrialState::completed, {}, {}};
  if (mode != Mode::values && !outcome.feasible()) {
    trial.state = TrialState::failed;
    trial.reason = "infeasible";
    return trial;
  }
  trial.metrics["f"] = outcome.objective;
  if (mode == Mode::values)
    for (std::size_t i = 0; i < outcome.excess.size(); ++i)
      trial.metrics["g" + std::to_string(i)] = outcome.excess[i];
  return trial;
}

/// Best feasible objective after each evaluation (infinite before the first).
inline Numbers run(const Problem& problem, Mode mode, const std::string& designer_name,
                   const std::map<std::string, std::string>& options, std::uint64_t seed, int evaluations,
                   int batch = 1, int* first_feasible = nullptr,
                   const std::vector<std::vector<Trial>>& related = {}) {
  const Space space = make_space(problem, mode);
  Random random(seed, {1});
  const std::size_t constraints = problem.evaluate(numbers(space, *space.sample(random))).excess.size();
  DesignerContext context{space, make_goal(problem, mode, constraints), seed, 1, {}, {}, options};
  context.related = related;
  const std::unique_ptr<Designer> designer = make_designer(designer_name, context);
  Numbers curve;
  double best = std::numeric_limits<double>::infinity();
  if (first_feasible) *first_feasible = evaluations + 1;
  while (static_cast<int>(curve.size()) < evaluations) {
    const std::vector<Point> points =
        designer->suggest(std::min(batch, evaluations - static_cast<int>(curve.size())));
    if (points.empty()) break;
    std::vector<Trial> trials;
    for (const Point& point : points) {
      const Outcome outcome = problem.evaluate(numbers(space, point));
      trials.push_back(make_trial(static_cast<std::int64_t>(curve.size()), point, outcome, mode));
      if (outcome.feasible()) {
        if (first_feasible && !std::isfinite(best)) *first_feasible = static_cast<int>(curve.size()) + 1;
        best = std::min(best, outcome.objective);
      }
      curve.push_back(best);
    }
    designer->update(trials);
  }
  while (static_cast<int>(curve.size()) < evaluations) curve.push_back(best);
  return curve;
}

inline double branin(double x, double y) {
  constexpr double pi = std::numbers::pi;
  return std::pow(y - 5.1 / (4.0 * pi * pi) * x * x + 5.0 / pi * x - 6.0, 2) +
         10.0 * (1.0 - 1.0 / (8.0 * pi)) * std::cos(x) + 10.0;
}

inline double ackley(const Numbers& x) {
  double squares = 0.0, cosines = 0.0;
  for (const double value : x) squares += value * value, cosines += std::cos(2.0 * std::numbers::pi * value);
  const double n = static_cast<double>(x.size());
  return -20.0 * std::exp(-0.2 * std::sqrt(squares / n)) - std::exp(cosines / n) + 20.0 + std::numbers::e;
}

inline double hartmann6(const Numbers& x) {
  static constexpr double alpha[4] = {1.0, 1.2, 3.0, 3.2};
  static constexpr double a[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                     {0.05, 10, 17, 0.1, 8, 14},
                                     {3, 3.5, 1.7, 10, 17, 8},
                                     {17, 8, 0.05, 10, 0.1, 14}};
  static constexpr double p[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                                     {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                                     {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                                     {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
  double total = 0.0;
  for (int i = 0; i < 4; ++i) {
    double inner = 0.0;
    for (int j = 0; j < 6; ++j) inner += a[i][j] * std::pow(x[static_cast<std::size_t>(j)] - p[i][j], 2);
    total -= alpha[i] * std::exp(-inner);
  }
  return total;
}

inline Problem pressure_vessel() {
  return {"pressure_vessel_mixed",
          {integer("i1", 1, 80), integer("i2", 1, 80), real("R", 10, 200), real("L", 10, 200)},
          [](const Numbers& x) {
            const double ts = 0.0625 * x[0], th = 0.0625 * x[1], r = x[2], l = x[3], pi = std::numbers::pi;
            return Outcome{
                0.6224 * ts * r * l + 1.7781 * th * r * r + 3.1661 * ts * ts * l + 19.84 * ts * ts * r,
                {0.0193 * r - ts, 0.00954 * r - th, 1296000.0 - pi * r * r * l - 4.0 / 3.0 * pi * r * r * r,
                 l - 240.0}};
          },
          6059.7143,
          Mode::values,
          {},
          0,
          {20, 30, 40, 60, 100},
          1};
}

inline Problem spring() {
  return {"spring",
          {real("d", 0.05, 2), real("D", 0.25, 1.3), real("N", 2, 15)},
          [](const Numbers& x) {
            const double d = x[0], D = x[1], n = x[2], d3 = d * d * d;
            return Outcome{(n + 2) * D * d * d,
                           {1 - D * D * D * n / (71785 * d3 * d),
                            (4 * D * D - d * D) / (12566 * (D * d3 - d3 * d)) + 1 / (5108 * d * d) - 1,
                            1 - 140.45 * d / (D * D * n), (d + D) / 1.5 - 1}};
          },
          0.012665233,
          Mode::values,
          {},
          0,
          {20, 30, 40, 60, 100},
          1};
}

inline Problem gardner2() {
  return {"gardner2",
          {real("x", 0, 6), real("y", 0, 6)},
          [](const Numbers& x) {
            return Outcome{std::sin(x[0]) + x[1], {std::sin(x[0]) * std::sin(x[1]) + 0.95}};
          },
          0.25323589,
          Mode::values,
          {},
          0,
          {20, 30, 40},
          1};
}

inline Problem gramacy() {
  return {"gramacy_lsq",
          reals(2, 0, 1),
          [](const Numbers& x) {
            return Outcome{
                x[0] + x[1],
                {1.5 - x[0] - 2 * x[1] - 0.5 * std::sin(2 * std::numbers::pi * (x[0] * x[0] - 2 * x[1])),
                 x[0] * x[0] + x[1] * x[1] - 1.5}};
          },
          0.59978805,
          Mode::values,
          {},
          0,
          {20, 40, 60},
          1};
}

inline Problem branin_disk() {
  return {"branin_disk",
          {real("x", -5, 10), real("y", 0, 15)},
          [](const Numbers& x) {
            return Outcome{branin(x[0], x[1]), {std::pow(x[0] - 2.5, 2) + std::pow(x[1] - 7.5, 2) - 50}};
          },
          0.39788736,
          Mode::values,
          {},
          0,
          {20, 40, 60},
          1};
}

inline Problem simionescu() {
  return {"simionescu",
          reals(2, -1.25, 1.25),
          [](const Numbers& x) {
            const double radius = 1 + 0.2 * std::cos(8 * std::atan2(x[0], x[1]));
            return Outcome{0.1 * x[0] * x[1], {x[0] * x[0] + x[1] * x[1] - radius * radius}};
          },
          -0.072,
          Mode::values,
          {},
          0,
          {20, 40, 60},
          1};
}

inline Problem hartmann6_norm() {
  return {"hartmann6_norm",
          reals(6, 0, 1),
          [](const Numbers& x) {
            double squares = 0;
            for (const double v : x) squares += v * v;
            return Outcome{hartmann6(x), {std::sqrt(squares) - 1}};
          },
          -3.322368,
          Mode::values,
          {},
          0,
          {30, 60, 100},
          1};
}

/// `shift` moves the optimum off the origin (methods that like zeros profit otherwise).
inline Problem ackley10(bool shifted) {
  return {shifted ? "ackley10_shifted" : "ackley10_scbo",
          reals(10, -5, 10),
          [shifted](const Numbers& x) {
            Numbers y = x;
            if (shifted)
              for (std::size_t i = 0; i < y.size(); ++i) y[i] -= 0.13 * static_cast<double>(i) - 0.9;
            double sum = 0, squares = 0;
            for (const double v : x) sum += v, squares += v * v;
            return Outcome{ackley(y), {sum, std::sqrt(squares) - 5}};
          },
          0.0,
          Mode::values,
          {},
          0,
          {50, 138, 178},
          4};
}

inline Problem keane() {
  return {"keane_bump_30",
          reals(30, 0, 10),
          [](const Numbers& x) {
            double quartic = 0, product = 1, weighted = 0, log_product = 0, sum = 0;
            for (std::size_t i = 0; i < x.size(); ++i) {
              const double c = std::cos(x[i]) * std::cos(x[i]);
              quartic += c * c;
              product *= c;
              weighted += static_cast<double>(i + 1) * x[i] * x[i];
              log_product += std::log(std::max(x[i], 1e-300));
              sum += x[i];
            }
            return Outcome{-std::abs((quartic - 2 * product) / std::sqrt(std::max(weighted, 1e-300))),
                           {0.75 - std::exp(std::min(log_product, 690.0)), sum - 225}};
          },
          -0.818,
          Mode::values,
          {},
          0,
          {100, 200, 300, 500, 900},
          90};
}

inline Problem gear_train() {
  return {"gear_train",
          {integer("z1", 12, 60), integer("z2", 12, 60), integer("z3", 12, 60), integer("z4", 12, 60)},
          [](const Numbers& x) {
            return Outcome{std::pow(1 / 6.931 - x[0] * x[1] / (x[2] * x[3]), 2), {}};
          },
          2.70086e-12,
          Mode::values,
          {},
          0,
          {20, 50, 100},
          1};
}

inline Problem func2c() {
  const auto term = [](int choice, double a, double b) {
    const double x = 2 * a, y = 2 * b;
    if (choice == 0) return (100 * std::pow(y - x * x, 2) + std::pow(1 - x, 2)) / 300;
    if (choice == 1)
      return ((4 - 2.1 * x * x + x * x * x * x / 3) * x * x + x * y + (-4 + 4 * y * y) * y * y) / 10;
    const double u = x / 2, v = y / 2;
    return (std::pow(1.5 - u + u * v, 2) + std::pow(2.25 - u + u * v * v, 2) +
            std::pow(2.625 - u + u * v * v * v, 2)) /
           50;
  };
  return {"func2c",
          {category("c1", 3), category("c2", 5), real("u1", -1, 1), real("u2", -1, 1)},
          [term](const Numbers& x) {
            return Outcome{
                term(static_cast<int>(x[0]), x[2], x[3]) + term(static_cast<int>(x[1]), x[2], x[3]), {}};
          },
          -0.2063,
          Mode::values,
          {},
          0,
          {20, 50, 100},
          1};
}

inline Problem ackley53(bool flipped) {
  std::vector<Parameter> parameters;
  for (int i = 1; i <= 50; ++i) parameters.push_back(integer("b" + std::to_string(i), 0, 1));
  for (int i = 51; i <= 53; ++i) parameters.push_back(real("x" + std::to_string(i), -1, 1));
  return {flipped ? "ackley53_flipped" : "ackley53",
          parameters,
          [flipped](const Numbers& x) {
            Numbers y = x;
            if (flipped) {
              for (std::size_t i = 0; i < 50; ++i)
                if ((i * 2654435761u) >> 13 & 1u) y[i] = 1 - y[i];
              for (std::size_t i = 50; i < 53; ++i) y[i] -= 0.31;
            }
            return Outcome{ackley(y), {}};
          },
          0.0,
          Mode::values,
          {},
          0,
          {50, 100, 200},
          1};
}

inline Problem labs50() {
  std::vector<Parameter> parameters;
  for (int i = 1; i <= 50; ++i) parameters.push_back(integer("s" + std::to_string(i), 0, 1));
  return {"labs50",
          parameters,
          [](const Numbers& x) {
            double energy = 0;
            for (std::size_t k = 1; k < x.size(); ++k) {
              double sum = 0;
              for (std::size_t i = 0; i + k < x.size(); ++i) sum += (2 * x[i] - 1) * (2 * x[i + k] - 1);
              energy += sum * sum;
            }
            const double n = static_cast<double>(x.size());
            return Outcome{-n * n / (2 * energy), {}};
          },
          -8.17,
          Mode::values,
          {},
          0,
          {50, 100, 200},
          1};
}

/// The stochastic simulator of COMBO with a fixed seed; Beta draws by Johnk's and Cheng's ideas through gamma variates.
inline Problem pest_control() {
  std::vector<Parameter> parameters;
  for (int i = 1; i <= 25; ++i) parameters.push_back(category("c" + std::to_string(i), 5));
  const auto gamma = [](double shape, Random& random) {
    // Marsaglia & Tsang 2000, boosted below shape 1.
    const double boost = shape < 1 ? std::pow(1.0 - random.uniform(), 1 / shape) : 1.0;
    const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3.0, c = 1 / std::sqrt(9 * d);
    for (;;) {
      const double z = random.normal(), v = std::pow(1 + c * z, 3);
      if (v <= 0) continue;
      if (std::log(1.0 - random.uniform()) < 0.5 * z * z + d - d * v + d * std::log(v)) return boost * d * v;
    }
  };
  const auto beta = [gamma](double a, double b, Random& random) {
    const double x = gamma(a, random), y = gamma(b, random);
    return x / (x + y);
  };
  return {"pest_control",
          parameters,
          [beta](const Numbers& x) {
            static constexpr double price[4] = {1, 0.8, 0.7, 0.5}, discount[4] = {0.2, 0.3, 0.3, 0.0};
            static constexpr double growth[4] = {1.0 / 7, 2.5 / 7, 2.0 / 7, 0.5 / 7};
            double strength[4] = {2.0 / 7, 3.0 / 7, 3.0 / 7, 5.0 / 7};
            int used[4] = {0, 0, 0, 0};
            Random random(25, {7});
            std::array<double, 100> pest{};
            for (double& share : pest) share = beta(1, 30, random);
            double total = 0;
            for (std::size_t stage = 0; stage < 25; ++stage) {
              const int k = static_cast<int>(x[stage]) - 1;
              for (double& share : pest) {
                const double spread = beta(1, 17.0 / 3, random);
                if (k >= 0) {
                  const double kill = beta(1, strength[k], random);
                  share = (1 - kill) * share;
                } else {
                  share = spread * (1 - share) + share;
                }
              }
              if (k >= 0) {
                ++used[k];
                strength[k] += growth[k] / 25;
                total += price[k] * (1 - discount[k] / 25 * used[k]);
              }
              int above = 0;
              for (const double share : pest) above += share > 0.1;
              total += above / 100.0;
            }
            return Outcome{total, {}};
          },
          12.0012,
          Mode::values,
          {},
          0,
          {50, 150, 270},
          1};
}

inline Problem mueller02() {
  return {"mueller02_hidden",
          reals(4, -9.42477796, 9.42477796),
          [](const Numbers& x) {
            double sum = 0;
            for (const double v : x) {
              const double a = std::sqrt(std::abs(x[0] - v + 1)), b = std::sqrt(std::abs(x[0] + v + 1));
              sum += v * std::sin(a) * std::cos(b) + (x[0] + 1) * std::sin(b) * std::cos(a);
            }
            return Outcome{std::pow(x[0] - x[1], 2) +
                               std::exp(std::pow(1 - std::sin(x[0]), 2)) * std::cos(x[1]) +
                               std::exp(std::pow(1 - std::cos(x[1]), 2)) * std::sin(x[0]),
                           {sum - 5}};
          },
          -106.7645,
          Mode::passfail,
          {},
          0,
          {30, 60, 100, 200},
          1};
}

inline Problem alimo() {
  return {"alimo_branin_hidden",
          {real("u1", 0, 1), real("u2", 0, 1)},
          [](const Numbers& x) {
            double sum = 2.0 / 12 - 0.25;
            for (const double z : {x[0] + 0.15, 1 - x[1]})
              sum += 0.1 * (4 * std::pow(z - 0.7, 2) - 2 * std::cos(4 * std::numbers::pi * (z - 0.7)));
            return Outcome{branin(15 * x[0] - 5, 15 * x[1]), {sum}};
          },
          0.397887,
          Mode::passfail,
          {},
          0,
          {20, 40, 60},
          1};
}

inline Problem hc_branin() {
  return {"hc_branin_disk",
          {real("u1", 0, 1), real("u2", 0, 1)},
          [](const Numbers& x) {
            return Outcome{branin(15 * x[0] - 5, 15 * x[1]),
                           {std::pow(x[0] - 0.5, 2) + std::pow(x[1] - 0.5, 2) - 0.22}};
          },
          0.397887,
          Mode::passfail,
          {},
          0,
          {20, 40, 60},
          1};
}

/// A tiled matrix product of m x n x k on an accelerator: energy times cycles over tile sizes, array, buffer and loop order.
/// The recorded problem is the first; others are its relatives.
inline Problem tile_edp(double size_m = 256, double size_n = 128, double size_k = 512) {
  const auto powers = [](int low, int high) {
    Numbers values;
    for (int v = low; v <= high; v *= 2) values.push_back(v);
    return values;
  };
  Problem problem;
  problem.name = "tile_edp";
  problem.parameters = {
      ordinal("tm", powers(1, 256)), ordinal("tn", powers(1, 128)),  ordinal("tk", powers(1, 512)),
      ordinal("sm", powers(1, 64)),  ordinal("sn", powers(1, 64)),   ordinal("px", powers(4, 64)),
      ordinal("py", powers(4, 64)),  ordinal("buf", powers(2, 128)), category("ord", 6)};
  problem.evaluate = [=](const Numbers& x) {
    const double tm = x[0], tn = x[1], tk = x[2], sm = x[3], sn = x[4], px = x[5], py = x[6], buf = x[7];
    static constexpr int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};  // M N K
    const double counts[3] = {size_m / tm, size_n / tn, size_k / tk};
    const auto trips = [&](bool m, bool n, bool k) {
      const bool wanted[3] = {m, n, k};
      double product = 1, result = 1;
      for (const int loop : orders[static_cast<std::size_t>(x[8])]) {
        product *= counts[loop];
        if (wanted[loop]) result = product;
      }
      return result;
    };
    const double a = trips(true, false, true) * tm * tk * 2, b = trips(false, true, true) * tk * tn * 2;
    const double c = tm * tn * 4 * (2 * trips(true, true, false) - counts[0] * counts[1]);
    const double dram = a + b + c, macs = size_m * size_n * size_k;
    const double cycles = std::max(macs / (sm * sn), dram / 16);
    const double energy = macs + 100 * dram + (macs / sm + macs / sn) * (1 + 0.25 * std::log2(buf)) +
                          0.05 * cycles * px * py + 0.02 * cycles * buf;
    const auto divides = [](double small, double large) { return std::fmod(large, small) == 0 ? -1.0 : 1.0; };
    return Outcome{std::log10(energy * cycles),
                   {2 * (tm * tk + tk * tn) + 4 * tm * tn - 1024 * buf, px * py + 8 * buf - 384,
                    sm - std::min(px, tm), sn - std::min(py, tn), std::max(divides(sm, tm), divides(sn, tn)),
                    (tm / sm) * (tn / sn) - 16, px * py - 4 * sm * sn}};
  };
  problem.best_known = 13.312356;
  problem.mode = Mode::known;
  problem.known = {"2 * (tm * tk + tk * tn) + 4 * tm * tn <= 1024 * buf",
                   "px * py + 8 * buf <= 384",
                   "sm <= min(px, tm)",
                   "sn <= min(py, tn)",
                   "tm % sm == 0",
                   "tn % sn == 0",
                   "(tm / sm) * (tn / sn) <= 16",
                   "4 * sm * sn >= px * py"};
  problem.partly_known = 2;
  problem.budgets = {20, 30, 35, 40, 60, 100};
  return problem;
}

// Problems beyond the recorded ones, so that nothing is tuned to those.

inline Problem welded_beam() {
  return {"welded_beam",
          {real("h", 0.1, 2), real("l", 0.1, 10), real("t", 0.1, 10), real("b", 0.1, 2)},
          [](const Numbers& x) {
            const double h = x[0], l = x[1], t = x[2], b = x[3], p = 6000, e = 30e6, g = 12e6, length = 14;
            const double m = p * (length + l / 2), r = std::sqrt(l * l / 4 + std::pow((h + t) / 2, 2));
            const double j = 2 * std::sqrt(2.0) * h * l * (l * l / 12 + std::pow((h + t) / 2, 2));
            const double t1 = p / (std::sqrt(2.0) * h * l), t2 = m * r / j;
            const double tau = std::sqrt(t1 * t1 + t1 * t2 * l / r + t2 * t2),
                         sigma = 6 * p * length / (b * t * t);
            const double delta = 4 * p * length * length * length / (e * t * t * t * b);
            const double pc = 4.013 * e * std::sqrt(t * t * std::pow(b, 6) / 36) / (length * length) *
                              (1 - t / (2 * length) * std::sqrt(e / (4 * g)));
            return Outcome{
                1.10471 * h * h * l + 0.04811 * t * b * (14 + l),
                {tau - 13600, sigma - 30000, h - b, 0.10471 * h * h + 0.04811 * t * b * (14 + l) - 5,
                 0.125 - h, delta - 0.25, p - pc}};
          },
          1.72485,
          Mode::values,
          {},
          0,
          {30, 60, 100},
          1};
}

inline Problem speed_reducer() {
  return {
      "speed_reducer",
      {real("b", 2.6, 3.6), real("m", 0.7, 0.8), integer("z", 17, 28), real("l1", 7.3, 8.3),
       real("l2", 7.3, 8.3), real("d1", 2.9, 3.9), real("d2", 5, 5.5)},
      [](const Numbers& x) {
        const double b = x[0], m = x[1], z = x[2], l1 = x[3], l2 = x[4], d1 = x[5], d2 = x[6];
        return Outcome{
            0.7854 * b * m * m * (3.3333 * z * z + 14.9334 * z - 43.0934) - 1.508 * b * (d1 * d1 + d2 * d2) +
                7.4777 * (d1 * d1 * d1 + d2 * d2 * d2) + 0.7854 * (l1 * d1 * d1 + l2 * d2 * d2),
            {27 / (b * m * m * z) - 1, 397.5 / (b * m * m * z * z) - 1,
             1.93 * l1 * l1 * l1 / (m * z * std::pow(d1, 4)) - 1,
             1.93 * l2 * l2 * l2 / (m * z * std::pow(d2, 4)) - 1,
             std::sqrt(std::pow(745 * l1 / (m * z), 2) + 16.9e6) / (110 * d1 * d1 * d1) - 1,
             std::sqrt(std::pow(745 * l2 / (m * z), 2) + 157.5e6) / (85 * d2 * d2 * d2) - 1, m * z / 40 - 1,
             5 * m / b - 1, b / (12 * m) - 1, (1.5 * d1 + 1.9) / l1 - 1, (1.1 * d2 + 1.9) / l2 - 1}};
      },
      2994.4,
      Mode::values,
      {},
      0,
      {30, 60, 100},
      1};
}

inline Problem rosenbrock_disk() {
  return {"rosenbrock_disk_hidden",
          reals(3, -1.5, 1.5),
          [](const Numbers& x) {
            double f = 0, squares = 0;
            for (std::size_t i = 0; i < 2; ++i)
              f += 100 * std::pow(x[i + 1] - x[i] * x[i], 2) + std::pow(1 - x[i], 2);
            for (const double v : x) squares += v * v;
            return Outcome{f, {squares - 3.1}};
          },
          0.0,
          Mode::passfail,
          {},
          0,
          {30, 60, 100},
          1};
}

inline Problem g8() {
  return {"g8",
          reals(2, 0, 10),
          [](const Numbers& x) {
            const double a = std::max(x[0], 1e-6), pi = std::numbers::pi;
            return Outcome{
                -std::pow(std::sin(2 * pi * a), 3) * std::sin(2 * pi * x[1]) / (a * a * a * (a + x[1])),
                {a * a - x[1] + 1, 1 - a + std::pow(x[1] - 4, 2)}};
          },
          -0.095825,
          Mode::values,
          {},
          0,
          {20, 40, 60},
          1};
}

inline std::vector<Problem> all() {
  return {
      pressure_vessel(), spring(),        gardner2(),     gramacy(),       branin_disk(),     simionescu(),
      hartmann6_norm(),  ackley10(false), ackley10(true), keane(),         gear_train(),      func2c(),
      ackley53(false),   ackley53(true),  labs50(),       pest_control(),  mueller02(),       alimo(),
      hc_branin(),       tile_edp(),      welded_beam(),  speed_reducer(), rosenbrock_disk(), g8()};
}

}  // namespace problems
