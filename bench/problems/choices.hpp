// Many bits or categories: functions of mostly unordered choices.
#pragma once

#include "smooth.hpp"

namespace problems {

inline Problem func2c() {
  const auto term = [](int choice, double a, double b) {
    const double x = 2 * a, y = 2 * b;
    if (choice == 0) return (100 * std::pow(y - x * x, 2) + std::pow(1 - x, 2)) / 300;
    if (choice == 1) return ((4 - 2.1 * x * x + x * x * x * x / 3) * x * x + x * y + (-4 + 4 * y * y) * y * y) / 10;
    const double u = x / 2, v = y / 2;
    return (std::pow(1.5 - u + u * v, 2) + std::pow(2.25 - u + u * v * v, 2) + std::pow(2.625 - u + u * v * v * v, 2)) /
           50;
  };
  return {"func2c",
          {category("c1", 3), category("c2", 5), real("u1", -1, 1), real("u2", -1, 1)},
          [term](const Numbers& x) {
            return Outcome{term(static_cast<int>(x[0]), x[2], x[3]) + term(static_cast<int>(x[1]), x[2], x[3]), {}};
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

/// The stochastic simulator of COMBO with a fixed seed. The discount is for all uses, and pests are counted before a
/// stage's action: only so is COMBO's figure possible (24 stages of the third pesticide, none at last, 4 % of paths at
/// first). Beta draws by Johnk's and Cheng's ideas through gamma variates. Relabelled: the choices of each stage are
/// numbered otherwise, so that equal ones mean nothing.
inline Problem pest_control(bool relabelled = false) {
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
  return {relabelled ? "pest_control_relabelled" : "pest_control",
          parameters,
          [beta, relabelled](const Numbers& labels) {
            Numbers x = labels;
            if (relabelled)
              for (std::size_t i = 0; i < x.size(); ++i)
                x[i] = static_cast<double>((static_cast<std::size_t>(x[i]) + (i * 2654435761u >> 13)) % 5);
            static constexpr double price[4] = {1, 0.8, 0.7, 0.5}, discount[4] = {0.2, 0.3, 0.3, 0.0};
            static constexpr double growth[4] = {1.0 / 7, 2.5 / 7, 2.0 / 7, 0.5 / 7};
            double strength[4] = {2.0 / 7, 3.0 / 7, 3.0 / 7, 5.0 / 7};
            int used[4] = {0, 0, 0, 0};  // over all stages: the discount is for bulk
            for (const double choice : x)
              if (choice > 0) ++used[static_cast<std::size_t>(choice) - 1];
            Random random(25, {7});
            std::array<double, 100> pest{};
            for (double& share : pest) share = beta(1, 30, random);
            double total = 0;
            for (std::size_t stage = 0; stage < 25; ++stage) {
              const int k = static_cast<int>(x[stage]) - 1;
              int above = 0;
              for (const double share : pest) above += share > 0.1;
              total += above / 100.0;
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
                strength[k] += growth[k] / 25;
                total += price[k] * (1 - discount[k] / 25 * used[k]);
              }
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

}  // namespace problems
