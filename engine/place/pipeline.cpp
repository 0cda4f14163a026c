// Tables over (set of used boards, layers done); equal boards count once.
#include <dovetail/engine/place/pipeline.hpp>
#include <dovetail/workloads/numbers.hpp>

#include <algorithm>

namespace dovetail {
namespace {

bool equal(const PipelineBoard& a, const PipelineBoard& b) {
  return a.static_mw == b.static_mw && a.dynamic_mw == b.dynamic_mw && a.cycles == b.cycles;
}

std::vector<std::vector<std::size_t>> equal_boards(const PipelineProblem& problem) {
  std::vector<std::vector<std::size_t>> kinds;
  for (std::size_t b = 0; b < problem.boards.size(); ++b) {
    const auto at = std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) {
      return equal(problem.boards[kind.front()], problem.boards[b]);
    });
    if (at == kinds.end())
      kinds.push_back({b});
    else
      at->push_back(b);
  }
  return kinds;
}

}  // namespace

double Pipelines::states(const PipelineProblem& problem) {
  double sets = 1.0;
  for (const auto& kind : equal_boards(problem)) sets *= static_cast<double>(kind.size() + 1);
  return sets * static_cast<double>(problem.layers + 1);
}

Pipelines::Pipelines(PipelineProblem problem) : problem_(std::move(problem)), kinds_(equal_boards(problem_)) {
  for (const auto& kind : kinds_) {
    radix_.push_back(sets_);
    sets_ *= kind.size() + 1;
  }
  problem_.transfer_cycles.resize(problem_.layers, 0.0);
  if (problem_.edges.empty()) {
    for (std::size_t l = 0; l + 1 < problem_.layers; ++l) problem_.edges.emplace_back(l, l + 1);
  }
  find_costs();
  find_least_period();
}

void Pipelines::find_costs() {
  const std::size_t n = problem_.layers;
  std::vector<std::vector<std::size_t>> readers(n);
  for (const auto& [from, to] : problem_.edges) readers[from].push_back(to);
  for (auto& list : readers) std::sort(list.begin(), list.end());
  costs_.assign(kinds_.size() * n * (n + 1), {infinity, 0});
  for (std::size_t first = 0; first < n; ++first) {
    for (std::size_t end = first + 1; end <= n; ++end) {
      double in = 0.0, out = 0.0;
      for (std::size_t l = 0; l < end; ++l) {
        if (readers[l].empty()) continue;
        const auto next = std::lower_bound(readers[l].begin(), readers[l].end(), first);
        if (l < first && next != readers[l].end() && *next < end) in += problem_.transfer_cycles[l];
        if (l >= first && readers[l].back() >= end) out += problem_.transfer_cycles[l];
      }
      for (std::size_t k = 0; k < kinds_.size(); ++k)
        costs_[(k * n + first) * (n + 1) + end].cycles = std::max(in, out);
    }
  }
  for (std::size_t k = 0; k < kinds_.size(); ++k) {
    const PipelineBoard& board = problem_.boards[kinds_[k].front()];
    for (std::size_t first = 0; first < n; ++first) {
      std::vector<double> sums(board.cycles.size(), 0.0);
      for (std::size_t end = first + 1; end <= n; ++end) {
        for (std::size_t d = 0; d < sums.size(); ++d) sums[d] += board.cycles[d][end - 1];
        Cost& cost = costs_[(k * n + first) * (n + 1) + end];
        const auto best = std::min_element(sums.begin(), sums.end());
        if (best == sums.end()) {
          cost.cycles = infinity;
          continue;
        }
        cost = {std::max(cost.cycles, *best), static_cast<std::size_t>(best - sums.begin())};
        if (cost.cycles < infinity) periods_.push_back(cost.cycles);
      }
    }
  }
  std::sort(periods_.begin(), periods_.end());
  periods_.erase(std::unique(periods_.begin(), periods_.end()), periods_.end());
}

const Pipelines::Cost& Pipelines::cost(std::size_t kind, std::size_t first, std::size_t end) const {
  return costs_[(kind * problem_.layers + first) * (problem_.layers + 1) + end];
}

template <class Join, class Better>
std::vector<Pipelines::Cell> Pipelines::table(double worst, double start, double bound, Join join,
                                              Better better) const {
  const std::size_t n = problem_.layers, width = n + 1;
  std::vector<Cell> cells(sets_ * width, {worst, 0, 0});
  cells[0].value = start;
  for (std::size_t set = 1; set < sets_; ++set) {
    if (problem_.most_boards > 0 && boards_in(set) > problem_.most_boards) continue;
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      if ((set / radix_[k]) % (kinds_[k].size() + 1) == 0) continue;
      const Cell* before = &cells[(set - radix_[k]) * width];
      for (std::size_t first = 0; first < n; ++first) {
        if (before[first].value == worst) continue;
        for (std::size_t end = first + 1; end <= n; ++end) {
          const double cycles = cost(k, first, end).cycles;
          if (cycles > bound || cycles == infinity) {
            if (cycles == infinity) break;
            continue;
          }
          const double value = join(before[first].value, k, cycles);
          Cell& cell = cells[set * width + end];
          if (better(value, cell.value)) cell = {value, first, k};
        }
      }
    }
  }
  return cells;
}

PipelinePlan Pipelines::plan(const std::vector<Cell>& cells, std::size_t set) const {
  PipelinePlan stages;
  for (std::size_t end = problem_.layers; end > 0;) {
    const Cell& cell = cells[set * (problem_.layers + 1) + end];
    const Cost& stage = cost(cell.kind, cell.from, end);
    const std::size_t used = (set / radix_[cell.kind]) % (kinds_[cell.kind].size() + 1);
    stages.push_back({kinds_[cell.kind][used - 1], stage.design, cell.from, end, stage.cycles});
    set -= radix_[cell.kind];
    end = cell.from;
  }
  std::reverse(stages.begin(), stages.end());
  return stages;
}

std::size_t Pipelines::boards_in(std::size_t set) const {
  std::size_t count = 0;
  for (std::size_t k = 0; k < kinds_.size(); ++k) count += (set / radix_[k]) % (kinds_[k].size() + 1);
  return count;
}

void Pipelines::find_least_period() {
  const auto cells = table(
      infinity, 0.0, infinity, [](double value, std::size_t, double cycles) { return std::max(value, cycles); },
      [](double a, double b) { return a < b; });
  double least = infinity;
  std::size_t at = 0;
  for (std::size_t set = 1; set < sets_; ++set) {
    const double value = cells[set * (problem_.layers + 1) + problem_.layers].value;
    if (value < least || (value == least && value < infinity && boards_in(set) < boards_in(at)))
      least = value, at = set;
  }
  if (least == infinity) return;
  least_period_ = least;
  period_plan_ = plan(cells, at);
}

std::pair<double, PipelinePlan> Pipelines::least_energy_at(double priced_period, double bound, bool want_plan) const {
  const auto cells = table(
      infinity, 0.0, bound,
      [&](double value, std::size_t kind, double cycles) {
        const PipelineBoard& board = problem_.boards[kinds_[kind].front()];
        return value + board.static_mw * priced_period + board.dynamic_mw * cycles;
      },
      [](double a, double b) { return a < b; });
  double least = infinity;
  std::size_t at = 0;
  for (std::size_t set = 1; set < sets_; ++set) {
    const double value = cells[set * (problem_.layers + 1) + problem_.layers].value;
    if (value < least) least = value, at = set;
  }
  return {least, want_plan && least < infinity ? plan(cells, at) : PipelinePlan{}};
}

BoundedPipeline Pipelines::within(double period_at_most) const {
  BoundedPipeline out{.period_at_most = period_at_most,
                      .least_energy = {},
                      .energy_plan = {},
                      .most_utilisation = {},
                      .utilisation_plan = {}};
  if (!least_period_ || period_at_most < *least_period_) return out;

  // The period of a plan is one of the stage lengths. Between two of them, stages up to the longer at the static energy
  // of the shorter bound what any plan there can reach; intervals that cannot hold better plans are left.
  const auto low = std::lower_bound(periods_.begin(), periods_.end(), *least_period_) - periods_.begin();
  const auto high = std::upper_bound(periods_.begin(), periods_.end(), period_at_most) - periods_.begin() - 1;
  double best = infinity, best_period = 0.0;
  const auto attempt = [&](double period) {
    const double energy = least_energy_at(period, period, false).first;
    if (energy < best) best = energy, best_period = period;
  };
  attempt(periods_[static_cast<std::size_t>(high)]);
  std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> open{{low, high}};
  while (!open.empty()) {
    const auto [from, to] = open.back();
    open.pop_back();
    const double shortest = periods_[static_cast<std::size_t>(from)], longest = periods_[static_cast<std::size_t>(to)];
    if (from == to) {
      attempt(shortest);
      continue;
    }
    if (least_energy_at(shortest, longest, false).first >= best) continue;
    const std::ptrdiff_t middle = from + (to - from) / 2;
    attempt(periods_[static_cast<std::size_t>(middle)]);
    open.emplace_back(middle + 1, to);
    open.emplace_back(from, middle);
  }
  out.least_energy = best;
  out.energy_plan = least_energy_at(best_period, best_period, true).second;

  const auto cells = table(
      -1.0, 0.0, period_at_most, [](double value, std::size_t, double cycles) { return value + cycles; },
      [](double a, double b) { return a > b; });
  double most = -1.0;
  std::size_t at = 0;
  for (std::size_t set = 1; set < sets_; ++set) {
    const double value =
        cells[set * (problem_.layers + 1) + problem_.layers].value / static_cast<double>(boards_in(set));
    if (value > most) most = value, at = set;
  }
  out.most_utilisation = most / period_at_most;
  out.utilisation_plan = plan(cells, at);
  return out;
}

}  // namespace dovetail
