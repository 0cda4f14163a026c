// ONNX models made here, one idea each: symbolic sizes, attention, broadcasting, what is learned, what is refused.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <string>

#include <dovetail/workloads/import/formats.hpp>
#include <support/onnx_model.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;
using namespace dovetail::test;

namespace {

using Sizes = std::map<std::string, std::int64_t>;

std::string file(const OnnxModel& model, int opset = 15) {
  const auto path = std::filesystem::temp_directory_path() / "dovetail_unit_onnx.onnx";
  model.write(path.string(), opset);
  return path.string();
}

Imported read(const OnnxModel& model, const Sizes& sizes = {}, int opset = 15) {
  return import_source(Source(file(model, opset)), {"", sizes});
}

std::string refusal(const OnnxModel& model, const Sizes& sizes = {}) {
  try {
    read(model, sizes);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// Whether this build reads ONNX at all.
bool skipped() {
  const bool skip = has(refusal(OnnxModel()), "reads no ONNX");
  if (skip) dovetail::testing::skip("built without ONNX");
  return skip;
}

OnnxModel one_conv(const Extents& input, const std::vector<std::int64_t>& weights,
                   const std::vector<Attribute>& attributes = {}) {
  OnnxModel model;
  model.input("x", input).weights("w", weights).node("Conv", "conv", {"x", "w"}, {"y"}, attributes).output("y");
  return model;
}

}  // namespace

TEST_CASE("symbolic sizes are asked for and set") {
  if (skipped()) return;
  const OnnxModel model = one_conv({"batch", 3, 32, ""}, {8, 3, 3, 3});
  const std::string message = refusal(model);
  CHECK(
      has(message, "Conv node 'conv': axis 0 of tensor 'x' has no known size (dynamic-shape); --dim batch=1 sets it"));
  const Imported imported = read(model, {{"batch", 2}, {"x.3", 18}});
  CHECK(totals(imported.network).macs == 2 * 8 * 30 * 16 * 3 * 9);
  CHECK(totals(imported.network).parameters == 8 * 3 * 9);
  CHECK(has(refusal(model, {{"bacth", 2}}), "--dim 'bacth' names no open size of the model; did you mean 'batch'?"));
  CHECK(has(refusal(model, {{"batch", 0}}), "must be 1 or more"));
}

TEST_CASE("windows: strides, dilations, asymmetric and automatic padding, groups, one and three axes") {
  if (skipped()) return;
  using List = std::vector<std::int64_t>;
  const auto macs_of = [](const OnnxModel& model) { return totals(read(model).network).macs; };
  CHECK(macs_of(one_conv({1, 2, 10, 10}, {4, 2, 3, 3}, {{"strides", List{2, 3}}, {"dilations", List{2, 1}}})) ==
        3 * 3 * 4 * 2 * 9);
  CHECK(macs_of(one_conv({1, 2, 10, 10}, {4, 2, 3, 3}, {{"pads", List{0, 1, 1, 2}}})) == 9 * 11 * 4 * 2 * 9);
  CHECK(macs_of(one_conv({1, 2, 10, 10}, {4, 2, 3, 3}, {{"auto_pad", "SAME_UPPER"}, {"strides", List{3, 3}}})) ==
        4 * 4 * 4 * 2 * 9);
  CHECK(macs_of(one_conv({1, 4, 10, 10}, {6, 2, 1, 1}, {{"group", 2}})) == 100 * 6 * 2);
  CHECK(macs_of(one_conv({1, 4, 10, 10}, {4, 1, 1, 1}, {{"group", 4}})) == 100 * 4);
  CHECK(macs_of(one_conv({2, 4, 10}, {6, 4, 3})) == 2 * 8 * 6 * 4 * 3);
  CHECK(macs_of(one_conv({1, 2, 5, 6, 7}, {3, 2, 2, 2, 2})) == 4 * 5 * 6 * 3 * 2 * 8);
  CHECK(has(refusal(one_conv({1, 2, 2, 2}, {4, 2, 3, 3})), "the kernel reaches over 3 positions along axis 2"));
  CHECK(has(refusal(one_conv({1, 3, 8, 8}, {4, 2, 3, 3})), "weights 'w' of shape [4, 2, 3, 3] do not fit 3 channels"));
  CHECK(has(refusal(one_conv({1, 2, 8, 8}, {4, 2, 3, 3}, {{"strides", List{0, 1}}})), "strides is 0"));
  CHECK(has(refusal(one_conv({1, 2, -8, 8}, {4, 2, 3, 3})), "size -8"));
}

TEST_CASE("attention: sizes computed by the graph, products of computed operands, notes with elements") {
  if (skipped()) return;
  OnnxModel model;
  model.input("tokens", {"batch", "seq", 64});
  for (const char* name : {"q", "k", "v"}) {
    model.weights(std::string("w") + name, {64, 64});
    model.node("MatMul", name, {"tokens", std::string("w") + name}, {std::string(name) + "_flat"});
  }
  // reshape(x, [batch, seq, 4, 16]) as PyTorch exports view(): the sizes are read from the tensor's shape
  model.node("Shape", "shape", {"tokens"}, {"sizes"})
      .integers("zero", {0})
      .integers("one", {1})
      .integers("heads", {4, -1});
  model.node("Gather", "gather0", {"sizes", "zero"}, {"batch_size"})
      .node("Gather", "gather1", {"sizes", "one"}, {"seq_size"});
  model.node("Concat", "target", {"batch_size", "seq_size", "heads"}, {"split"}, {{"axis", 0}});
  for (const char* name : {"q", "k", "v"}) {
    const std::string n = name;
    model.node("Reshape", n + "_view", {n + "_flat", "split"}, {n + "_split"});
    const std::vector<std::int64_t> order =
        n == "k" ? std::vector<std::int64_t>{0, 2, 3, 1} : std::vector<std::int64_t>{0, 2, 1, 3};
    model.node("Transpose", n + "_heads", {n + "_split"}, {n + "_h"}, {{"perm", order}});
  }
  model.node("MatMul", "scores", {"q_h", "k_h"}, {"s"}).node("Softmax", "softmax", {"s"}, {"p"}, {{"axis", -1}});
  model.node("MatMul", "context", {"p", "v_h"}, {"c"}).output("c");
  const Imported imported = read(model, {{"batch", 2}, {"seq", 10}});
  const Totals all = totals(imported.network);
  CHECK(all.layers == 5);
  CHECK(all.macs == 3 * 20 * 64 * 64 + 2 * (2 * 4 * 10 * 10 * 16));
  CHECK(all.parameters == 3 * 64 * 64);
  const LayerGraph& graph = imported.network.graph;
  CHECK(graph[3].layer.name == "scores");
  CHECK_FALSE(graph[3].has_parameters);
  CHECK(boost::in_degree(3, graph) == 2);  // q and k
  CHECK(boost::in_degree(4, graph) == 2);  // scores, v
  bool found = false;
  for (const IdleOperator& idle : imported.idle) {
    if (idle.operation != "Softmax") continue;
    found = true;
    CHECK(idle.elements_read == 2 * 4 * 10 * 10);
    CHECK(idle.elements_written == 2 * 4 * 10 * 10);
  }
  CHECK(found);
}

TEST_CASE("matrix products follow numpy, and an operand that depends on no input is learned") {
  if (skipped()) return;
  OnnxModel model;
  model.input("x", {5, 7})
      .weights("w", {3, 5})
      .node("MatMul", "left", {"w", "x"}, {"a"});  // the learned one is on the left
  model.node("Transpose", "transpose", {"w"}, {"wt"})
      .node("MatMul", "computed", {"a", "x2"}, {"b"})
      .input("x2", {7, 2});
  model.node("Gemm", "gemm", {"x", "wt"}, {"c"}, {{"transA", 1}}).output("b").output("c");
  const Imported imported = read(model);
  const auto all = layers(imported.network);
  CHECK(totals(imported.network).macs == 3 * 5 * 7 + 3 * 7 * 2 + 7 * 5 * 3);
  CHECK(totals(imported.network).parameters == 15 + 15);
  CHECK(elements(all[0]->layer, all[0]->layer.tensors[find_tensor(all[0]->layer, "Weights")]) == 15);
  CHECK_FALSE(all[1]->has_parameters);
  OnnxModel broadcast;
  broadcast.input("a", {2, 1, 3, 4}).input("b", {5, 4, 6}).node("MatMul", "m", {"a", "b"}, {"y"}).output("y");
  CHECK(totals(read(broadcast).network).macs == 2 * 5 * 3 * 4 * 6);
  OnnxModel vector;
  vector.input("a", {4}).input("b", {5, 4, 6}).node("MatMul", "m", {"a", "b"}, {"y"}).output("y");
  CHECK(totals(read(vector).network).macs == 5 * 4 * 6);
  OnnxModel einsum;
  einsum.input("a", {2, 3, 4}).input("b", {2, 5, 4}).output("y");
  einsum.node("Einsum", "e", {"a", "b"}, {"y"}, {{"equation", "bqd, bkd -> bqk"}});
  CHECK(totals(read(einsum).network).macs == 2 * 3 * 5 * 4);
}

TEST_CASE("operators that are newer than the library, or of another domain") {
  if (skipped()) return;
  OnnxModel model;  // ReduceMean takes its axes as an input since opset 18
  model.input("x", {1, 8, 5, 5})
      .integers("axes", {2, 3})
      .node("ReduceMean", "pool", {"x", "axes"}, {"p"}, {{"keepdims", 0}});
  model.weights("w", {8, 10})
      .node("Gelu", "gelu", {"p"}, {"g"}, {}, "com.microsoft")
      .node("MatMul", "fc", {"g", "w"}, {"y"});
  CHECK(totals(read(model.output("y"), {}, 18).network).macs == 80);
  OnnxModel foreign;
  foreign.input("x", {1, 8}).node("Mystery", "m", {"x"}, {"h"}, {}, "own").weights("w", {8, 10});
  foreign.node("MatMul", "fc", {"h", "w"}, {"y"}).output("y");
  CHECK(has(refusal(foreign), "MatMul node 'fc': the shape of tensor 'h' is not known (dynamic-shape)"));
  CHECK(totals(read(foreign.value_info("h", {1, 8})).network).macs == 80);
}

TEST_CASE("products that are no loop nest are refused by node") {
  if (skipped()) return;
  OnnxModel recurrent;
  recurrent.input("x", {1, 1, 8}).weights("w", {1, 32, 8}).weights("r", {1, 32, 8});
  recurrent.node("LSTM", "memory", {"x", "w", "r"}, {"y"}).output("y");
  CHECK(has(refusal(recurrent), "LSTM node 'memory' is not supported (unsupported-operator)"));
  OnnxModel body;
  body.node("MatMul", "inner", {"x", "x"}, {"z"}).output("z", {8, 8});
  OnnxModel loop;
  loop.input("c", {}).input("x", {8, 8}).output("z", {8, 8});
  loop.node("If", "choice", {"c"}, {"z"}, {{"then_branch", body.graph()}, {"else_branch", body.graph()}});
  CHECK(has(refusal(loop), "If node 'choice' has products in a sub-graph"));
  const auto function = [](const char* name, const char* type, const char* domain) {
    return Message()
        .bytes(1, name)
        .bytes(4, "a")
        .bytes(5, "b")
        .bytes(10, "own")
        .message(9, Message().bytes(1, "").number(2, 15))
        .message(7, OnnxModel::node_message(type, "inner", {"a", "a"}, {"b"}, {}, domain));
  };
  OnnxModel local;
  local.input("x", {8, 8}).node("Square", "square", {"x"}, {"z"}, {}, "own").output("z", {8, 8});
  CHECK(has(refusal(OnnxModel(local).function(function("Square", "MatMul", ""))),
            "Square node 'square' calls the local function 'Square' with products inside"));
  CHECK(has(refusal(OnnxModel(local).function(function("Square", "Square", "own"))),
            "the local function 'Square' calls itself"));
  // One without a product is an idle operator whose shapes are followed.
  OnnxModel plain = OnnxModel(local).function(function("Square", "Mul", ""));
  plain.weights("w", {8, 3}).node("MatMul", "fc", {"z", "w"}, {"y"});
  CHECK(totals(read(plain).network).macs == 8 * 8 * 3);
}

TEST_CASE("graphs that no runtime would take") {
  if (skipped()) return;
  OnnxModel cycle;
  cycle.input("x", {4, 4}).node("Add", "a", {"x", "v"}, {"u"}).node("MatMul", "b", {"u", "x"}, {"v"}).output("v");
  CHECK(has(refusal(cycle), "form a cycle"));
  OnnxModel dangling;
  dangling.input("x", {4, 4}).node("MatMul", "a", {"x", "nowhere"}, {"y"}).output("y");
  CHECK(has(refusal(dangling), "MatMul node 'a' reads 'nowhere', which nothing writes"));
  OnnxModel twice;
  twice.input("x", {4, 4}).node("MatMul", "a", {"x", "x"}, {"y"}).node("MatMul", "b", {"x", "x"}, {"y"}).output("y");
  CHECK(has(refusal(twice), "MatMul node 'b' writes 'y', which is written before"));
  OnnxModel huge;
  huge.input("x", {2147483647, 2147483647}).node("MatMul", "a", {"x", "x"}, {"y"}).output("y");
  CHECK(has(refusal(huge), "exceeds 2^63 - 1"));
  OnnxModel none;
  none.input("x", {4}).node("Relu", "r", {"x"}, {"y"}).output("y");
  CHECK(has(refusal(none), "no layer with multiply-accumulates"));
}
