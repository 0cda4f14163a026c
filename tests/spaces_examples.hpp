// Spaces that several tests ask about.
#pragma once

#include <string>
#include <vector>

#include <dovetail/spaces/space/space.hpp>

namespace dovetail {

inline Space make_space(std::vector<Parameter> parameters, const std::vector<std::string>& constraints) {
  std::vector<Constraint> compiled;
  for (const std::string& text : constraints) compiled.push_back(make_constraint(text, parameters));
  return {std::move(parameters), std::move(compiled)};
}

inline OrdinalValues powers_of_two(int first, int last) {
  OrdinalValues result;
  for (int i = first; i <= last; ++i) result.values.push_back(static_cast<double>(1 << i));
  return result;
}

/// The tile space of shared/reference/bo/problems.json: 37 044 000 points, 212 598 feasible.
inline Space tile_space() {
  return make_space(
      {{"tm", powers_of_two(0, 8)},
       {"tn", powers_of_two(0, 7)},
       {"tk", powers_of_two(0, 9)},
       {"sm", powers_of_two(0, 6)},
       {"sn", powers_of_two(0, 6)},
       {"px", powers_of_two(2, 6)},
       {"py", powers_of_two(2, 6)},
       {"buf", powers_of_two(1, 7)},
       {"ord", CategoricalValues{{"MNK", "MKN", "NMK", "NKM", "KMN", "KNM"}}}},
      {"2*(tm*tk+tk*tn)+4*tm*tn <= 1024*buf", "sm <= min(px,tm)", "sn <= min(py,tn)", "px*py + 8*buf <= 384",
       "tm % sm == 0 and tn % sn == 0", "(tm/sm)*(tn/sn) <= 16", "4*sm*sn >= px*py"});
}

}  // namespace dovetail
