// The zoo against published totals, and ResNet-50 layer by layer against DOSA's table.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <dovetail/workloads/network.hpp>

using namespace dovetail;

TEST_CASE("totals agree with those published") {
  struct Published {
    const char* name;
    std::int64_t layers, macs, parameters, activations;
  };
  // alexnet, vgg16: Sze et al. 2017 (arXiv:1703.09039), table 2: 724 M and 15.5 G MACs, 61 M and 138 M weights.
  // resnet18, resnet50, mobilenetv2: torchvision's parameter counts (11 689 512, 25 557 032, 3 504 872) less biases and
  // batch norms (10 600, 54 120, 35 112); activations as timm publishes them: 2.48, 11.11, 6.68 (vgg16: 13.56) million.
  // resnet50: 4.089 GMAC in DOSA's table. bert: 12 (4 s d^2 + 2 s^2 d + 2 s d f). -1: nothing is published.
  const std::vector<Published> published = {
      {"alexnet", 8, 724406816, 60954656, -1},
      {"vgg16", 16, 15470264320, 138344128, 13556712},
      {"resnet18", 21, 1814073344, 11689512 - 10600, 2484712},
      {"resnet50", 54, 4089184256, 25557032 - 54120, 11114984},
      {"mobilenetv2", 53, 300774272, 3504872 - 35112, 6679112},
      {"dqn", 5, 3276800 + 2654208 + 1806336 + 1605632 + 9216, -1, -1},
      {"mlp", 3, 3 * 16 * 512 * 512, 3 * 512 * 512, 3 * 16 * 512},
      {"transformer", 8, 4L * 128 * 512 * 512 + 2L * 128 * 128 * 512 + 2L * 128 * 512 * 2048, 3145728, -1},
      {"bert-base-128", 96, 12 * (4L * 128 * 768 * 768 + 2L * 128 * 128 * 768 + 2L * 128 * 768 * 3072),
       84934656, -1},
      {"bert-base-512", 96, 12 * (4L * 512 * 768 * 768 + 2L * 512 * 512 * 768 + 2L * 512 * 768 * 3072),
       84934656, -1},
      {"decoder7b-prefill", 9, 2048L * (4L * 4096 * 4096 + 3L * 4096 * 11008) + 2L * 2048 * 2048 * 4096,
       202375168, -1},
      {"decoder7b-decode", 9, 4L * 4096 * 4096 + 3L * 4096 * 11008 + 2L * 2048 * 4096, 202375168, -1},
      {"resnet18-3x3", 4, 4L * 115605504, -1, -1},
  };
  CHECK(published.size() == zoo_names().size());
  for (const Published& one : published) {
    CAPTURE(one.name);
    const Network network = load_workload(one.name);
    const Totals total = totals(network);
    CHECK(network.name == one.name);
    CHECK_FALSE(network.source.empty());
    CHECK(total.layers == one.layers);
    CHECK(total.macs == one.macs);
    if (one.parameters >= 0) CHECK(total.parameters == one.parameters);
    if (one.activations >= 0) CHECK(total.activations == one.activations);
    CHECK(topological_order(network).size() == boost::num_vertices(network.graph));
  }
}

TEST_CASE("ResNet-50 is DOSA's table, layer by layer") {
  const std::filesystem::path path =
      std::filesystem::path(DOVETAIL_SHARED_DIR) / "reference/dosa/networks.csv";
  if (!std::filesystem::exists(path)) {
    MESSAGE("skipped: DOSA's table is not here");
    return;
  }
  using Shape = std::vector<std::int64_t>;  // R S P Q C K N strides
  std::map<Shape, std::int64_t> theirs, ours;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with("resnet50,")) continue;
    std::stringstream fields(line);
    std::vector<std::string> cells;
    for (std::string cell; std::getline(fields, cell, ',');) cells.push_back(cell);
    Shape shape;
    for (std::size_t i : {2, 3, 4, 5, 6, 7, 8, 9, 10}) shape.push_back(std::stoll(cells.at(i)));
    theirs[shape] += std::stoll(cells.at(13));
  }
  for (const UniqueLayer& unique : unique_layers(load_workload("resnet50"))) {
    const Layer& layer = unique.layer;
    auto extent = [&](const char* name) {
      const int d = find_dimension(layer, name);
      return d < 0 ? 1 : layer.dimensions[d].extent;
    };
    if (layer.kind == "matmul") {
      ours[{1, 1, 1, 1, extent("K"), extent("N"), extent("M"), 1, 1}] += unique.count;
    } else {
      const Tensor& inputs = layer.tensors[find_tensor(layer, "Inputs")];
      ours[{extent("R"), extent("S"), extent("P"), extent("Q"), extent("C"), extent("K"), extent("N"),
            inputs.axes[3][0].coefficient, inputs.axes[2][0].coefficient}] += unique.count;
    }
  }
  CHECK(ours.size() == 24);
  CHECK(ours == theirs);
}
