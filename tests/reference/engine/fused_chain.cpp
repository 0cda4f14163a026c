// Chains with activations on chip: least EDP, energies and cycles equal the reference's brute force; bounds never
// above.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include <dovetail/engine/fuse/chain_document.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;

TEST_CASE("every reference chain has the least EDP of the brute force") {
  std::ifstream file(dovetail::testing::reference_path("fusion/cases.json").string());
  if (!file) {
    dovetail::testing::skip("the shared chains are absent");
    return;
  }
  const auto near = [](double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b)); };
  const auto cases = nlohmann::ordered_json::parse(file)["cases"];
  CHECK(cases.size() >= 19);
  for (const auto& reference : cases) {
    CAPTURE(reference["name"].get<std::string>());
    Diagnostics diagnostics;
    const auto read = read_fused_chain(parse_json(reference.dump(), "case"), diagnostics);
    REQUIRE(read);
    const auto& answer = reference["answer"];
    const auto network = chain_answer_json(read->chain, read->fusion)["network"];
    CHECK(near(network["edp"].get<double>(), answer["edp"].get<double>()));
    CHECK(near(network["unfused_edp"].get<double>(), answer["unfused_edp"].get<double>()));
    CHECK(network["compulsory_edp"].get<double>() <= network["edp"].get<double>() * (1.0 + 1e-12));
    CHECK(near(network["edp"].get<double>(), network["energy_pj"].get<double>() * network["cycles"].get<double>()));
    const ChainSchedule homes = schedule_chain(read->chain, Fusion::homes);
    CHECK(network["edp"].get<double>() <= homes.edp());
    CHECK(homes.edp() <= network["unfused_edp"].get<double>());
  }
}
