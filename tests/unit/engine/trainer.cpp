// The trainer: products against plain loops, gradients against finite differences, equal bits, what it refuses.
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include <dovetail/engine/train/model.hpp>
#include <dovetail/engine/train/training.hpp>
#include <dovetail/spaces/network/network_family.hpp>
#include <dovetail/spaces/space/random.hpp>

using namespace dovetail;

namespace {

std::vector<double> draws(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> values(count);
  for (double& value : values) value = random.normal();
  return values;
}

// A convolution as its definition reads.
std::vector<double> plain(const ConvSizes& s, int images, const std::vector<double>& x, const std::vector<double>& w) {
  std::vector<double> y(static_cast<std::size_t>(images * s.out_height * s.out_width * s.out_channels), 0.0);
  const int in = s.in_channels / s.groups, out = s.out_channels / s.groups;
  for (int n = 0; n < images; ++n)
    for (int oy = 0; oy < s.out_height; ++oy)
      for (int ox = 0; ox < s.out_width; ++ox)
        for (int o = 0; o < s.out_channels; ++o)
          for (int ky = 0; ky < s.kernel; ++ky)
            for (int kx = 0; kx < s.kernel; ++kx)
              for (int c = 0; c < in; ++c) {
                const int iy = oy * s.stride - s.padding + ky, ix = ox * s.stride - s.padding + kx, g = o / out;
                if (iy < 0 || ix < 0 || iy >= s.in_height || ix >= s.in_width) continue;
                const int weight = s.depthwise() ? (ky * s.kernel + kx) * s.out_channels + o
                                                 : g * out * in * s.kernel * s.kernel +
                                                       ((ky * s.kernel + kx) * in + c) * out + o % out;
                y[static_cast<std::size_t>(((n * s.out_height + oy) * s.out_width + ox) * s.out_channels + o)] +=
                    w[static_cast<std::size_t>(weight)] *
                    x[static_cast<std::size_t>(((n * s.in_height + iy) * s.in_width + ix) * s.in_channels + g * in +
                                               c)];
              }
  return y;
}

TrainNode node(const char* name, int in, int out, int groups, int kernel, int stride, int padding, int in_size,
               int out_size, std::vector<TrainRead> reads) {
  return {name, in, out, groups, kernel, stride, padding, in_size, in_size, out_size, out_size, std::move(reads)};
}

// All that the trainer knows: strides, groups, depthwise, windows, a sum, the mean of a map.
TrainGraph all_kinds() {
  TrainGraph graph;
  graph.channels = 2;
  graph.height = graph.width = 9;
  graph.classes = 3;
  graph.nodes = {
      node("first", 2, 4, 1, 3, 1, 1, 9, 9, {{-1, 1}}),      node("grouped", 4, 6, 2, 3, 2, 1, 4, 2, {{0, 2}}),
      node("depthwise", 4, 4, 4, 3, 2, 1, 9, 5, {{0, 1}}),   node("point", 4, 6, 1, 1, 1, 0, 2, 2, {{2, 2}}),
      node("sum", 6, 5, 1, 2, 1, 1, 2, 3, {{1, 1}, {3, 1}}), node("head", 5, 3, 1, 1, 1, 0, 1, 1, {{4, 0}})};
  return graph;
}

TrainGraph small_chain() {
  const NetworkFamily chain =
      load_network_family("chain", {{"input", parse_yaml("1x8x8", "test")}, {"classes", parse_yaml("4", "test")}});
  Diagnostics diagnostics;
  const Point point =
      network_point(chain, {{"depth", "4"}, {"kernel1", "3"}, {"stride1", "2"}, {"kernel3", "3"}}, "test", diagnostics);
  const TrainReading reading = train_graph(chain.instantiate(point), 1, 8, 8);
  CHECK(reading.refusal == "");
  return *reading.graph;
}

}  // namespace

TEST_CASE("convolutions are what their definition says") {
  const std::vector<ConvSizes> cases = {{3, 5, 1, 3, 1, 1, 6, 7, 6, 7},   {4, 6, 2, 3, 2, 1, 7, 7, 4, 4},
                                        {6, 6, 6, 5, 1, 2, 5, 5, 5, 5},   {3, 4, 1, 1, 1, 0, 4, 4, 4, 4},
                                        {2, 3, 1, 4, 3, 0, 10, 10, 3, 3}, {4, 8, 4, 1, 2, 0, 5, 5, 3, 3}};
  for (const ConvSizes& s : cases) {
    const int images = 3;
    const auto x = draws(static_cast<std::size_t>(images * s.in_height * s.in_width * s.in_channels), 1),
               w = draws(s.weights(), 2), wanted = plain(s, images, x, w);
    std::vector<double> y(wanted.size()), scratch;
    conv_forward(s, images, x.data(), w.data(), y.data(), scratch);
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(y[i] == doctest::Approx(wanted[i]).epsilon(1e-12));
  }
}

TEST_CASE("gradients agree with finite differences") {
  TrainModel<double> model(all_kinds(), 7);
  const int images = 4;
  const std::vector<double> x = draws(images * 9 * 9 * 2, 3);
  const std::vector<int> labels = {0, 2, 1, 2};
  // Shifts away from zero: no ReLU stands at its corner.
  Random random(11);
  for (double& p : model.parameters()) p += 0.05 * random.normal();
  model.forward(x, images, true);
  model.backward(labels);
  const std::vector<double> gradient(model.gradient().begin(), model.gradient().end());
  const auto loss = [&] {
    model.forward(x, images, true);
    TrainModel<double> copy = model;
    return copy.backward(labels);
  };
  double worst = 0.0, largest = 0.0;
  for (std::size_t i = 0; i < gradient.size(); i += 3) {
    double& p = model.parameters()[i];
    const double at = p, h = 1e-6;
    p = at + h;
    const double up = loss();
    p = at - h;
    const double down = loss();
    p = at;
    worst = std::max(worst, std::abs((up - down) / (2 * h) - gradient[i]));
    largest = std::max(largest, std::abs(gradient[i]));
  }
  CHECK(largest > 0.01);
  CHECK(worst < 1e-6 * std::max(1.0, largest));
}

TEST_CASE("a training is a function of its arguments") {
  const TrainGraph graph = small_chain();
  const Images images =
      make_textures({.height = 8, .width = 8, .classes = 4, .count = 240, .difficulty = 0.2, .seed = 5});
  CHECK(images.pixels ==
        make_textures({.height = 8, .width = 8, .classes = 4, .count = 240, .difficulty = 0.2, .seed = 5}).pixels);
  TrainingOptions options;
  options.epochs = 6;
  options.batch = 16;
  options.holdout = 0.25;
  options.crop = 1;
  options.flip = true;
  const TrainingSplit parts = split(images, options);
  CHECK(parts.training.size() == 180);
  CHECK(parts.validation.size() == 60);
  std::vector<std::uint32_t> all = parts.training;
  all.insert(all.end(), parts.validation.begin(), parts.validation.end());
  std::sort(all.begin(), all.end());
  for (std::uint32_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == i);

  const TrainingResult once = train(graph, images, parts, options);
  CHECK(once.accuracies.size() == 6);
  CHECK(once.accuracy > 0.4);  // four classes: 0.25 by chance
  int calls = 0;
  const TrainingResult cut = train(graph, images, parts, options, [&] { return ++calls > 17; });
  CHECK(cut.stopped);
  const TrainingResult again = train(graph, images, parts, options);
  CHECK(again.accuracies == once.accuracies);
  CHECK(again.loss == once.loss);
  options.seed = 1;
  CHECK(train(graph, images, parts, options).loss != once.loss);

  options.patience = 1;
  options.epochs = 40;
  const TrainingResult patient = train(graph, images, parts, options);
  CHECK(patient.accuracies.size() < 40);
  CHECK(patient.accuracy == *std::max_element(patient.accuracies.begin(), patient.accuracies.end()));

  options.memory_mb = 0.1;
  CHECK(train(graph, images, parts, options).failure.find("(memory_mb)") != std::string::npos);
  options.memory_mb = 1000;
  options.rate = 1e30;
  CHECK(train(graph, images, parts, options).failure.find("diverged") != std::string::npos);
}

TEST_CASE("what is trained of a network, and what is refused by name") {
  const TrainGraph chain = small_chain();
  CHECK(chain.nodes.size() == 5);
  CHECK(chain.nodes.front().stride == 2);
  CHECK(chain.nodes.back().reads.front().pool == 0);
  CHECK(chain.classes == 4);
  const auto refusal = [](const std::string& name) {
    const Network network = load_workload(name);
    const ImageShape shape = image_shape(network).value_or(ImageShape{});
    return train_graph(network, shape.channels, shape.height, shape.width).refusal;
  };
  CHECK(refusal("squeezenet1.1").find("a join of channels") != std::string::npos);
  CHECK(refusal("bert-base-128") != "");
  CHECK(refusal("alexnet-torchvision") == "");  // windows between layers follow from their sizes
  CHECK(refusal("vgg11") == "");
  const auto family = [](const std::string& name) { return load_network_family(name).unseen_steps(); };
  CHECK(family("chain").empty());
  CHECK(family("resnet9").empty());
  CHECK(family("ibn").empty());
  CHECK_FALSE(family("nb201").empty());
  CHECK_FALSE(family("shuffle20").empty());
  CHECK_FALSE(family("unet").empty());
  const NetworkFamily resnet = load_network_family("resnet9");
  for (std::uint64_t i = 0; i < 20; ++i) {
    Random random(i);
    const TrainReading reading = train_graph(resnet.instantiate(*resnet.draw(random)), 3, 32, 32);
    CHECK(reading.refusal == "");
  }
}
