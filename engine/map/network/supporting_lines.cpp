// Lower bounds of energy + price x cycles at several prices (see the header).
#include <dovetail/engine/map/network/supporting_lines.hpp>

#include <algorithm>

namespace dovetail {

SupportingLines::SupportingLines(double least_energy_pj, double least_cycles)
    : least_energy_(least_energy_pj),
      least_cycles_(least_cycles) {}

double SupportingLines::chord(std::size_t n, double price, std::size_t after) const {
  const Line before = n == 0 ? Line{0.0, least_energy_} : lines_[n - 1];
  // Beyond the last line every cycle still costs its price.
  const double flat = before.value + (price - before.price) * least_cycles_;
  if (after == lines_.size()) return flat;
  const double share = (price - before.price) / (lines_[after].price - before.price);
  return std::max(flat, before.value + share * (lines_[after].value - before.value));
}

std::size_t SupportingLines::first_from(double price) const {
  const auto found = std::lower_bound(lines_.begin(), lines_.end(), price,
                                      [](const Line& line, double at) { return line.price < at; });
  return static_cast<std::size_t>(found - lines_.begin());
}

double SupportingLines::at(double price) const {
  const std::size_t n = first_from(price);
  return n < lines_.size() && lines_[n].price == price ? lines_[n].value : chord(n, price, n);
}

void SupportingLines::add(double price, double value) {
  const std::size_t place = first_from(price);
  const Line line{price, std::max(value, at(price))};
  if (place < lines_.size() && lines_[place].price == price) {
    lines_[place] = line;
  } else {
    lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(place), line);
  }
  // Neighbours that were bounded loosely rise to the new chords, so that every line keeps a corner on each side.
  for (std::size_t n = 0; n < lines_.size(); ++n)
    lines_[n].value = std::max(lines_[n].value, chord(n, lines_[n].price, n + 1));
}

CostPoint SupportingLines::meeting(std::size_t n) const {
  const Line before = n == 0 ? Line{0.0, least_energy_} : lines_[n - 1];
  double cycles = least_cycles_;
  if (n < lines_.size()) cycles = std::max(cycles, (lines_[n].value - before.value) / (lines_[n].price - before.price));
  return {std::max(least_energy_, before.value - before.price * cycles), cycles};
}

std::vector<double> SupportingLines::prices() const {
  std::vector<double> prices;
  for (const Line& line : lines_) prices.push_back(line.price);
  return prices;
}

std::vector<CostPoint> SupportingLines::curve() const {
  std::vector<CostPoint> corners;
  for (std::size_t n = lines_.size() + 1; n-- > 0;) corners.push_back(meeting(n));
  return corners;
}

SupportingLines::Corner SupportingLines::corner(std::size_t n, const MappingObjective& objective) const {
  const auto [energy, cycles] = meeting(n);
  return {objective(energy, cycles), objective.cycles_power * energy / (objective.energy_power * cycles)};
}

SupportingLines::Corner SupportingLines::least(const MappingObjective& objective) const {
  Corner least = corner(0, objective);
  for (std::size_t n = 1; n <= lines_.size(); ++n) {
    const Corner other = corner(n, objective);
    if (other.objective < least.objective) least = other;
  }
  return least;
}

double SupportingLines::beside(double price, const MappingObjective& objective) const {
  const auto found =
      std::find_if(lines_.begin(), lines_.end(), [price](const Line& line) { return line.price == price; });
  const auto n = static_cast<std::size_t>(found - lines_.begin());
  return std::min(corner(n, objective).objective, corner(n + 1, objective).objective);
}

}  // namespace dovetail
