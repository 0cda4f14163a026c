// Networks of the zoo against ONNX models of them: their totals.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include <dovetail/workloads/import/formats.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;

TEST_CASE("the zoo has the totals of its ONNX forms") {
  for (const Format& format : formats()) {
    if (format.name == "onnx" && !format.unavailable.empty()) {
      dovetail::testing::skip("built without ONNX");
      return;
    }
  }
  struct Pair {
    const char *name, *path;
  };
  const std::vector<Pair> pairs = {
      {"mobilenetv2", "zigzag/zigzag/inputs/workload/mobilenetv2.onnx"},
      {"densenet121", "onnx/onnx/backend/test/data/light/light_densenet121.onnx"},
  };
  for (const Pair& pair : pairs) {
    CAPTURE(pair.name);
    const auto path = dovetail::testing::reference_path("import") / pair.path;
    if (!std::filesystem::exists(path)) {
      dovetail::testing::skip("no " + std::string(pair.path));
      continue;
    }
    const Totals ours = totals(load_workload(pair.name));
    const Totals theirs = totals(import_workload({path.string()}).network);
    CHECK(ours.layers == theirs.layers);
    CHECK(ours.macs == theirs.macs);
    CHECK(ours.parameters == theirs.parameters);
    CHECK(ours.activations == theirs.activations);
  }
}

TEST_CASE("ResNet-18 and MobileNetV2 have the totals that their ONNX models have") {
  const Totals resnet = totals(load_workload("resnet18")), mobilenet = totals(load_workload("mobilenetv2"));
  CHECK(resnet.macs == 1'814'073'344);
  CHECK(resnet.parameters == 11'678'912);
  CHECK(resnet.layers == 21);
  CHECK(mobilenet.macs == 300'774'272);
  CHECK(mobilenet.parameters == 3'469'760);
  CHECK(mobilenet.layers == 53);
}
