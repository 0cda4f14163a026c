// Functions of real variables with measured or hidden constraints: two to thirty dimensions.
#pragma once

#include "problem.hpp"

namespace problems {

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
  static constexpr double a[4][6] = {
      {10, 3, 17, 3.5, 1.7, 8}, {0.05, 10, 17, 0.1, 8, 14}, {3, 3.5, 1.7, 10, 17, 8}, {17, 8, 0.05, 10, 0.1, 14}};
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
            return Outcome{x[0] + x[1],
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

inline Problem mueller02() {
  return {"mueller02_hidden",
          reals(4, -9.42477796, 9.42477796),
          [](const Numbers& x) {
            double sum = 0;
            for (const double v : x) {
              const double a = std::sqrt(std::abs(x[0] - v + 1)), b = std::sqrt(std::abs(x[0] + v + 1));
              sum += v * std::sin(a) * std::cos(b) + (x[0] + 1) * std::sin(b) * std::cos(a);
            }
            return Outcome{std::pow(x[0] - x[1], 2) + std::exp(std::pow(1 - std::sin(x[0]), 2)) * std::cos(x[1]) +
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
  return {
      "hc_branin_disk",
      {real("u1", 0, 1), real("u2", 0, 1)},
      [](const Numbers& x) {
        return Outcome{branin(15 * x[0] - 5, 15 * x[1]), {std::pow(x[0] - 0.5, 2) + std::pow(x[1] - 0.5, 2) - 0.22}};
      },
      0.397887,
      Mode::passfail,
      {},
      0,
      {20, 40, 60},
      1};
}

inline Problem rosenbrock_disk() {
  return {"rosenbrock_disk_hidden",
          reals(3, -1.5, 1.5),
          [](const Numbers& x) {
            double f = 0, squares = 0;
            for (std::size_t i = 0; i < 2; ++i) f += 100 * std::pow(x[i + 1] - x[i] * x[i], 2) + std::pow(1 - x[i], 2);
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
            return Outcome{-std::pow(std::sin(2 * pi * a), 3) * std::sin(2 * pi * x[1]) / (a * a * a * (a + x[1])),
                           {a * a - x[1] + 1, 1 - a + std::pow(x[1] - 4, 2)}};
          },
          -0.095825,
          Mode::values,
          {},
          0,
          {20, 40, 60},
          1};
}

}  // namespace problems
