// Forward and backward passes of the controller.
#include <dovetail/engine/design/baselines/lstm_policy.hpp>

#include <cmath>

#include <Eigen/Dense>

namespace dovetail {
namespace {

using Vector = Eigen::VectorXd;
using Gradient = Eigen::MatrixXd;
using Weights = Eigen::Map<const Gradient>;

Vector sigmoid(const Vector& x) {
  return (1.0 + (-x.array()).exp()).inverse().matrix();
}

Vector log_softmax(const Vector& logits) {
  const double top = logits.maxCoeff();
  return (logits.array() - (top + std::log((logits.array() - top).exp().sum()))).matrix();
}

// What one step computed, for the way back.
struct StepState {
  Vector input, hidden_before, cell_before, in, forget, candidate, out, cell, hidden, log_probabilities;
};

}  // namespace

struct LstmPolicy::Impl {
  std::vector<int> choices;
  int units = 0;
  // Offsets into one vector: gates = [input, hidden] -> 4 units (in, forget, candidate, out) and their biases; per step
  // a head; per step but the last an embedding of its choice; the first input.
  Eigen::Index gates_input = 0, gates_hidden = 0, gates_bias = 0, first_input = 0;
  std::vector<Eigen::Index> head, head_bias, embedding;
  Vector theta, mean, square;
  std::int64_t steps = 0;

  Impl(std::vector<int> counts, int hidden, std::uint64_t seed) : choices(std::move(counts)), units(hidden) {
    Eigen::Index size = 0;
    const auto take = [&](Eigen::Index count) {
      const Eigen::Index at = size;
      size += count;
      return at;
    };
    gates_input = take(4L * units * units);
    gates_hidden = take(4L * units * units);
    gates_bias = take(4L * units);
    first_input = take(units);
    for (const int count : choices) {
      head.push_back(take(static_cast<Eigen::Index>(count) * units));
      head_bias.push_back(take(count));
      embedding.push_back(take(static_cast<Eigen::Index>(count) * units));
    }
    theta = Vector::Zero(size);
    Random random(seed, {0x6c73746d});
    for (Eigen::Index i = 0; i < size; ++i) theta[i] = random.uniform(-0.1, 0.1);
    mean = square = Vector::Zero(size);
  }

  Weights matrix(Eigen::Index at, Eigen::Index rows, Eigen::Index columns) const {
    return {theta.data() + at, rows, columns};
  }

  StepState step(std::size_t t, const Vector& input, const Vector& hidden, const Vector& cell) const {
    StepState s;
    s.input = input;
    s.hidden_before = hidden;
    s.cell_before = cell;
    const Vector gates = matrix(gates_input, 4L * units, units) * input +
                         matrix(gates_hidden, 4L * units, units) * hidden + theta.segment(gates_bias, 4L * units);
    s.in = sigmoid(gates.segment(0, units));
    s.forget = sigmoid(gates.segment(units, units));
    s.candidate = gates.segment(2L * units, units).array().tanh().matrix();
    s.out = sigmoid(gates.segment(3L * units, units));
    s.cell = s.forget.cwiseProduct(cell) + s.in.cwiseProduct(s.candidate);
    s.hidden = s.out.cwiseProduct(s.cell.array().tanh().matrix());
    s.log_probabilities =
        log_softmax(matrix(head[t], choices[t], units) * s.hidden + theta.segment(head_bias[t], choices[t]));
    return s;
  }

  Vector input_of(std::size_t t, int choice_before) const {
    if (t == 0) return theta.segment(first_input, units);
    return theta.segment(embedding[t - 1] + static_cast<Eigen::Index>(choice_before) * units, units);
  }

  // Choices by `choose(t, log probabilities)`.
  template <typename Choose>
  std::vector<StepState> forward(const Choose& choose) const {
    std::vector<StepState> states;
    Vector hidden = Vector::Zero(units), cell = Vector::Zero(units);
    int before = 0;
    for (std::size_t t = 0; t < choices.size(); ++t) {
      states.push_back(step(t, input_of(t, before), hidden, cell));
      hidden = states.back().hidden;
      cell = states.back().cell;
      before = choose(t, states.back().log_probabilities);
    }
    return states;
  }

  // d log p(sequence) / d theta, times `weight`, added to `gradient`.
  void backward(const std::vector<int>& sequence, double weight, Vector& gradient) const {
    const auto states = forward([&](std::size_t t, const Vector&) { return sequence[t]; });
    Vector d_hidden = Vector::Zero(units), d_cell = Vector::Zero(units);
    for (std::size_t t = choices.size(); t-- > 0;) {
      const StepState& s = states[t];
      Vector d_logits = -weight * s.log_probabilities.array().exp().matrix();
      d_logits[sequence[t]] += weight;
      Eigen::Map<Gradient>(gradient.data() + head[t], choices[t], units) += d_logits * s.hidden.transpose();
      gradient.segment(head_bias[t], choices[t]) += d_logits;
      d_hidden += matrix(head[t], choices[t], units).transpose() * d_logits;
      const Vector squashed = s.cell.array().tanh().matrix();
      d_cell += d_hidden.cwiseProduct(s.out).cwiseProduct((1.0 - squashed.array().square()).matrix());
      Vector d_gates(4L * units);
      d_gates.segment(0, units) = d_cell.array() * s.candidate.array() * s.in.array() * (1.0 - s.in.array());
      d_gates.segment(units, units) =
          d_cell.array() * s.cell_before.array() * s.forget.array() * (1.0 - s.forget.array());
      d_gates.segment(2L * units, units) = d_cell.array() * s.in.array() * (1.0 - s.candidate.array().square());
      d_gates.segment(3L * units, units) = d_hidden.array() * squashed.array() * s.out.array() * (1.0 - s.out.array());
      Eigen::Map<Gradient>(gradient.data() + gates_input, 4L * units, units) += d_gates * s.input.transpose();
      Eigen::Map<Gradient>(gradient.data() + gates_hidden, 4L * units, units) += d_gates * s.hidden_before.transpose();
      gradient.segment(gates_bias, 4L * units) += d_gates;
      const Vector d_input = matrix(gates_input, 4L * units, units).transpose() * d_gates;
      gradient.segment(t == 0 ? first_input : embedding[t - 1] + static_cast<Eigen::Index>(sequence[t - 1]) * units,
                       units) += d_input;
      d_hidden = matrix(gates_hidden, 4L * units, units).transpose() * d_gates;
      d_cell = d_cell.cwiseProduct(s.forget);
    }
  }
};

LstmPolicy::LstmPolicy(std::vector<int> choices, int units, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(std::move(choices), units, seed)) {}
LstmPolicy::~LstmPolicy() = default;
LstmPolicy::LstmPolicy(LstmPolicy&&) noexcept = default;

std::vector<int> LstmPolicy::sample(Random& random) const {
  std::vector<int> sequence;
  impl_->forward([&](std::size_t, const Vector& log_probabilities) {
    double left = random.uniform();
    int choice = 0;
    const int last = static_cast<int>(log_probabilities.size()) - 1;
    while (choice < last && (left -= std::exp(log_probabilities[choice])) >= 0.0) ++choice;
    sequence.push_back(choice);
    return choice;
  });
  return sequence;
}

double LstmPolicy::log_probability(const std::vector<int>& sequence) const {
  double sum = 0.0;
  impl_->forward([&](std::size_t t, const Vector& log_probabilities) {
    sum += log_probabilities[sequence[t]];
    return sequence[t];
  });
  return sum;
}

void LstmPolicy::ascend(const std::vector<std::vector<int>>& sequences, const std::vector<double>& weights,
                        double rate) {
  Impl& p = *impl_;
  Vector gradient = Vector::Zero(p.theta.size());
  for (std::size_t i = 0; i < sequences.size(); ++i) p.backward(sequences[i], weights[i], gradient);
  constexpr double first = 0.9, second = 0.999, epsilon = 1e-8;
  ++p.steps;
  p.mean = first * p.mean + (1.0 - first) * gradient;
  p.square = second * p.square + (1.0 - second) * gradient.cwiseAbs2();
  const double mean_scale = 1.0 / (1.0 - std::pow(first, static_cast<double>(p.steps))),
               square_scale = 1.0 / (1.0 - std::pow(second, static_cast<double>(p.steps)));
  p.theta.array() += rate * mean_scale * p.mean.array() / ((square_scale * p.square.array()).sqrt() + epsilon);
}

std::vector<double> LstmPolicy::weights() const {
  return {impl_->theta.data(), impl_->theta.data() + impl_->theta.size()};
}

void LstmPolicy::set_weights(const std::vector<double>& weights) {
  impl_->theta = Eigen::Map<const Vector>(weights.data(), static_cast<Eigen::Index>(weights.size()));
}

std::vector<double> LstmPolicy::gradient(const std::vector<int>& sequence) const {
  Vector gradient = Vector::Zero(impl_->theta.size());
  impl_->backward(sequence, 1.0, gradient);
  return {gradient.data(), gradient.data() + gradient.size()};
}

}  // namespace dovetail
