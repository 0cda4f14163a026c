// Draw machines and mappings, believe, evaluate the most promising design (see the header).
#include <dovetail/engine/codesign/joint_search.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/engine/map/sampling/linear_belief.hpp>
#include <dovetail/engine/map/sampling/moves.hpp>
#include <dovetail/engine/map/session.hpp>
#include <dovetail/spaces/family/features.hpp>
#include <dovetail/surrogates/regression.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t joint_stream = 0x6a6f696e74;  // "joint"

// Features of machine and mapping under fixed names: machines of a family differ in what can exceed one.
class JointFeatures {
 public:
  JointFeatures(const Codesign& codesign, const Layer& layer, const HardwareFeatures& hardware)
      : layer_(layer),
        hardware_(hardware) {
    Random random(0, {joint_stream, 1});
    for (int i = 0; i < 32; ++i) {
      const auto point = codesign.space().sample(random);
      if (!point) break;
      const MappingFeatures features(layer, codesign.family().instantiate(*point));
      for (const std::string& name : features.names()) columns_.emplace(name, columns_.size());
    }
  }
  std::size_t size() const { return hardware_.names().size() + columns_.size(); }

  std::vector<double> operator()(const std::vector<double>& hardware, const MappingFeatures& features,
                                 const PackedMapping& mapping) const {
    std::vector<double> row = hardware;
    row.resize(size(), 0.0);
    const std::vector<double> values = features(mapping);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto found = columns_.find(features.names()[i]);
      if (found != columns_.end()) row[hardware.size() + found->second] = values[i];
    }
    return row;
  }

 private:
  Layer layer_;
  HardwareFeatures hardware_;
  std::map<std::string, std::size_t> columns_;
};

// A layer of a network with all that is known of it.
struct Part {
  std::size_t network = 0;
  Layer layer;
  std::int64_t count = 1;
  JointFeatures features;
  Regression belief;
  Matrix inputs;
  std::vector<double> outputs, priors;
  std::optional<PackedMapping> best;  ///< of the best design
};

// A mapping that may be asked.
struct MappingChoice {
  PackedMapping mapping;
  std::vector<double> row;
  double prior = 0.0;  ///< logarithm of the loop model's objective
};

// A machine with the most promising mapping of every layer.
struct Proposal {
  Point point;
  Architecture architecture;
  std::vector<MappingChoice> choice;
  double promise = infinity;
};

// What the evaluator was asked: a part's mapping on a machine.
struct Question {
  std::size_t part = 0;
  Point point;
  PackedMapping mapping;
  bool operator<(const Question& other) const {
    if (part != other.part) return part < other.part;
    if (point != other.point) return point < other.point;
    return lexicographically_less(mapping, other.mapping);
  }
};

class JointSearch {
 public:
  JointSearch(const Codesign& codesign, const JointOptions& options, std::shared_ptr<const Evaluator> evaluator)
      : codesign_(codesign),
        options_(options),
        evaluator_(evaluator                    ? std::move(evaluator)
                   : codesign.terms().evaluator ? codesign.terms().evaluator
                                                : make_evaluator("loop")),
        loop_(make_evaluator("loop")),
        screened_(evaluator_->name() != loop_->name()),
        hardware_(codesign.family(), all_layers(codesign)) {
    for (std::size_t n = 0; n < codesign.networks().size(); ++n) {
      for (const UniqueLayer& unique : unique_layers(codesign.networks()[n])) {
        JointFeatures features(codesign, unique.layer, hardware_);
        Regression belief = linear_belief(features.size(), 500, 1);
        parts_.push_back({n, unique.layer, unique.count, std::move(features), std::move(belief), {}, {}, {}, {}});
      }
    }
  }

  CodesignResult result() {
    const auto start = std::chrono::steady_clock::now();
    CodesignResult result;
    for (std::uint64_t step = 0; evaluations_ < options_.evaluations; ++step) {
      if (options_.interrupted && options_.interrupted()) {
        result.stopped = "interrupt";
        break;
      }
      Random random(codesign_.study().seed, {joint_stream, 2, step});
      std::optional<Proposal> proposal = propose(random, result.best);
      if (!proposal) {
        result.stopped = "exhausted";
        break;
      }
      DesignPoint design = evaluate(*proposal);
      const Trial trial = codesign_.trial(static_cast<std::int64_t>(result.trials.size()), design);
      result.trials.push_back(trial);
      design.reason.empty() ? ++result.feasible : ++result.infeasible[design.reason];
      if (design.feasible() && (!result.best || design.objective < result.best->objective)) {
        for (std::size_t i = 0; i < parts_.size(); ++i) parts_[i].best = proposal->choice[i].mapping;
        result.best = std::move(design);
      }
      if (options_.progress) options_.progress(evaluations_, result.best ? result.best->objective : infinity);
    }
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
  }

 private:
  static std::vector<Layer> all_layers(const Codesign& codesign) {
    std::vector<Layer> layers;
    for (const Network& network : codesign.networks())
      for (const UniqueLayer& unique : unique_layers(network)) layers.push_back(unique.layer);
    return layers;
  }

  // Random machines while warming up; then the best so far, its neighbours, and random ones.
  std::vector<Point> machines(Random& random, const std::optional<DesignPoint>& best) const {
    std::vector<Point> points;
    const bool warm = designs_ >= options_.warm_up && best;
    if (warm) {
      points.push_back(best->point);
      for (const Point& point : codesign_.space().neighbours(best->point, random, options_.machines / 2))
        points.push_back(point);
    }
    const int wanted = warm ? options_.machines : 1;
    for (int draw = 0; draw < 50 * wanted && static_cast<int>(points.size()) < wanted; ++draw) {
      const auto point = codesign_.space().sample(random);
      if (point && codesign_.terms().allows_area(area_um2(codesign_.family().instantiate(*point))))
        points.push_back(*point);
    }
    return points;
  }

  std::vector<MappingChoice> candidates(const Part& part, const Proposal& on, Random& random) const {
    MapRequest request;
    request.layer = part.layer;
    request.architecture = on.architecture;
    request.rules = codesign_.family().rules(part.layer, on.point);
    request.objective = codesign_.objective();
    const MapMoves moves(request);
    const MappingFeatures features(part.layer, on.architecture);
    const std::vector<double> hardware = hardware_(on.point);
    const bool known = part.best && moves.contains(*part.best);
    const int wanted = designs_ < options_.warm_up ? 1 : options_.mappings;
    std::vector<MappingChoice> found;
    for (int draw = 0; draw < 20 * wanted && static_cast<int>(found.size()) < wanted; ++draw) {
      std::optional<PackedMapping> mapping;
      if (known && draw == 0)
        mapping = part.best;
      else if (known && draw % 2 == 1)
        mapping = moves.mutate(*part.best, random);
      else
        mapping = moves.sample(random);
      if (!mapping) continue;
      const Evaluation seen = loop_->evaluate(part.layer, on.architecture, unpack(*mapping));
      if (!seen.valid()) continue;
      const double value = codesign_.objective()(seen.energy_pj, static_cast<double>(seen.cycles));
      found.push_back({*mapping, part.features(hardware, features, *mapping), std::log(value)});
    }
    return found;
  }

  // The candidate with the least confidence bound, and that bound.
  std::pair<std::size_t, double> choose(const Part& part, const std::vector<MappingChoice>& from) const {
    if (!part.belief.ready()) return {0, std::exp(from.front().prior)};
    Matrix rows;
    std::vector<double> priors;
    for (const MappingChoice& candidate : from) {
      rows.append(candidate.row);
      if (screened_) priors.push_back(candidate.prior);
    }
    const Prediction belief = part.belief.predict(rows, priors);
    std::pair<std::size_t, double> least{0, infinity};
    for (std::size_t i = 0; i < from.size(); ++i) {
      const double bound = belief.mean[i] - options_.exploration * std::sqrt(belief.variance[i]);
      if (bound < least.second) least = {i, bound};
    }
    return {least.first, part.belief.inverse(least.second)};
  }

  // What the layers' bounds give together; parts are the networks' layers in their order.
  double combined(const std::vector<double>& layers) const {
    const NetworkSum& sum = codesign_.terms().sum;
    std::vector<double> roots(codesign_.networks().size(), 0.0);
    for (std::size_t i = 0; i < parts_.size(); ++i)
      roots[parts_[i].network] += sum.root(parts_[i].count, std::max(0.0, layers[i]));
    double total = 0.0;
    for (std::size_t n = 0; n < roots.size(); ++n)
      total = sum.add(total, codesign_.study().workloads[n].weight * sum.from_roots(roots[n]));
    return total;
  }

  std::optional<Proposal> propose(Random& random, const std::optional<DesignPoint>& best) {
    for (Part& part : parts_) {
      if (designs_ >= options_.warm_up && !part.outputs.empty())
        part.belief.update(part.inputs, part.outputs, part.priors);
    }
    std::optional<Proposal> chosen;
    for (int attempt = 0; attempt < 20 && !chosen; ++attempt) {
      for (const Point& point : machines(random, best)) {
        Proposal proposal{point, codesign_.family().instantiate(point), {}, infinity};
        std::vector<double> bounds;
        bool new_design = false;
        for (const Part& part : parts_) {
          std::vector<MappingChoice> from = candidates(part, proposal, random);
          // On the best machine a layer keeps its mapping or takes one that was not asked yet.
          if (best && point == best->point) {
            std::erase_if(from, [&](const MappingChoice& candidate) {
              const bool same = !lexicographically_less(candidate.mapping, *part.best) &&
                                !lexicographically_less(*part.best, candidate.mapping);
              return !same && asked_.count(key(part, point, candidate.mapping)) != 0;
            });
          }
          if (from.empty()) break;  // no mapping in sight: not this machine
          const auto [pick, bound] = choose(part, from);
          bounds.push_back(bound);
          new_design = new_design || asked_.count(key(part, point, from[pick].mapping)) == 0;
          proposal.choice.push_back(from[pick]);
        }
        if (bounds.size() < parts_.size() || !new_design) continue;
        proposal.promise = combined(bounds);
        if (!chosen || proposal.promise < chosen->promise) chosen = std::move(proposal);
      }
    }
    return chosen;
  }

  Question key(const Part& part, const Point& point, const PackedMapping& mapping) const {
    return {static_cast<std::size_t>(&part - parts_.data()), point, mapping};
  }

  DesignPoint evaluate(const Proposal& proposal) {
    ++designs_;
    DesignPoint design;
    design.point = proposal.point;
    design.architecture = proposal.architecture;
    design.area_um2 = area_um2(proposal.architecture);
    for (std::size_t n = 0; n < codesign_.networks().size(); ++n)
      design.networks.push_back(
          {codesign_.networks()[n].name, codesign_.study().workloads[n].weight, 0.0, 0.0, 0.0, 0.0});
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      Part& part = parts_[i];
      const MappingChoice& candidate = proposal.choice[i];
      const auto [known, is_new] = asked_.try_emplace(key(part, proposal.point, candidate.mapping));
      const Mapping mapping = unpack(candidate.mapping);
      if (is_new) {
        ++evaluations_;
        try {
          known->second = evaluator_->evaluate(part.layer, proposal.architecture, mapping);
        } catch (const std::runtime_error& error) {
          known->second.violations.push_back({error.what(), "", "", 0.0, 0.0});
        }
      }
      const Evaluation& cost = known->second;
      ++design.evaluations;
      if (!cost.valid()) {
        if (design.reason.empty()) design.reason = evaluator_->name() + ": " + cost.violations.front().constraint;
        continue;
      }
      if (is_new) {
        part.inputs.append(candidate.row);
        part.outputs.push_back(codesign_.objective()(cost.energy_pj, static_cast<double>(cost.cycles)));
        if (screened_) part.priors.push_back(candidate.prior);
      }
      MappedNetwork& network = design.networks[part.network];
      network.energy_pj += static_cast<double>(part.count) * cost.energy_pj;
      network.cycles += static_cast<double>(part.count) * static_cast<double>(cost.cycles);
      design.layers.push_back({network.name, part.layer, part.count, mapping, cost, 0.0, false, 1});
    }
    design.mapped = design.reason.empty();
    for (MappedNetwork& network : design.networks)
      network.objective = codesign_.objective()(network.energy_pj, network.cycles);
    codesign_.evaluation().total(design);
    if (design.mapped) design.reason = codesign_.evaluation().broken_spec(design);
    return design;
  }

  const Codesign& codesign_;
  const JointOptions& options_;
  std::shared_ptr<const Evaluator> evaluator_;
  std::unique_ptr<Evaluator> loop_;
  const bool screened_;
  HardwareFeatures hardware_;
  std::vector<Part> parts_;
  std::map<Question, Evaluation> asked_;
  std::int64_t evaluations_ = 0;
  int designs_ = 0;
};

}  // namespace

CodesignResult joint_search(const Codesign& codesign, const JointOptions& options,
                            std::shared_ptr<const Evaluator> evaluator) {
  return JointSearch(codesign, options, std::move(evaluator)).result();
}

}  // namespace dovetail
