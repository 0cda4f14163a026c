// Network families: counts, published sizes, the language of their steps, and located mistakes.
#include <doctest/doctest.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include <dovetail/spaces/network/network_family.hpp>

using namespace dovetail;

namespace {

std::string message(const std::string& text) {
  try {
    read_network_family(parse_yaml(text, "f.yaml"));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::int64_t macs_of(const NetworkFamily& family, std::vector<std::pair<std::string, std::string>> values) {
  Diagnostics diagnostics;
  const Point point = network_point(family, values, "test", diagnostics);
  diagnostics.raise();
  return totals(family.instantiate(point)).macs;
}

const char* const small =
    "name: small\n"
    "input: 3x8x8\n"
    "parameters:\n"
    "  depth: {low: 1, high: 3}\n"
    "  kernel: {for: {i: 1..3}, values: [1, 3], when: i <= depth}\n"
    "layers:\n"
    "- conv: {for: {i: 1..3}, when: i <= depth, conv: c -> 4, kernel: 'kernel[i]', pad: '(kernel[i] - 1) / 2'}\n"
    "- head: {linear: c * h * w -> 10}\n";

}  // namespace

TEST_CASE("counts of networks are exact") {
  CHECK(load_network_family("nb201").space().count().feasible == 15625);
  // 2 + 4 + 8 kernels of depths 1 to 3.
  const NetworkFamily family = read_network_family(parse_yaml(small, "f.yaml"));
  CHECK(family.space().count().feasible == 14);
  CHECK(family.space().count().exact);
  // Twenty layers of four operators with ten factors; sixteen of them may be left out.
  CHECK(load_network_family("shuffle20").space().count().feasible ==
        doctest::Approx(std::pow(40.0, 4) * std::pow(41.0, 16)).epsilon(1e-9));
  CHECK(load_network_family("chain").space().count().feasible == doctest::Approx(3.566e19).epsilon(1e-3));
}

TEST_CASE("nb201 has the multiply-accumulates of the published skeleton") {
  const NetworkFamily family = load_network_family("nb201");
  const auto all = [&](const std::string& op) {
    std::vector<std::pair<std::string, std::string>> values;
    for (int e = 0; e < 6; ++e) values.emplace_back("edge" + std::to_string(e), op);
    return macs_of(family, values);
  };
  // Stem 3 x 16 x 9 x 32^2; reductions 2 x (16 x 32 x 9 + 32 x 32 x 9 + 16 x 32) x 16^2 (the second has the same); 640
  // of the head.
  const std::int64_t skeleton = 442368 + 2 * (1179648 + 2359296 + 131072) + 640;
  CHECK(all("none") == skeleton);
  CHECK(all("skip") == skeleton);
  CHECK(all("avgpool") == skeleton);
  CHECK(all("conv3x3") == skeleton + 15 * 6 * 2359296);  // 220.1 M, as published
  CHECK(all("conv1x1") == skeleton + 15 * 6 * 262144);
}

TEST_CASE("the canonical text of nb201 is six digits") {
  const NetworkFamily family = load_network_family("nb201");
  Diagnostics diagnostics;
  const Point point = network_point(family,
                                    {{"nn.edge0", "conv1x1"},
                                     {"edge1", "conv3x3"},
                                     {"edge2", "none"},
                                     {"edge3", "skip"},
                                     {"edge4", "conv1x1"},
                                     {"edge5", "avgpool"}},
                                    "test", diagnostics);
  REQUIRE_FALSE(diagnostics.failed());
  CHECK(family.key(point) == "230124");
  CHECK(family.operators(point)[5].block == "edge5");
  CHECK(family.operators(point)[5].operation == "avgpool");
}

TEST_CASE("edges of a network follow what steps read") {
  const NetworkFamily family = load_network_family("resnet9");
  Diagnostics diagnostics;
  const Point point = network_point(family, {{"skips1", "2"}}, "test", diagnostics);
  const Network network = family.instantiate(point);
  // first, block1.conv, residual.conv1, residual.conv2, block2.conv: the last reads the sum of two.
  std::size_t reader = 0;
  for (std::size_t i = 0; i < layers(network).size(); ++i)
    if (layers(network)[i]->layer.name == "block2.conv") reader = i;
  REQUIRE(reader > 0);
  CHECK(boost::in_degree(reader, network.graph) == 2);
}

TEST_CASE("an inactive parameter cannot be given") {
  const NetworkFamily family = read_network_family(parse_yaml(small, "f.yaml"));
  Diagnostics diagnostics;
  network_point(family, {{"depth", "2"}, {"nn.kernel3", "3"}}, "--at", diagnostics);
  REQUIRE(diagnostics.failed());
  CHECK(diagnostics.all().front().message.find("nn.kernel3 does not exist in this network: it needs (3 <= nn.depth)") ==
        0);
}

TEST_CASE("mistakes stand where they are") {
  const std::string text = small;
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string result = text;
    result.replace(result.find(from), from.size(), to);
    return message(result);
  };
  CHECK(message(text).empty());
  CHECK(changed("'kernel[i]'", "'kernels[i]'").find("f.yaml:7") == 0);
  CHECK(changed("'kernel[i]'", "'kernels[i]'").find("did you mean") != std::string::npos);
  CHECK(changed("'kernel[i]'", "'kernel[i + 1]'").find("'kernel4' does not exist") != std::string::npos);
  const std::string misspelt = changed("when: i <= depth}", "when: i <= deth}");
  CHECK(misspelt.find("f.yaml:5:") == 0);
  CHECK(misspelt.find("unknown name 'deth'; did you mean 'depth'") != std::string::npos);
  CHECK(misspelt.find('\n') == std::string::npos);  // once, not once per round of the loop
  CHECK(changed("conv: c -> 4", "convolution: c -> 4").find("needs one of choose, conv") != std::string::npos);
  CHECK(changed("kernel: 'kernel[i]'", "kernal: 'kernel[i]'").find("did you mean 'kernel'") != std::string::npos);
  CHECK(changed("c -> 4", "c -> 4.5").find("allowed is a whole number") != std::string::npos);
  CHECK(changed("pad: '(kernel[i] - 1) / 2'", "stride: 4").find("is missing") != std::string::npos);
  CHECK(changed("low: 1, high: 3", "low: 3, high: 1").find("whole numbers in order") != std::string::npos);
  CHECK(changed("layers:\n", "constraints: [depth > 3]\nlayers:\n").find("the family has no network") !=
        std::string::npos);
  CHECK(changed("values: [1, 3]", "values: [3, 1]").find("do not ascend") != std::string::npos);
  CHECK(changed("input: 3x8x8", "input: 3x8").find("channels x height x width") != std::string::npos);
}
