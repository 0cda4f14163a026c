// The bound of a part of a space (see the header).
#include <dovetail/engine/codesign/proof/part_bound.hpp>
#include <dovetail/workloads/numbers.hpp>

#include <algorithm>
#include <limits>

namespace dovetail {
namespace {

constexpr std::int64_t most_labels = 500'000;    // of one stage: then a layer's search gives up;
constexpr std::int64_t least_labels = 20'000;    // or when so many, or all that are left, do not suffice
constexpr std::int64_t search_overhead = 2'000;  // of a layer's search, in labels
constexpr double hopeful = 0.99;                 // share of the way up to which searches that end early are worth it
constexpr double easy = 0.8;                     // share of the way that is far quicker searched than the rest of it

}  // namespace

void PartBound::update(SpacePart& part) const {
  for (const Wish& wish : part.wishes)
    if (!(wish.value < infinity)) part.bound = infinity;
  const double value = part.costs->value(part.sums(uses_, codesign_.work().networks.size()));
  part.bound = std::max(part.bound, value);
}

// What a layer's bound may rise by.
double PartBound::gain(const SpacePart& part, std::size_t use) const {
  return std::max(0.0, part.wishes[use].guess(part.costs->price(use)) - part.wishes[use].value);
}

// Of the way from bounds to mappings, what reaches the target; more than 1 where that cannot.
double PartBound::share(const SpacePart& part, const std::vector<std::size_t>& open) const {
  const std::vector<double> known = part.sums(uses_, codesign_.work().networks.size());
  std::vector<double> way(known.size(), 0.0);
  for (const std::size_t u : open) {
    way[uses_.all[u].network] += uses_.all[u].count * gain(part, u);
  }
  const auto reaches = [&](double share) {
    std::vector<double> sums = known;
    for (std::size_t n = 0; n < sums.size(); ++n) sums[n] += share * way[n];
    return part.costs->value(sums) >= target_;
  };
  if (!reaches(hopeful)) return infinity;
  double low = 0.0, high = hopeful;
  for (int k = 0; k < 30; ++k) {
    const double middle = low + (high - low) / 2.0;
    (reaches(middle) ? high : low) = middle;
  }
  return high;
}

void PartBound::search(SpacePart& part, std::size_t use, double enough, ProofWork& work) const {
  Wish& wish = part.wishes[use];
  const TollSearch& own = part.costs->search(use);
  TollSearch::Question question;
  question.price = part.costs->price(use);
  question.known = wish.value;
  question.enough = enough;
  question.expected = wish.expected;
  question.found = wish.found;
  question.most_labels = static_cast<std::size_t>(std::clamp(limits_.labels - work.labels, least_labels, most_labels));
  question.stop = limits_.stop;
  const ShapeClass& shape = part.costs->shape();
  TollSearch::Answer answer = own.least(shape.toll(part.box, own.problem()), question);
  ++work.searches;
  work.labels += answer.labels + search_overhead;
  wish.value = std::max(wish.value, answer.bound);
  wish.settled = answer.mapped;
  if (!answer.mapped && wish.value < enough) wish.stuck = true;
  if (!answer.mapped) return;
  for (std::size_t l = 0; l < shape.machine.levels.size(); ++l)
    if (!shape.capacity[l].steps.empty()) wish.wants[l] = shape.value(l, part.box, answer.need[l]);
  wish.found = std::move(answer);
}

// The fewest layers that reach the target easily, or all of them if they reach it at all: those that can add most.
std::vector<std::size_t> PartBound::enough_of(const SpacePart& part, std::vector<std::size_t> open) const {
  std::stable_sort(open.begin(), open.end(), [&](std::size_t a, std::size_t b) {
    return uses_.all[a].count * gain(part, a) > uses_.all[b].count * gain(part, b);
  });
  while (!open.empty() && !(gain(part, open.back()) > 0.0)) open.pop_back();
  for (std::size_t n = 1; n < open.size(); ++n) {
    const std::vector<std::size_t> few(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(n));
    if (share(part, few) <= easy) return few;
  }
  return share(part, open) < infinity ? open : std::vector<std::size_t>{};
}

// The light ones first: those that find their best mapping below their share leave more to the heavy ones.
void PartBound::share_out(SpacePart& part, std::vector<std::size_t> open, ProofWork& work) const {
  std::reverse(open.begin(), open.end());
  while (!open.empty() && part.bound < target_ && !ended(work)) {
    const double way = share(part, open);
    if (!(way < infinity)) return;
    const std::size_t u = open.front();
    open.erase(open.begin());
    const Wish& wish = part.wishes[u];
    search(part, u, wish.value + way * gain(part, u) * (1.0 + 1e-6), work);
    update(part);
  }
}

bool PartBound::raise(SpacePart& part, ProofWork& work) const {
  for (;;) {
    update(part);
    std::vector<std::size_t> open;
    for (const std::size_t u : uses_.order)
      if (!part.wishes[u].settled && !part.wishes[u].stuck) open.push_back(u);
    if (part.bound >= target_ || open.empty()) return part.bound < target_;
    if (ended(work)) return false;
    const std::vector<std::size_t> able = enough_of(part, open);
    if (!able.empty()) {
      share_out(part, able, work);
      continue;
    }
    // The heaviest, as far as it goes.
    const std::size_t u = open.front();
    const std::vector<double> sums = part.sums(uses_, codesign_.work().networks.size());
    const UsedLayer& use = uses_.all[u];
    const double missed = part.costs->enough(sums, use.network, target_) - sums[use.network];
    search(part, u, part.wishes[u].value + missed / use.count * (1.0 + 1e-9), work);
  }
}

}  // namespace dovetail
