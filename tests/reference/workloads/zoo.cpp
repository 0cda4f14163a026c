// The zoo against published totals, and ResNet-50 layer by layer against DOSA's table.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <dovetail/workloads/import/formats.hpp>
#include <dovetail/workloads/network.hpp>

#include "support/reference_data.hpp"

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
      {"alexnet-eyeriss", 5, 4L * 665784864, 34848 + 307200 + 884736 + 663552 + 442368, -1},
      {"vgg16", 16, 15470264320, 138344128, 13556712},
      {"resnet18", 21, 1814073344, 11689512 - 10600, 2484712},
      {"resnet50", 54, 4089184256, 25557032 - 54120, 11114984},
      {"mobilenetv2", 53, 300774272, 3504872 - 35112, 6679112},
      {"dqn", 5, 3276800 + 2654208 + 1806336 + 1605632 + 9216, -1, -1},
      {"mlp", 3, 3 * 16 * 512 * 512, 3 * 512 * 512, 3 * 16 * 512},
      {"transformer", 8, 4L * 128 * 512 * 512 + 2L * 128 * 128 * 512 + 2L * 128 * 512 * 2048, 3145728, -1},
      {"bert-base-128", 96, 12 * (4L * 128 * 768 * 768 + 2L * 128 * 128 * 768 + 2L * 128 * 768 * 3072), 84934656, -1},
      {"bert-base-512", 96, 12 * (4L * 512 * 768 * 768 + 2L * 512 * 512 * 768 + 2L * 512 * 768 * 3072), 84934656, -1},
      {"decoder7b-prefill", 9, 2048L * (4L * 4096 * 4096 + 3L * 4096 * 11008) + 2L * 2048 * 2048 * 4096, 202375168, -1},
      {"decoder7b-decode", 9, 4L * 4096 * 4096 + 3L * 4096 * 11008 + 2L * 2048 * 4096, 202375168, -1},
      {"resnet18-3x3", 4, 4L * 115605504, -1, -1},
      // The following as torchvision publishes their GFLOPS (0.39, 0.22, 4.46, 17.56, 0.35, 3.66, 7.61, 0.31, 0.10,
      // 0.14, 2.83); their weights are compared below.
      {"efficientnet-b0", 82, 385814752, -1, -1},
      {"mobilenetv3-large", 64, 216589760, -1, -1},
      {"convnext-t", 59, 4455531264, -1, -1},
      {"vit-b16", 74, 17563828224, -1, -1},
      {"squeezenet1.1", 26, 349151936, -1, -1},
      {"resnet34", 37, 3663761408, -1, -1},
      {"vgg11", 11, 7609090048, -1, -1},
      {"mnasnet1.0", 53, 314415872, -1, -1},
      {"mnasnet0.5", 53, 104455968, -1, -1},
      {"shufflenetv2-1.0", 57, 144907992, -1, -1},
      {"densenet121", 121, 2834161664, -1, -1},
      // Products of the published sizes: layers of width d, heads, feed-forward f, and the output layer.
      {"gpt2", 73, 12 * (4L * 1024 * 768 * 768 + 2L * 1024 * 1024 * 768 + 2L * 1024 * 768 * 3072) + 1024L * 768 * 50257,
       -1, -1},
      {"llama3-8b-prefill", 289,
       32 * (2048L * (2L * 4096 * 4096 + 2L * 4096 * 1024 + 3L * 4096 * 14336) + 2L * 2048 * 2048 * 4096) +
           4096L * 128256,
       -1, -1},
      {"llama3-8b-decode", 289,
       32 * (2L * 4096 * 4096 + 2L * 4096 * 1024 + 3L * 4096 * 14336 + 2L * 2048 * 4096) + 4096L * 128256, -1, -1},
      {"unet", 23, 150428424448, 31023808, -1},  // 23 convolutional layers in the paper; 31.03 M weights from memory
      {"dqn-2013", 2, 16L * 20 * 20 * 4 * 8 * 8 + 32L * 9 * 9 * 16 * 4 * 4, 16 * 4 * 8 * 8 + 32 * 16 * 4 * 4, -1},
      // torchvision's 61 100 840 less 10 344 biases; 569 M multiply-adds and 4 231 976 less 22 888 biases and batch
      // norms.
      {"alexnet-torchvision", 8, 714188480, 61100840 - 10344, -1},
      {"mobilenetv1", 28, 568740352, 4231976 - 22888, -1},
      {"resnet20-cifar", 22, 40813184, -1, -1},
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

// Channels that a convolution writes, or columns of a matrix product.
std::int64_t channels(const Layer& layer) {
  const bool depthwise = find_dimension(layer, "K") < 0;
  std::int64_t count = layer.dimensions[find_dimension(layer, layer.kind == "matmul" ? "N"
                                                              : depthwise            ? "C"
                                                                                     : "K")]
                           .extent;
  if (const int groups = find_dimension(layer, "G"); groups >= 0) count *= layer.dimensions[groups].extent;
  return count;
}

TEST_CASE("weights are the published parameters less biases, norms and embeddings") {
  // Words beside the weights: a norm has two a channel, a bias one.
  using Beside = std::int64_t (*)(const NetworkLayer&);
  const Beside norm_or_bias = [](const NetworkLayer& each) {
    const std::string& name = each.layer.name;
    const bool excitation = name.ends_with(".squeeze") || name.ends_with(".excite");
    return channels(each.layer) * (each.layer.kind == "conv" && !excitation ? 2 : 1);
  };
  const Beside bias = [](const NetworkLayer& each) {
    return each.has_parameters ? each.repeat * channels(each.layer) : 0;
  };
  const Beside norm_before = [](const NetworkLayer& each) {  // of what it reads; the classifier has a bias, too
    if (each.layer.name == "conv0") return std::int64_t{2 * 64};
    if (each.layer.kind == "matmul") return std::int64_t{2 * 1024 + 1000};
    return 2 * each.layer.dimensions[find_dimension(each.layer, "C")].extent;
  };
  const Beside none = [](const NetworkLayer&) { return std::int64_t{0}; };
  struct Published {
    const char* name;
    std::int64_t parameters;  // torchvision 0.15; gpt2 and Llama-3-8B: Hugging Face
    Beside beside;
    std::int64_t others;  // norms elsewhere, embeddings
  };
  const std::vector<Published> published = {
      {"efficientnet-b0", 5288548, norm_or_bias, 0},
      {"mobilenetv3-large", 5483032, norm_or_bias, 0},
      // norms of the stem, of three downsamplings and of the head, norm and scale of each block
      {"convnext-t", 28589128, bias, 2 * (96 + 96 + 192 + 384 + 768) + 3 * (3 * 96 + 3 * 192 + 9 * 384 + 3 * 768)},
      {"vit-b16", 86567656, bias, 768 + 197 * 768 + 25 * 2 * 768},  // class token, positions, norms
      {"squeezenet1.1", 1235496, bias, 0},
      {"resnet34", 21797672, norm_or_bias, 0},
      {"vgg11", 132863336, bias, 0},
      {"mnasnet1.0", 4383312, norm_or_bias, 0},
      {"mnasnet0.5", 2218512, norm_or_bias, 0},
      {"shufflenetv2-1.0", 2278604, norm_or_bias, 0},
      {"densenet121", 7978856, norm_before, 0},
      // positions and norms; the output layer is the embedding and has no bias
      {"gpt2", 124439808, bias, 1024 * 768 + 25 * 2 * 768 - 50257},
      {"llama3-8b-prefill", 8030261248, none, 128256L * 4096 + 65 * 4096},
      {"llama3-8b-decode", 8030261248, none, 128256L * 4096 + 65 * 4096},
  };
  for (const Published& one : published) {
    CAPTURE(one.name);
    const Network network = load_workload(one.name);
    std::int64_t sum = totals(network).parameters + one.others;
    for (const NetworkLayer* layer : layers(network)) sum += one.beside(*layer);
    CHECK(sum == one.parameters);
  }
}

TEST_CASE("ResNet-50 is DOSA's table, layer by layer") {
  const std::filesystem::path path = dovetail::testing::reference_path("dosa/networks.csv");
  if (!std::filesystem::exists(path)) {
    dovetail::testing::skip("DOSA's table is not here");
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

TEST_CASE("transformers list what multiplies nothing: a softmax over every score, an addition after every sublayer") {
  const Imported bert = import_workload({"bert-base-128"});
  std::int64_t softmax = 0, added = 0;
  for (const IdleOperator& one : bert.idle) {
    if (one.operation == "Softmax") softmax += one.elements_written;
    if (one.operation == "Add") added += one.elements_written;
  }
  CHECK(softmax == 12 * 12 * 128 * 128);
  CHECK(added == 12 * 2 * 128 * 768);
  for (const char* name : {"transformer", "bert-base-512", "gpt2", "vit-b16", "decoder7b-prefill", "decoder7b-decode",
                           "llama3-8b-prefill", "llama3-8b-decode"})
    CHECK_MESSAGE(!import_workload({name}).idle.empty(), name);
}
