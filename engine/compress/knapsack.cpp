// Labels group by group, with the relaxation of the groups left as bound.
#include <dovetail/engine/compress/knapsack.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dovetail {
namespace {

using Groups = std::vector<std::vector<KnapsackOption>>;

/// An option with its place in the user's group.
struct Kept {
  double loss, weight;
  std::size_t option;
};

/// Options that no other beats: ascending weight, descending loss.
std::vector<Kept> undominated(const std::vector<KnapsackOption>& options) {
  std::vector<Kept> kept;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (std::isfinite(options[i].weight) && std::isfinite(options[i].loss))
      kept.push_back({options[i].loss, options[i].weight, i});
  }
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) {
    if (a.weight != b.weight) return a.weight < b.weight;
    return a.loss != b.loss ? a.loss < b.loss : a.option < b.option;
  });
  std::vector<Kept> front;
  for (const Kept& k : kept) {
    if (front.empty() || k.loss < front.back().loss) front.push_back(k);
  }
  return front;
}

/// The least loss of the groups from one on, as a function of the weight they may have: convex and piecewise linear.
class Relaxation {
 public:
  /// A segment of the hull: that much more weight takes off that much loss.
  struct Segment {
    double weight, gain;
  };

  Relaxation(const std::vector<std::vector<Kept>>& groups, std::size_t from) {
    for (std::size_t g = from; g < groups.size(); ++g) {
      std::vector<Kept> hull;
      for (const Kept& k : groups[g]) {
        while (hull.size() >= 2 && cross(hull[hull.size() - 2], hull.back(), k) <= 0.0) hull.pop_back();
        hull.push_back(k);
      }
      base_loss_ += hull.front().loss;
      base_weight_ += hull.front().weight;
      for (std::size_t i = 1; i < hull.size(); ++i)
        segments_.push_back({hull[i].weight - hull[i - 1].weight, hull[i - 1].loss - hull[i].loss});
    }
    std::sort(segments_.begin(), segments_.end(),
              [](const Segment& a, const Segment& b) { return a.gain * b.weight > b.gain * a.weight; });
    double weight = base_weight_, loss = base_loss_;
    for (const Segment& s : segments_) {
      weights_.push_back(weight);
      losses_.push_back(loss);
      weight += s.weight, loss -= s.gain;
    }
    weights_.push_back(weight);
    losses_.push_back(loss);
  }

  double base_weight() const { return base_weight_; }

  /// Infinite when even the lightest options weigh more.
  double least_loss(double weight) const {
    if (weight < weights_.front()) return std::numeric_limits<double>::infinity();
    const auto at =
        static_cast<std::size_t>(std::upper_bound(weights_.begin(), weights_.end(), weight) - weights_.begin()) - 1;
    if (at + 1 >= weights_.size()) return losses_.back();
    const double share = (weight - weights_[at]) / segments_[at].weight;
    return losses_[at] - share * segments_[at].gain;
  }

 private:
  static double cross(const Kept& a, const Kept& b, const Kept& c) {
    return (b.weight - a.weight) * (c.loss - a.loss) - (b.loss - a.loss) * (c.weight - a.weight);
  }
  std::vector<Segment> segments_;
  std::vector<double> weights_, losses_;
  double base_loss_ = 0.0, base_weight_ = 0.0;
};

struct PackedChoices {
  double loss, weight;
  std::size_t parent, option;
};

/// Beyond rounding: sums of losses are compared with this slack.
double slack(double value) {
  return 1e-12 * (1.0 + std::abs(value));
}

/// Fills up by the best ratios, group by group from the lightest options: a first choice to beat.
double greedy_loss(const std::vector<std::vector<Kept>>& groups, double limit) {
  std::vector<std::size_t> at(groups.size(), 0);
  double weight = 0.0, loss = 0.0;
  for (const auto& group : groups) weight += group.front().weight, loss += group.front().loss;
  for (;;) {
    double best_ratio = 0.0;
    std::size_t best_group = groups.size(), best_step = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      for (std::size_t i = at[g] + 1; i < groups[g].size(); ++i) {
        const double more = groups[g][i].weight - groups[g][at[g]].weight,
                     gain = groups[g][at[g]].loss - groups[g][i].loss;
        if (weight + more <= limit && gain > best_ratio * more) best_ratio = gain / more, best_group = g, best_step = i;
      }
    }
    if (best_group == groups.size()) return loss;
    weight += groups[best_group][best_step].weight - groups[best_group][at[best_group]].weight;
    loss += groups[best_group][best_step].loss - groups[best_group][at[best_group]].loss;
    at[best_group] = best_step;
  }
}

}  // namespace

double least_weight(const Groups& groups) {
  double weight = 0.0;
  for (const auto& group : groups) {
    double least = std::numeric_limits<double>::infinity();
    for (const KnapsackOption& option : group) least = std::min(least, option.weight);
    weight += least;
  }
  return weight;
}

std::optional<KnapsackChoice> choose(const Groups& groups, double limit, std::optional<double> cutoff) {
  limit *= 1.0 + 1e-12;
  std::vector<std::vector<Kept>> kept;
  for (const auto& group : groups) {
    kept.push_back(undominated(group));
    if (kept.back().empty()) return std::nullopt;
  }
  std::vector<Relaxation> left;
  for (std::size_t g = 0; g <= kept.size(); ++g) left.emplace_back(kept, g);
  if (left.front().base_weight() > limit) return std::nullopt;
  double best = greedy_loss(kept, limit);
  if (cutoff) best = std::min(best, *cutoff);

  std::vector<std::vector<PackedChoices>> layers{{{0.0, 0.0, 0, 0}}};
  for (std::size_t g = 0; g < kept.size(); ++g) {
    std::vector<PackedChoices> grown;
    for (std::size_t l = 0; l < layers[g].size(); ++l) {
      const PackedChoices& label = layers[g][l];
      for (std::size_t i = 0; i < kept[g].size(); ++i) {
        const double loss = label.loss + kept[g][i].loss, weight = label.weight + kept[g][i].weight;
        if (loss + left[g + 1].least_loss(limit - weight) > best + slack(best)) continue;
        grown.push_back({loss, weight, l, i});
      }
    }
    std::sort(grown.begin(), grown.end(), [](const PackedChoices& a, const PackedChoices& b) {
      return a.weight != b.weight ? a.weight < b.weight : a.loss < b.loss;
    });
    std::vector<PackedChoices>& front = layers.emplace_back();
    for (const PackedChoices& label : grown) {
      if (front.empty() || label.loss < front.back().loss - slack(label.loss) * 1e-3) front.push_back(label);
    }
  }
  const std::vector<PackedChoices>& last = layers.back();
  if (last.empty() || (cutoff && last.back().loss >= *cutoff)) return std::nullopt;
  KnapsackChoice out{last.back().loss, last.back().weight, std::vector<std::size_t>(kept.size())};
  std::size_t at = last.size() - 1;
  for (std::size_t g = kept.size(); g-- > 0;) {
    const PackedChoices& label = layers[g + 1][at];
    out.options[g] = kept[g][label.option].option;
    at = label.parent;
  }
  return out;
}

}  // namespace dovetail
