// Random points of every network family decode to legal networks, whose documents read back as the same networks.
#include <doctest/doctest.h>

#include <cstdlib>
#include <set>

#include <nlohmann/json.hpp>

#include <dovetail/spaces/network/network_family.hpp>
#include <dovetail/workloads/text/document.hpp>

using namespace dovetail;

namespace {

// 10 000 with DOVETAIL_NETWORKS=10000.
int draws() {
  const char* wanted = std::getenv("DOVETAIL_NETWORKS");
  return wanted != nullptr ? std::max(1, std::atoi(wanted)) : 150;
}

std::set<std::pair<std::size_t, std::size_t>> edges(const Network& network) {
  std::set<std::pair<std::size_t, std::size_t>> all;
  for (auto [at, end] = boost::edges(network.graph); at != end; ++at)
    all.emplace(boost::source(*at, network.graph), boost::target(*at, network.graph));
  return all;
}

}  // namespace

TEST_CASE("every point of every family is a legal network, and reads back from its document") {
  for (const std::string& name : network_family_names()) {
    CAPTURE(name);
    const NetworkFamily family = load_network_family(name);
    Random random(1, {2});
    for (int i = 0; i < draws(); ++i) {
      const auto point = family.draw(random);
      REQUIRE(point);
      REQUIRE(family.space().contains(*point));
      const Network network = family.instantiate(*point);
      const Totals all = totals(network);
      REQUIRE(all.layers > 0);
      REQUIRE(all.macs > 0);
      for (const NetworkLayer* layer : layers(network)) REQUIRE(check(layer->layer).empty());
      if (i % 10 != 0) continue;
      const Network back = read_workload(from_json(family.document(*point), "network"));
      REQUIRE(layers(back).size() == layers(network).size());
      for (std::size_t l = 0; l < layers(network).size(); ++l) {
        CHECK(shape_key(layers(back)[l]->layer) == shape_key(layers(network)[l]->layer));
        CHECK(layers(back)[l]->layer.name == layers(network)[l]->layer.name);
      }
      CHECK(edges(back) == edges(network));
    }
  }
}

TEST_CASE("inactive parameters stand at their first value, so equal networks are equal points") {
  for (const std::string& name : network_family_names()) {
    CAPTURE(name);
    const NetworkFamily family = load_network_family(name);
    Random random(3, {4});
    for (int i = 0; i < 50; ++i) {
      const Point point = *family.draw(random);
      const std::vector<char> active = family.active(point);
      for (std::size_t p = 0; p < active.size(); ++p) {
        if (active[p] != 0) continue;
        const auto* range = std::get_if<IntegerRange>(&family.space().parameters()[p].domain);
        CHECK(point.numbers[p] == (range != nullptr ? static_cast<double>(range->low) : 0.0));
        Point other = point;
        other.numbers[p] += 1.0;
        CHECK_FALSE(family.space().contains(other));
      }
    }
  }
}

TEST_CASE("draws of a stratified family take every depth about equally often") {
  const NetworkFamily chain = load_network_family("chain");
  REQUIRE(chain.stratum() == 0);
  Random random(5, {6});
  std::map<double, int> depths;
  constexpr int count = 1100;
  for (int i = 0; i < count; ++i) ++depths[chain.draw(random)->numbers[0]];
  REQUIRE(depths.size() == 11);
  for (const auto& [depth, times] : depths) {
    CAPTURE(depth);
    CHECK(times > 60);  // 100 expected, 10 standard deviation
    CHECK(times < 140);
  }
}
