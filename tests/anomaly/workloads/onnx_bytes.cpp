// ONNX files that are cut off or changed byte by byte: a message each, never a crash.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include <dovetail/workloads/import/formats.hpp>
#include <support/onnx_model.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;
using namespace dovetail::test;

namespace {

// Reads the bytes as an ONNX file; whether a network came of them. Any exception but InputError fails the test.
bool reads(const std::string& bytes) {
  const std::string path = (std::filesystem::temp_directory_path() / "dovetail_anomaly_onnx.onnx").string();
  std::ofstream(path, std::ios::binary) << bytes;
  try {
    import_source(Source(path), {"onnx", {}});
    return true;
  } catch (const InputError& error) {
    CHECK(std::string(error.what()).starts_with(path + ":"));
    return false;
  }
}

std::string small_model() {
  OnnxModel model;
  model.input("x", {1, 3, 16, 16}).weights_with_data("w", {4, 3, 3, 3}).integers("shape", {1, -1});
  model.node("Conv", "conv", {"x", "w"}, {"c"}, {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}, {"group", 1}});
  model.node("BatchNormalization", "bn", {"c", "s", "s", "s", "s"}, {"n"})
      .weights("s", {4})
      .node("Relu", "relu", {"n"}, {"r"});
  model.node("Shape", "sizes", {"r"}, {"z"})
      .node("Slice", "head", {"z", "from", "to"}, {"h"})
      .integers("from", {0})
      .integers("to", {1});
  model.integers("rest", {-1}).node("Concat", "target", {"h", "rest"}, {"t"}, {{"axis", 0}});
  model.node("Reshape", "flat", {"r", "t"}, {"f"})
      .weights("v", {1024, 10})
      .node("MatMul", "fc", {"f", "v"}, {"y"})
      .output("y");
  OnnxModel body;
  body.node("Relu", "inner", {"y"}, {"o"}).output("o", {1, 10});
  model.node("If", "choice", {"k"}, {"o2"}, {{"then_branch", body.graph()}, {"else_branch", body.graph()}})
      .input("k", {});
  return model.model().data();
}

}  // namespace

TEST_CASE("every prefix and many changes of a model") {
  const std::string whole = small_model();
  if (!reads(whole)) {
    dovetail::testing::skip("built without ONNX");
    return;
  }
  for (std::size_t length = 0; length < whole.size(); length += 3) reads(whole.substr(0, length));
  std::mt19937 random(1);
  int accepted = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string changed = whole;
    for (int c = 0; c <= i % 4; ++c) {
      const std::size_t at = random() % changed.size();
      switch (random() % 3) {
        case 0:
          changed[at] = static_cast<char>(random());
          break;
        case 1:
          changed[at] = static_cast<char>(changed[at] ^ (1 << (random() % 8)));
          break;
        default:
          changed.erase(at, 1 + random() % 4);
      }
    }
    accepted += reads(changed) ? 1 : 0;
  }
  MESSAGE(accepted << " of 2000 changed models are still networks");
}

TEST_CASE("no model at all") {
  CHECK_FALSE(reads(""));
  CHECK_FALSE(reads("ir_version: 7\n"));
  CHECK_FALSE(reads(std::string(100'000, '\xff')));
  CHECK_FALSE(reads(std::string("\x08\x07\x3a\xff\xff\xff\xff\x07", 8)));  // a graph of 2 GiB in 8 bytes
  // graphs inside attributes, 2 000 deep
  std::string deep = Message().data();
  for (int i = 0; i < 2000; ++i) {
    Message attribute = Message().bytes(1, "body").bytes(6, deep).number(20, 5);
    deep = Message().message(1, Message().bytes(4, "If").message(5, attribute)).data();
    if (deep.size() > 4'000'000) break;
  }
  CHECK_FALSE(reads(Message().number(1, 8).bytes(7, deep).data()));
}
