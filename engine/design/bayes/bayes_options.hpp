// The options of the Bayesian designer, each with its default and why.
#pragma once

#include <map>
#include <string>

namespace dovetail {

/// Read from name=value texts; unknown names and impossible values throw std::invalid_argument naming what is known.
struct BayesOptions {
  int initial = 0;      ///< points before the first model; 0: 3 + 5/4 per length scale, 4 to 20; from `many`
                        ///< on one per length scale, up to 20
  bool central = true;  ///< start at the middle of the ranges, and prefer it every second time while all fails: where
                        ///< next to nothing
  ///< is feasible, extremes are not
  std::string kernel = "auto";  ///< matern52, squared_exponential, linear, additive, product, linear_noise
                                ///< (point_features.hpp); auto: matern52,
  ///< from `many` length scales its sum with main effects: additive if all are of real numbers, else linear
  std::string transform = "auto";  ///< of the objective: auto, none, log, power
  bool warp = false;               ///< Kumaraswamy warping of ordered inputs (up to 15): more to learn, seldom worth it
  std::string acquisition =
      "auto";  ///< ei (log EI, with two objectives log EHVI), lcb, thompson (sample paths), mixed (in turn ei and
  ///< thompson); auto: ei; from `many` length scales thompson if all are of real numbers, else mixed
  double lambda = 1.0;                 ///< of lcb (Shi et al. 2020)
  std::string classifier = "process";  ///< of failures: process (Gaussian, Laplace), trees (boosted; no gradients), off
  double threshold = 0.3;              ///< smallest probability of feasibility that a suggestion may have
  bool violation = true;               ///< without a feasible point, two of three times the least predicted violation
  std::string trust = "auto";  ///< trust region: auto (always from `many` length scales, else when stuck), on, off;
                               ///< with few length scales `on` is finer on one valley but never leaves the wrong one
  bool neighbours = true;  ///< climb over feasible neighbours
  bool gradient = true;    ///< finish on real coordinates with L-BFGS
  int samples = 400;       ///< feasible points drawn per suggestion
  int starts = 6;          ///< climbs per suggestion
  int exact = 2000;        ///< largest exact Gaussian process

  static constexpr int many = 10;
  /// With the choices `auto` of kernel and acquisition made for this number of length scales. A prior mean already
  /// knows the main effects that many length scales cannot be learned without: with one the choices are those for few.
  BayesOptions settled(int dimension, bool only_real, bool with_prior) const;

  static BayesOptions read(const std::map<std::string, std::string>& options);
  static std::string help();
};

}  // namespace dovetail
