// Networks as lists of runs: who reads whose result, what is added where, and which results may live on chip.
#include <doctest/doctest.h>

#include <algorithm>

#include <dovetail/engine/fuse/activations.hpp>

using namespace dovetail;

namespace {

int place_of(const RunningNetwork& network, const std::string& name) {
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (network.layers[i].layer.name == name) return static_cast<int>(i);
  }
  return -1;
}

bool adds(const RunningNetwork& network, const std::string& from, const std::string& into) {
  return std::any_of(network.adds.begin(), network.adds.end(), [&](const RunningAdd& add) {
    return add.from == place_of(network, from) && add.into == place_of(network, into);
  });
}

}  // namespace

TEST_CASE("residual networks add once for each sum, to the later result") {
  const RunningNetwork resnet = running_network(load_workload("resnet18"));
  CHECK(resnet.adds.size() == 8);
  CHECK(adds(resnet, "conv1", "layer1.0.conv2"));  // pooled on the way: 64 x 56 x 56 words
  CHECK(adds(resnet, "layer2.0.conv2", "layer2.0.downsample"));
  CHECK(resnet.adds.front().words == 64 * 56 * 56);
  const auto conv1 = static_cast<std::size_t>(place_of(resnet, "conv1"));
  CHECK(resnet.may_live[conv1] == 0);  // 112 rows are written, 56 are read
  const auto first = static_cast<std::size_t>(place_of(resnet, "layer1.0.conv1"));
  CHECK(resnet.may_live[first] == 1);
  CHECK(resnet.for_next_only[first] == 1);
  CHECK(resnet.last_reader[static_cast<std::size_t>(place_of(resnet, "layer1.0.conv2"))] ==
        place_of(resnet, "layer1.1.conv2"));
  const RunningNetwork mobile = running_network(load_workload("mobilenetv2"));
  CHECK(mobile.adds.size() == 10);
  CHECK(adds(mobile, "block2.project", "block3.project"));
  CHECK(mobile.may_live[static_cast<std::size_t>(place_of(mobile, "conv18"))] == 0);  // averaged before fc
}

TEST_CASE("rows of a convolution need rows of the one before") {
  const RunningNetwork mobile = running_network(load_workload("mobilenetv2"));
  const RunningLayer& expand = mobile.layers[static_cast<std::size_t>(place_of(mobile, "block4.expand"))];
  const RunningLayer& depthwise = mobile.layers[static_cast<std::size_t>(place_of(mobile, "block4.depthwise"))];
  REQUIRE(expand.axes.size() == 1);
  const auto axis = axis_fed_by(expand, expand.axes.front(), depthwise);
  REQUIRE(axis);
  CHECK(axis->rows == 28);
  CHECK(axis->stride == 2);
  CHECK(axis->window == 3);
  CHECK(axis->padding == 1);
  CHECK(axis->need(14) == 29);
  CHECK(with_rows(expand.layer, expand.axes.front(), 29)
            .dimensions[static_cast<std::size_t>(expand.axes.front().dimension)]
            .extent == 29);
}

TEST_CASE("products of two activations read both") {
  const RunningNetwork bert = running_network(load_workload("bert-base-512"));
  const RunningLayer& scores = bert.layers[static_cast<std::size_t>(place_of(bert, "scores"))];
  CHECK(scores.reads == place_of(bert, "query"));
  CHECK(scores.reads_weights == place_of(bert, "key"));
  const RunningLayer& context = bert.layers[static_cast<std::size_t>(place_of(bert, "context"))];
  CHECK(context.reads == place_of(bert, "scores"));
  CHECK(context.axes.size() == 2);  // heads and rows
  const auto fed = axis_fed_by(scores, scores.axes.front(), context);
  REQUIRE(fed);
  CHECK(fed->rows == 12);
}
