// Outcomes as simulators really give them: penalties, clamps, plateaus, ties, wild scales, thin edges, noise.
#pragma once

#include "problem.hpp"

namespace problems {

/// A valley with a touch of a slope beside it; least value 0 at `centre` in every coordinate.
inline double valley(const Numbers& x, double centre) {
  double sum = 0.0;
  for (std::size_t j = 0; j < x.size(); ++j)
    sum += (1.0 + static_cast<double>(j)) * std::pow(x[j] - centre - 0.07 * static_cast<double>(j), 2);
  return sum;
}

inline Problem rough(std::string name, int dimension, std::function<double(const Numbers&)> value, double best) {
  return {std::move(name),
          reals(dimension, 0, 1),
          [value = std::move(value)](const Numbers& x) {
            return Outcome{value(x), {}};
          },
          best,
          Mode::values,
          {},
          0,
          {20, 40},
          1};
}

/// A huge value wherever the simulator cannot run.
inline Problem penalty_region() {
  return rough(
      "penalty_region", 2, [](const Numbers& x) { return x[0] > 0.6 ? 1e6 : valley(x, 0.3); }, 0.0);
}
inline Problem penalty_most() {
  return rough(
      "penalty_most", 2, [](const Numbers& x) { return std::abs(x[0] - x[1]) > 0.2 ? 1e300 : valley(x, 0.3); }, 0.0);
}
/// One outcome in twelve is a huge value, anywhere: the digits of a coordinate decide.
inline Problem penalty_rare() {
  return rough(
      "penalty_rare", 2, [](const Numbers& x) { return std::fmod(x[0] * 1e4, 1.0) < 1.0 / 12 ? 1e6 : valley(x, 0.3); },
      0.0);
}
inline Problem clamped() {
  return rough(
      "clamped", 2, [](const Numbers& x) { return std::min(1e10, 1e12 * valley(x, 0.31) + 1); }, 1.0);
}
/// Nothing to learn on nine tenths of the space.
inline Problem plateau() {
  return rough(
      "plateau", 2, [](const Numbers& x) { return std::min(0.08, valley(x, 0.7)); }, 0.0);
}
inline Problem ties() {
  return rough(
      "ties", 3, [](const Numbers& x) { return std::ceil(20 * valley(x, 0.4)); }, 0.0);
}
inline Problem tiny_scale() {
  return rough(
      "tiny_scale", 2, [](const Numbers& x) { return 1e-300 * (valley(x, 0.3) + 1e-6); }, 1e-306);
}
inline Problem huge_scale() {
  return rough(
      "huge_scale", 2, [](const Numbers& x) { return 1e300 * (valley(x, 0.3) - 0.5); }, -5e299);
}
inline Problem all_scales() {
  return rough(
      "all_scales", 2, [](const Numbers& x) { return std::pow(10.0, 600 * valley(x, 0.3) / 3.5 - 300); }, 1e-300);
}
inline Problem noisy() {
  return rough(
      "noisy", 2, [](const Numbers& x) { return valley(x, 0.3) + 0.01 * std::sin(1e6 * (x[0] + 1.7 * x[1])); }, -0.01);
}

/// The best point is on the edge of a band that takes a few percent of the space and fails without a value beside it.
inline Problem thin_band() {
  return {"thin_band_hidden",
          reals(2, 0, 1),
          [](const Numbers& x) {
            return Outcome{std::pow(x[0] - 0.9, 2) + std::pow(x[1] - 0.1, 2),
                           {std::abs(x[1] - 0.35 - 0.3 * std::sin(3 * x[0])) - 0.03}};
          },
          0.0788202,
          Mode::passfail,
          {},
          0,
          {30, 60},
          1};
}
inline Problem thin_ridge() {
  return {"thin_ridge_hidden",
          reals(3, 0, 1),
          [](const Numbers& x) {
            return Outcome{x[0] + x[1] + 0.5 * x[2], {std::abs(x[0] * x[1] - 0.12) - 0.02, 0.2 - x[2]}};
          },
          0.73246,
          Mode::passfail,
          {},
          0,
          {30, 60},
          1};
}

/// A slab across all coordinates.
inline Problem thin_slab() {
  return {"thin_slab_hidden",
          reals(3, 0, 1),
          [](const Numbers& x) {
            return Outcome{std::pow(x[0] - 0.3, 2) + std::pow(x[1] - 0.9, 2) + std::pow(x[2] - 0.2, 2),
                           {std::abs(x[0] + 2 * x[1] - 1.5 * x[2] - 0.5) - 0.08}};
          },
          1.22 * 1.22 / 7.25,
          Mode::passfail,
          {},
          0,
          {40, 80},
          1};
}
inline Problem thin_hyperbola() {
  return {"thin_hyperbola_hidden",
          reals(2, 0, 1),
          [](const Numbers& x) {
            return Outcome{x[0] + 2 * x[1] - 0.5, {std::abs(x[0] * x[1] - 0.1) - 0.01}};
          },
          2 * std::sqrt(0.18) - 0.5,
          Mode::passfail,
          {},
          0,
          {30, 60},
          1};
}

inline std::vector<Problem> rough_problems() {
  return {penalty_region(), penalty_most(), penalty_rare(), clamped(),   plateau(),    ties(),      tiny_scale(),
          huge_scale(),     all_scales(),   noisy(),        thin_band(), thin_ridge(), thin_slab(), thin_hyperbola()};
}

}  // namespace problems
