// Machine parts: few variables, some whole, and constraints that leave little room.
#pragma once

#include "problem.hpp"

namespace problems {

inline Problem pressure_vessel() {
  return {"pressure_vessel_mixed",
          {integer("i1", 1, 80), integer("i2", 1, 80), real("R", 10, 200), real("L", 10, 200)},
          [](const Numbers& x) {
            const double ts = 0.0625 * x[0], th = 0.0625 * x[1], r = x[2], l = x[3], pi = std::numbers::pi;
            return Outcome{0.6224 * ts * r * l + 1.7781 * th * r * r + 3.1661 * ts * ts * l + 19.84 * ts * ts * r,
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

inline Problem welded_beam() {
  return {"welded_beam",
          {real("h", 0.1, 2), real("l", 0.1, 10), real("t", 0.1, 10), real("b", 0.1, 2)},
          [](const Numbers& x) {
            const double h = x[0], l = x[1], t = x[2], b = x[3], p = 6000, e = 30e6, g = 12e6, length = 14;
            const double m = p * (length + l / 2), r = std::sqrt(l * l / 4 + std::pow((h + t) / 2, 2));
            const double j = 2 * std::sqrt(2.0) * h * l * (l * l / 12 + std::pow((h + t) / 2, 2));
            const double t1 = p / (std::sqrt(2.0) * h * l), t2 = m * r / j;
            const double tau = std::sqrt(t1 * t1 + t1 * t2 * l / r + t2 * t2), sigma = 6 * p * length / (b * t * t);
            const double delta = 4 * p * length * length * length / (e * t * t * t * b);
            const double pc = 4.013 * e * std::sqrt(t * t * std::pow(b, 6) / 36) / (length * length) *
                              (1 - t / (2 * length) * std::sqrt(e / (4 * g)));
            return Outcome{1.10471 * h * h * l + 0.04811 * t * b * (14 + l),
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
      {real("b", 2.6, 3.6), real("m", 0.7, 0.8), integer("z", 17, 28), real("l1", 7.3, 8.3), real("l2", 7.3, 8.3),
       real("d1", 2.9, 3.9), real("d2", 5, 5.5)},
      [](const Numbers& x) {
        const double b = x[0], m = x[1], z = x[2], l1 = x[3], l2 = x[4], d1 = x[5], d2 = x[6];
        return Outcome{
            0.7854 * b * m * m * (3.3333 * z * z + 14.9334 * z - 43.0934) - 1.508 * b * (d1 * d1 + d2 * d2) +
                7.4777 * (d1 * d1 * d1 + d2 * d2 * d2) + 0.7854 * (l1 * d1 * d1 + l2 * d2 * d2),
            {27 / (b * m * m * z) - 1, 397.5 / (b * m * m * z * z) - 1,
             1.93 * l1 * l1 * l1 / (m * z * std::pow(d1, 4)) - 1, 1.93 * l2 * l2 * l2 / (m * z * std::pow(d2, 4)) - 1,
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

}  // namespace problems
