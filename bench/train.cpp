// Speed of training: images a second of processor time and GFLOP/s of one core on chains of 16 x 16 grey images, 6
// operations per multiply-accumulate (forward, and two products back); then how well short trainings rank chains:
//     train [--rank]
#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <dovetail/engine/train/training.hpp>
#include <dovetail/spaces/network/network_family.hpp>

using namespace dovetail;

namespace {

struct Chain {
  std::vector<int> kernels, filters;
};

Network network_of(const Chain& chain, int size) {
  Network network;
  network.name = "chain";
  int channels = 1;
  const auto add = [&](Layer layer) {
    boost::add_vertex(NetworkLayer{std::move(layer)}, network.graph);
    const auto count = boost::num_vertices(network.graph);
    if (count > 1) boost::add_edge(count - 2, count - 1, network.graph);
  };
  for (std::size_t i = 0; i < chain.kernels.size(); ++i) {
    const int stride = i == 0 ? 1 : 2;
    size = (size + stride - 1) / stride;
    add(make_conv({.name = fmt::format("conv{}", i + 1),
                   .in_channels = channels,
                   .out_channels = chain.filters[i],
                   .out_height = size,
                   .out_width = size,
                   .kernel_height = chain.kernels[i],
                   .kernel_width = chain.kernels[i],
                   .stride_height = stride,
                   .stride_width = stride,
                   .padding_height = chain.kernels[i] / 2,
                   .padding_width = chain.kernels[i] / 2}));
    channels = chain.filters[i];
  }
  add(make_matmul({.name = "head", .rows = 1, .columns = 10, .depth = channels}));
  return network;
}

std::string name_of(const Chain& chain) {
  std::string text;
  for (std::size_t i = 0; i < chain.kernels.size(); ++i)
    text += fmt::format("{}{}x{}:{}", i == 0 ? "" : " ", chain.kernels[i], chain.kernels[i], chain.filters[i]);
  return text;
}

std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (std::size_t k = i; k < end; ++k) result[order[k]] = 0.5 * static_cast<double>(i + end - 1);
    i = end;
  }
  return result;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto mean = [](const std::vector<double>& v) {
    return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
  };
  const double ma = mean(a), mb = mean(b);
  double ab = 0.0, aa = 0.0, bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace

int main(int argc, char** argv) {
  const bool rank = argc > 1 && std::strcmp(argv[1], "--rank") == 0;
  const std::vector<Chain> chains = {{{1}, {16}},
                                     {{3, 3}, {8, 8}},
                                     {{5}, {8}},
                                     {{3, 3}, {16, 32}},
                                     {{7, 3}, {16, 16}},
                                     {{3, 3, 3}, {8, 16, 24}},
                                     {{5, 3, 3}, {16, 24, 24}},
                                     {{3, 3, 3}, {24, 48, 64}},
                                     {{5, 3, 3}, {24, 36, 36}},
                                     {{7, 5, 3}, {24, 36, 48}}};
  const Images images = make_textures({.count = 4000, .difficulty = 0.5, .seed = 1});
  TrainingOptions options;
  const TrainingSplit parts = split(images, options);
  fmt::print("{:28} {:>10} {:>10} {:>8} {:>9} {:>9}\n", "chain", "MACs", "images/s", "GFLOP/s", "accuracy", "seconds");
  std::vector<double> cheap, full;
  for (const Chain& chain : chains) {
    const TrainReading reading = train_graph(network_of(chain, 16), 1, 16, 16);
    if (!reading.graph) {
      fmt::print("{}\n", reading.refusal);
      continue;
    }
    options.epochs = 4;
    const std::clock_t start = std::clock();
    const TrainingResult result = train(*reading.graph, images, parts, options);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    const double trained = static_cast<double>(parts.training.size()) * options.epochs,
                 seen = trained + static_cast<double>(parts.validation.size()) * options.epochs / 3.0;
    cheap.push_back(result.accuracy);
    fmt::print("{:28} {:10.0f} {:10.0f} {:8.1f} {:9.3f} {:9.2f}\n", name_of(chain), reading.graph->macs(),
               trained / seconds, seen * reading.graph->macs() * 6.0 / seconds / 1e9, result.accuracy, seconds);
    std::fflush(stdout);
    if (!rank) continue;
    options.epochs = 20;
    full.push_back(train(*reading.graph, images, parts, options).accuracy);
  }
  if (rank)
    fmt::print("rank correlation of 4 epochs with 20 over {} chains: {:.2f}\n", cheap.size(),
               correlation(ranks(cheap), ranks(full)));
}
