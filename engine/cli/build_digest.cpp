// What this program is (see the header).
#include "build_digest.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/record/store.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/network.hpp>

namespace dovetail::cli {

extern const char* const sources_digest;

namespace {

// Every layer of a small network on a published machine at the mapping that a fixed search finds, to the bit, and the
// functions of the mathematical library that surrogates use.
std::string arithmetic() {
  std::string text;
  const auto add = [&](double value) { text += fmt::format("{:016x};", std::bit_cast<std::uint64_t>(value)); };
  const Family family = load_family("eyeriss");
  const auto mapper = make_mapper("random");
  for (const UniqueLayer& unique : unique_layers(load_workload("mlp"))) {
    MapRequest request;
    request.layer = unique.layer;
    request.architecture = family.instantiate(family.default_point());
    request.rules = family.rules(unique.layer, family.default_point());
    request.budget = 100;
    request.threads = 1;
    const MapResult result = mapper->map(request);
    add(result.best.energy_pj);
    add(static_cast<double>(result.best.cycles));
  }
  for (int i = 1; i <= 64; ++i) {
    const double x = 0.37 * i;
    for (const double value : {std::exp(-x), std::log(x), std::sqrt(x), std::pow(x, 1.7), std::erf(x / 9.0),
                               std::sin(x), std::tgamma(x / 8.0 + 0.5)})
      add(value);
  }
  return digest(text);
}

}  // namespace

std::map<std::string, std::string> build_digest() {
  return {{"version", DOVETAIL_VERSION},
          {"sources", sources_digest},
          {"compiler", DOVETAIL_COMPILER},
          {"flags", DOVETAIL_FLAGS},
          {"arithmetic", arithmetic()}};
}

}  // namespace dovetail::cli
