// Workload descriptors: layers in one line, the graph, and every kind of mistake in one run.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include <dovetail/workloads/layer_document.hpp>
#include <dovetail/workloads/network.hpp>

using namespace dovetail;

namespace {

Network read(const std::string& text) {
  return read_workload(parse_yaml(text, "w"));
}

Layer one(const std::string& fields) {
  return read("layers:\n- a: " + fields + "\n").graph[0].layer;
}

std::string mistakes(const std::string& text) {
  try {
    read(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string mistake(const std::string& fields) {
  return mistakes("layers:\n- a: " + fields + "\n");
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a convolution in one line") {
  CHECK(einsum_text(one("{conv: 64x56x56 -> 128, kernel: 3, stride: 2, pad: 1}")) ==
        "Outputs[N,K,P,Q] += Weights[K,C,R,S] * Inputs[N,C,2P+R,2Q+S]");
  const Layer layer = one("{conv: 64x56x30 -> 128, kernel: 3x5, stride: [2, 1], pad: 1x2, dilation: 1x2, batch: 4}");
  const Layer same = make_conv({.name = "a",
                                .batch = 4,
                                .in_channels = 64,
                                .out_channels = 128,
                                .out_height = 28,
                                .out_width = 26,
                                .kernel_height = 3,
                                .kernel_width = 5,
                                .stride_height = 2,
                                .dilation_width = 2,
                                .padding_height = 1,
                                .padding_width = 2});
  CHECK(layer == same);
  CHECK(one("{conv: 64 -> 128x28x28, kernel: 3}").dimensions[3].extent == 28);
  CHECK(one("{conv: 3 x 224 x 224 -> 64x112x112, kernel: 7, stride: 2, pad: 3}").dimensions[3].extent == 112);
  CHECK(one("{conv: 8x15x15 -> 8, kernel: 3, stride: 2, pad: same}").dimensions[3].extent == 8);
  CHECK(macs(one("{conv: 96x27x27 -> 256, kernel: 5, pad: 2, groups: 2}")) == 223948800);
  CHECK(einsum_text(one("{depthwise: 32x8x8, kernel: 3, pad: 1}")) ==
        "Outputs[N,C,P,Q] += Weights[C,R,S] * Inputs[N,C,P+R,Q+S]");
}

TEST_CASE("products and einsums in one line") {
  CHECK(macs(one("{matmul: 128x768 * 768x3072}")) == 128L * 768 * 3072);
  CHECK(one("{matmul: 12x128x64 * 12x64x128}").dimensions.size() == 4);
  CHECK(one("{matmul: 128x64 * 64x128, batch: 12}") == one("{matmul: 12x128x64 * 12x64x128}"));
  const Layer layer =
      one("{einsum: \"O[n,k,p,q] += I[n,c,2p+r,2*q + 3s] * W[k,c,r,s]\", dims: {n: 1, k: 8, c: 4, p: 5, q: "
          "6, r: 3, s: 3},"
          " word_bits: {O: 32}, density: {W: 0.5}}");
  CHECK(einsum_text(layer) == "O[n,k,p,q] += I[n,c,2p+r,2q+3s] * W[k,c,r,s]");
  CHECK(layer.tensors[written_tensor(layer)].word_bits == 32);
  CHECK(layer.tensors[find_tensor(layer, "W")].density == 0.5);
  CHECK(one("{dims: {m: 3, k: 5}, tensors: {A: {axes: [m, k]}, y: {axes: [m], write: true}}}").tensors.size() == 2);
  CHECK(one("{einsum: \"s[] += a[i] * b[i]\", dims: {i: 9}}").tensors.back().axes.empty());
}

TEST_CASE("settings of the whole workload") {
  const Network network = read(
      "batch: 8\nword_bits: {Weights: 4}\nlayers:\n- c: {conv: 3x8x8 -> 4, kernel: 3}\n- f: {matmul: 1x10 * "
      "10x20}\n"
      "- b: {matmul: 2x3x4 * 2x4x5, word_bits: 8}\n");
  CHECK(network.graph[0].layer.dimensions[0].extent == 8);
  CHECK(network.graph[1].layer.dimensions[0].extent == 8);
  CHECK(network.graph[2].layer.dimensions[3].extent == 16);
  CHECK(network.graph[0].layer.tensors[0].word_bits == 4);
  CHECK(network.graph[0].layer.tensors[1].word_bits == 0);
  CHECK(network.graph[2].layer.tensors[1].word_bits == 8);
  CHECK(mistakes("word_bits: {Weight: 4}\nlayers:\n- f: {matmul: 1x1 * 1x1}\n- g: {matmul: 1x1 * 1x1}\n") ==
        "w:1:13: word_bits of tensor 'Weight', which no layer has; did you mean 'Weights'?");
  CHECK(mistakes("word_bits: 0\nlayers:\n- f: {matmul: 1x1 * 1x1}\n- g: {matmul: 1x1 * 1x1}\n") ==
        "w:1:12: word_bits is 0, allowed is 1 to 1024");
  CHECK(contains(mistakes("batch: 2\nlayers:\n- e: {einsum: 'O[i] += A[i]', dims: {i: 3}}\n"),
                 "batch is 2 for the whole workload"));
}

TEST_CASE("the graph: default order, named edges, repeat counts, equal layers once") {
  const Network network = read(
      "layers:\n- a: {matmul: 1x2 * 2x3}\n- b: {matmul: 1x2 * 2x3, repeat: 3}\n- c: {matmul: 1x3 * 3x2, "
      "after: [a, b]}\n"
      "- d: {matmul: 1x2 * 2x2, after: []}\n- name: e\n  matmul: 1x2 * 2x9\n  after: d\n");
  CHECK(boost::num_edges(network.graph) == 4);
  CHECK(boost::in_degree(2, network.graph) == 2);
  CHECK(boost::in_degree(3, network.graph) == 0);
  CHECK(network.graph[4].layer.name == "e");
  const auto unique = unique_layers(network);
  CHECK(unique.size() == 4);
  CHECK(unique[0].count == 4);
  CHECK(unique[0].members == std::vector<std::size_t>{0, 1});
  CHECK(totals(network).macs == 4 * 6 + 6 + 4 + 18);
  CHECK(totals(network).parameters == 4 * 6 + 6 + 4 + 18);
  CHECK(totals(network).layers == 7);
  // An edge may point forwards in the file.
  CHECK(topological_order(read("layers:\n  x: {matmul: 1x1 * 1x1, after: y}\n  y: {matmul: 1x1 * 1x1, after: []}\n")) ==
        std::vector<std::size_t>{1, 0});
}

TEST_CASE("a new user's descriptor: all its mistakes in one run") {
  CHECK(mistakes(R"(schema: dovetail-workload/1
nmae: test
layers:
- conv1: {conv: 3x224x224 -> 64, kernel: 7, strid: 2, pad: 3}
- conv2: {conv: 64x56 -> 64, kernel: 3}
- conv2: {conv: 64x56x56 -> 64x54x55, kernel: three}
- fc: {matmul: 12x13 * 14x15, stride: 2}
- loop1: {matmul: 1x1 * 1x1, after: loop2}
- loop2: {matmul: 1x1 * 1x1, after: [loop1, conv3]}
- 12
)") == "w:2:1: unknown key 'nmae' in workload; did you mean 'name'?\n"
       "w:4:45: unknown key 'strid' in layer; did you mean 'stride'?\n"
       "w:5:17: a convolution is C x H x W -> K, such as 64x56x56 -> 128, or C -> K x P x Q; found '64x56 -> "
       "64'\n"
       "w:6:3: layer 'conv2' is named twice\n"
       "w:6:47: kernel must be a number, HxW or [H, W], found 'three'\n"
       "w:7:16: the inner sizes differ: 13 columns on the left, 14 rows on the right\n"
       "w:7:39: stride has no meaning for a layer given by matmul\n"
       "w:8:3: the layers depend on each other in a cycle: 'loop1' -> 'loop2' -> 'loop1'\n"
       "w:9:45: after names the unknown layer 'conv3'; did you mean 'conv1'?\n"
       "w:10:3: a layer must be name: {conv: ...} or the like, found the number 12");
}

TEST_CASE("mistakes of single layers") {
  CHECK(contains(mistake("{}"),
                 "layer 'a' has no shape, expected exactly one of conv, depthwise, matmul, einsum, tensors"));
  CHECK(contains(mistake("{matmul: 1x1 * 1x1, conv: 1x1x1 -> 1}"), "two shapes, conv and matmul"));
  CHECK(contains(mistake("{conv: 4x5x5 -> 4, kernel: 7}"),
                 "the kernel's height of 7 is larger than the padded input's of 5"));
  CHECK(contains(mistake("{conv: 4x5x5 -> 4, groups: 3}"),
                 "groups is 3, which must divide the 4 input and 4 output channels"));
  CHECK(contains(mistake("{depthwise: 4x5x5, groups: 4}"), "groups has no meaning for a depthwise convolution"));
  CHECK(contains(mistake("{conv: 4 -> 4x5x5, pad: same}"), "pad: same needs the input size"));
  CHECK(contains(mistake("{conv: 8x8x8 -> 4x8x7}"),
                 "the output's width is 7, but the input's 8 gives 8 (kernel 1, stride 1, pad 0)"));
  CHECK(contains(mistake("{conv: 4x0x5 -> 4}"), "a size in '4x0x5 -> 4' is 0, allowed are 1 to 2147483647"));
  CHECK(contains(mistake("{conv: 4x99999999999999999999x5 -> 4}"), "is too large"));
  CHECK(contains(mistake("{matmul: 2147483647x2147483647 * 2147483647x2147483647}"),
                 "w:2:6: a: the count exceeds 2^63 - 1"));
  CHECK(contains(mistake("{matmul: 2147483647x2147483647 * 2147483647x1, repeat: 3}"),
                 "a total of the network exceeds 2^63 - 1"));
  CHECK(contains(mistake("{matmul: 1x1 * 1x1, repeat: 0}"), "repeat is 0, allowed is 1 to 2147483647"));
  CHECK(contains(mistake("{matmul: 1x1 * 1x1, density: 1.5}"), "density is 1.5, allowed is above 0 to 1"));
  CHECK(contains(mistake("{matmul: 1x1 * 1x1, word_bits: {Weight: 8}}"),
                 "word_bits of unknown tensor 'Weight'; did you mean 'Weights'?"));
  CHECK(contains(mistake("{matmul: 1x1 * 1x1, after: a}"), "cycle: 'a' -> 'a'"));
  CHECK(contains(mistake("{einsum: \"O[n] += I[n,c] W[c]\", dims: {n: 1, c: 2}}"),
                 "expected '*' or the end of the einsum, found 'W[c]'"));
  CHECK(contains(mistake("{einsum: \"O[n] += I[n,x]\", dims: {n: 1, c: 2}}"), "unknown dimension 'x'"));
  CHECK(contains(mistake("{einsum: \"O[n] += I[n]\", dims: {n: 1, c: 2}}"), "dimension 'c' is not used by the einsum"));
  CHECK(contains(mistake("{einsum: \"O[n] += I[0n]\", dims: {n: 1}}"), "coefficient 0 is not allowed"));
  CHECK(contains(mistake("{einsum: \"O[n += I[n]\", dims: {n: 1}}"),
                 "expected the name of a dimension (letters a to z, digits and _), found '= I[n]'"));
  CHECK(contains(mistake("{einsum: \"O[n] += I[n] * J[n] * K[n] * L[n]\", dims: {n: 1}}"), "5 tensors, allowed are 4"));
  CHECK(contains(mistake("{einsum: \"O[n] += I[n]\"}"), "einsum needs the key 'dims'"));
  CHECK(contains(mistake("{tensors: {A: {axes: [i]}}, dims: {i: 2}}"), "0 tensors have write: true, exactly one must"));
  CHECK(contains(mistakes("layers: []\n"), "the workload has no layers"));
  CHECK(contains(mistakes("layers: 3\n"), "layers must be a list of layers, found the number 3"));
  CHECK(contains(mistakes("name: x\n"), "workload needs the key 'layers', which is missing"));
  CHECK(contains(mistakes(""), "workload must be a mapping of keys to values, found nothing"));
  CHECK(contains(mistakes("schema: dovetail-study/1\nlayers:\n- a: {matmul: 1x1 * 1x1}\n"),
                 "schema is 'dovetail-study/1', expected 'dovetail-workload/1'"));
}

TEST_CASE("an input that the stride does not use up is remarked") {
  const Network network = read("layers:\n- a: {conv: 3x10x10 -> 4, kernel: 1, stride: 4}\n");
  REQUIRE(network.notes.size() == 1);
  CHECK(to_string(network.notes[0]) ==
        "w:2:13: note: a: stride 4 does not divide 10 + 2 x 0 - 1: output height is 3, the last row or "
        "column of the input unused");
}

TEST_CASE("a misspelt zoo name") {
  try {
    load_workload("resnet81");
    FAIL("no error");
  } catch (const InputError& error) {
    CHECK(std::string(error.what()) ==
          "there is no workload 'resnet81', neither in the zoo nor as a file; did you mean 'resnet18'?");
  }
}

TEST_CASE("the schema of workloads names every key") {
  const auto schema = workload_schema();
  CHECK(schema["properties"].contains("layers"));
  CHECK(schema["title"] == "dovetail-workload/1");
  CHECK(schema.dump().find("depthwise") != std::string::npos);
}
