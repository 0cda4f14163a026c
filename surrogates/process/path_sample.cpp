// Random features of sums of products, and their correction by the data.
#include <dovetail/surrogates/process/path_sample.hpp>

#include <cmath>
#include <numbers>
#include <stdexcept>

#include "gaussian_process_state.h"
#include "kernel_matrix.h"

namespace dovetail {

using dense::Dense;
using dense::Vector;

namespace {

// Cosines of angles to about 1e-13 (1e-12 at thousands of turns), several at once: cos(2 pi t) = sin(a) with a = 2 pi
// (1/4 - |t|), t the angle's part of a turn, and the sine's series to a^17.
void take_cosines(Dense& angles) {
  Eigen::ArrayXd a, s;
  for (Eigen::Index j = 0; j < angles.cols(); ++j) {
    auto column = angles.col(j).array();
    column *= 0.5 / std::numbers::pi;
    a = 2.0 * std::numbers::pi * (0.25 - (column - column.rint()).abs());
    s = a.square();
    column = 1.0;
    for (int k = 16; k > 0; k -= 2) column = 1.0 - s * (column * (1.0 / (k * (k + 1))));
    column *= a;
  }
}

// Whether a term is one inner product alone.
bool is_linear(const KernelTerm& term) {
  return term.factors.size() == 1 && !dense::stationary(term.factors.front().shape);
}

}  // namespace

struct PathSample::State {
  GaussianProcessModel model;
  std::vector<double> parameters;
  // feature i of a term: weight_i cos(frequency_i' x + phase_i) prod over its inner products of (own_i + slope_i' b), b
  // the factor's scaled columns of x
  struct Inner {
    const KernelFactor* factor;
    Vector inverse_scale, own;
    Dense slope;  // features x rows of b
  };
  struct Term {
    Dense frequency;  // features x d
    Vector phase, weight;
    std::vector<Inner> inner;
  };
  // A linear term is own + slope' b, and stays so given data: no features, nothing lost.
  struct Linear {
    const KernelFactor* factor;
    double variance = 1.0;
    Vector inverse_scale;
    double own = 0.0;
    Vector slope;
  };
  std::vector<Term> terms;
  std::vector<Linear> linear;
  Kernel rest;  // of `terms`
  std::vector<double> rest_parameters;
  Dense inputs;
  Vector correction;
  double mean = 0.0;

  Vector prior(const Dense& points) const {
    Vector result = Vector::Zero(points.cols());
    for (const Term& term : terms) {
      Dense value = (term.frequency * points).colwise() + term.phase;
      take_cosines(value);
      for (const Inner& inner : term.inner)
        value.array() *=
            ((inner.slope * dense::scaled_columns(*inner.factor, inner.inverse_scale, points)).colwise() + inner.own)
                .array();
      result += value.transpose() * term.weight;
    }
    for (const Linear& term : linear)
      result.array() +=
          (dense::scaled_columns(*term.factor, term.inverse_scale, points).transpose() * term.slope).array() + term.own;
    return result;
  }

  // Conditions on data: linear terms move by what they covary with it, the others keep their covariances.
  void correct(Vector weights) {
    for (Linear& term : linear) {
      term.own += term.variance * weights.sum();
      term.slope += term.variance * (dense::scaled_columns(*term.factor, term.inverse_scale, inputs) * weights);
    }
    correction = std::move(weights);
  }
};

std::size_t PathSample::count(const GaussianProcess& process, int features) {
  std::size_t per_feature = 0, alone = 0;
  for (const KernelTerm& term : process.model().kernel.terms) {
    if (is_linear(term)) {
      const KernelFactor& factor = term.factors.front();
      alone += 1 + factor.columns.size() * static_cast<std::size_t>(dense::rows_per_column(factor.shape));
      continue;
    }
    per_feature += 2;  // phase (uniform) and weight
    for (const KernelFactor& factor : term.factors)
      per_feature += factor.columns.size() * static_cast<std::size_t>(dense::rows_per_column(factor.shape)) + 5;
  }
  return per_feature * static_cast<std::size_t>(features) + alone + process.size();
}

PathSample::PathSample(const GaussianProcess& process, int features, std::span<const double> normals,
                       std::span<const double> uniforms)
    : state_(std::make_unique<State>()) {
  const std::size_t needed = count(process, features);
  if (normals.size() < needed || uniforms.size() < needed)
    throw std::invalid_argument("a sample path needs more random numbers");
  const GaussianProcess::State& gp = *process.state_;
  State& s = *state_;
  s.model = gp.model;
  s.parameters = gp.parameters;
  s.inputs = gp.used_inputs();
  s.mean = gp.mean;
  std::size_t next_normal = 0, next_uniform = 0, parameter = 0;
  const auto normal = [&] { return normals[next_normal++]; };
  const Eigen::Index d = s.inputs.rows(), m = features;
  for (const KernelTerm& term : s.model.kernel.terms) {
    const std::size_t first = parameter;
    const double variance = std::exp(s.parameters[parameter++]);
    if (is_linear(term)) {
      const KernelFactor& factor = term.factors.front();
      State::Linear mine{
          &factor, variance, dense::inverse_length_scales(factor, s.parameters, static_cast<int>(parameter)), 0.0, {}};
      parameter += static_cast<std::size_t>(factor.group_count());
      mine.own = std::sqrt(variance) * normal();
      mine.slope.resize(mine.inverse_scale.size() * dense::rows_per_column(factor.shape));
      for (double& slope : mine.slope) slope = std::sqrt(variance) * normal();
      s.linear.push_back(std::move(mine));
      continue;
    }
    State::Term mine{Dense::Zero(m, d), Vector::Zero(m), Vector(m), {}};
    bool waves = false;
    for (const KernelFactor& factor : term.factors) {
      const Vector inverse_scale = dense::inverse_length_scales(factor, s.parameters, static_cast<int>(parameter));
      parameter += static_cast<std::size_t>(factor.group_count());
      if (!dense::stationary(factor.shape)) {
        State::Inner inner{&factor, inverse_scale, Vector(m), {}};
        inner.slope.resize(m, inverse_scale.size() * dense::rows_per_column(factor.shape));
        for (Eigen::Index i = 0; i < m; ++i) {
          inner.own[i] = normal();
          for (Eigen::Index r = 0; r < inner.slope.cols(); ++r) inner.slope(i, r) = normal();
        }
        mine.inner.push_back(std::move(inner));
        continue;
      }
      waves = true;
      for (Eigen::Index i = 0; i < m; ++i) {
        double stretch = 1.0;
        if (factor.shape == Shape::matern52) {  // its spectrum is Student's t with 5 degrees of freedom
          double squares = 0.0;
          for (int k = 0; k < 5; ++k) squares += std::pow(normal(), 2);
          stretch = std::sqrt(5.0 / squares);
        }
        for (std::size_t c = 0; c < factor.columns.size(); ++c)
          mine.frequency(i, factor.columns[c]) += stretch * normal() * inverse_scale[static_cast<Eigen::Index>(c)];
      }
    }
    // cos averages to 1/2 in the square; a term without waves is constant and needs no phase.
    for (Eigen::Index i = 0; i < m; ++i) {
      mine.phase[i] = waves ? 2.0 * std::numbers::pi * uniforms[next_uniform++] : 0.0;
      mine.weight[i] = normal() * std::sqrt((waves ? 2.0 : 1.0) * variance / static_cast<double>(m));
    }
    s.terms.push_back(std::move(mine));
    s.rest.terms.push_back(term);
    s.rest_parameters.insert(s.rest_parameters.end(), s.parameters.begin() + static_cast<std::ptrdiff_t>(first),
                             s.parameters.begin() + static_cast<std::ptrdiff_t>(parameter));
  }
  Vector residual = gp.centred - s.prior(s.inputs);
  for (Eigen::Index i = 0; i < residual.size(); ++i) residual[i] -= normal() * std::sqrt(gp.noise + gp.jitter);
  residual = gp.used_factor().triangularView<Eigen::Lower>() * residual;
  s.correct(gp.used_factor().transpose().triangularView<Eigen::Upper>() * residual);
}

PathSample::~PathSample() = default;
PathSample::PathSample(PathSample&&) noexcept = default;
PathSample& PathSample::operator=(PathSample&&) noexcept = default;

std::vector<double> PathSample::operator()(const Matrix& points) const {
  const State& s = *state_;
  Dense warped = dense::columns_of(points);
  dense::warp(s.model, s.parameters, warped, nullptr);
  const Vector value = (s.prior(warped) +
                        dense::cross_covariance(s.rest, s.rest_parameters, s.inputs, warped).transpose() * s.correction)
                           .array() +
                       s.mean;
  return {value.begin(), value.end()};
}

}  // namespace dovetail
