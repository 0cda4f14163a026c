// Candidates, then a climb over the same moves that the sampling mappers make.
#include <dovetail/engine/map/network/second_opinion.hpp>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/engine/map/sampling/moves.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t climb_stream = 0x636c696d62;  // "climb"
constexpr int patience = 400;                         // questions in a row without improvement

/// The same tiles with every level's reductions innermost, so that sums are finished before they leave. Moving them
/// costs nothing on a machine that loads every tile again anyhow.
PackedMapping finish_sums_first(const Layer& layer, PackedMapping mapping) {
  std::array<bool, max_dimensions> moves_output{};
  for (const Tensor& tensor : layer.tensors)
    if (tensor.written)
      for (const Axis& axis : tensor.axes)
        for (const AxisTerm& term : axis) moves_output[static_cast<std::size_t>(term.dimension)] = true;
  for (std::size_t l = 0; l < mapping.level_count; ++l) {
    auto& order = mapping.levels[l].order;
    std::stable_partition(order.begin(), order.begin() + mapping.dimension_count,
                          [&](std::uint8_t d) { return moves_output[d]; });
  }
  return mapping;
}

/// The mapper's best mapping first, then its front.
std::vector<Mapping> candidates_of(const MapRequest& request, const MapResult& result, int most) {
  const auto value = [&](const FrontPoint& point) {
    return request.objective(point.energy_pj, static_cast<double>(point.cycles));
  };
  std::vector<FrontPoint> front = result.front;
  if (most > 0)
    std::stable_sort(front.begin(), front.end(),
                     [&](const FrontPoint& a, const FrontPoint& b) { return value(a) < value(b); });
  std::vector<Mapping> list = {*result.mapping};
  for (FrontPoint& point : front)
    if (!(point.mapping == *result.mapping)) list.push_back(std::move(point.mapping));
  if (most > 0) list.resize(std::min(list.size(), static_cast<std::size_t>(most)));
  return list;
}

class Asking {
 public:
  Asking(const MapRequest& request, const Evaluator& evaluator, const Screening& screening)
      : request_(request),
        evaluator_(evaluator),
        screening_(screening),
        moves_(request) {}

  Decision operator()(const MapResult& result) {
    double first = infinity;
    const std::vector<Mapping> list = candidates_of(request_, result, screening_.candidates);
    for (const Mapping& candidate : list) {
      const double value = ask(repaired(candidate));
      if (&candidate == list.data()) first = value;
    }
    decision_.screened_objective = first < infinity ? first : 0.0;
    if (screening_.climb > 0) climb(pack(request_.layer, decision_.mapping ? *decision_.mapping : *result.mapping));
    if (decision_.mapping) decision_.failure.clear();
    return std::move(decision_);
  }

 private:
  bool loses_sums(const Mapping& mapping) const {
    return screening_.keep_partial_sums && loses_partial_sums(request_.layer, request_.architecture, mapping);
  }

  Mapping repaired(const Mapping& candidate) const {
    if (!loses_sums(candidate)) return candidate;
    const PackedMapping other = finish_sums_first(request_.layer, pack(request_.layer, candidate));
    return moves_.contains(other) ? unpack(other) : candidate;
  }

  double best() const { return decision_.mapping ? decision_.objective : infinity; }

  void failed(const std::string& reason) {
    if (decision_.failure.empty()) decision_.failure = fmt::format("{}: {}", evaluator_.name(), reason);
  }

  double ask(const Mapping& candidate) {
    if (loses_sums(candidate)) {
      failed("partial sums lost");
      return infinity;
    }
    ++decision_.asked;
    try {
      Evaluation answer = evaluator_.evaluate(request_.layer, request_.architecture, candidate);
      if (!answer.valid()) {
        failed(answer.violations.front().constraint);
        return infinity;
      }
      const double objective = request_.objective(answer.energy_pj, static_cast<double>(answer.cycles));
      remember(candidate, answer);
      if (objective < best()) {
        decision_.mapping = candidate;
        decision_.evaluation = std::move(answer);
        decision_.objective = objective;
      }
      return objective;
    } catch (const InputError&) {
      throw;  // not of this design
    } catch (const std::runtime_error& error) {
      failed(error.what());
      return infinity;
    }
  }

  void remember(const Mapping& mapping, const Evaluation& answer) {
    const auto covers = [](const Evaluation& a, const Evaluation& b) {
      return a.energy_pj <= b.energy_pj && a.cycles <= b.cycles;
    };
    std::vector<LimitedMapping>& seen = decision_.seen;
    if (std::any_of(seen.begin(), seen.end(),
                    [&](const LimitedMapping& other) { return covers(other.evaluation, answer); }))
      return;
    std::erase_if(seen, [&](const LimitedMapping& other) { return covers(answer, other.evaluation); });
    seen.push_back({mapping, answer});
  }

  void climb(PackedMapping current) {
    const LoopPlan plan(request_.layer, request_.architecture);
    Random random(request_.seed, {climb_stream});
    const std::int64_t limit = decision_.asked + screening_.climb;
    int failures = 0;
    for (std::int64_t draw = 0; draw < 10 * screening_.climb && decision_.asked < limit && failures < patience;
         ++draw) {
      std::optional<PackedMapping> next = current;
      for (std::uint64_t changes = 1 + random.below(3); next && changes > 0; --changes)
        next = moves_.mutate(*next, random);
      if (!next) continue;
      const Score score = plan.score(*next);
      if (!score.valid) continue;
      const double before = best();
      if (screening_.bounded && request_.objective(score.energy_pj, score.cycles) >= before) continue;
      ++failures;
      if (ask(unpack(*next)) >= before) continue;
      current = *next;
      failures = 0;
    }
  }

  const MapRequest& request_;
  const Evaluator& evaluator_;
  const Screening& screening_;
  MapMoves moves_;
  Decision decision_;
};

}  // namespace

bool loop_model_bounds(const Architecture& architecture) {
  const Machine* machine = find_machine(architecture.machine);
  return machine != nullptr && machine->bandwidths_of_document && machine->spill && !machine->gemmini;
}

Screening cycle_screening(const Architecture& architecture) {
  return {0, 1000, loop_model_bounds(architecture), true};
}

Decision decide(const MapRequest& request, const MapResult& result, const Evaluator& evaluator,
                const Screening& screening) {
  return Asking(request, evaluator, screening)(result);
}

}  // namespace dovetail
