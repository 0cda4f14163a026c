// Workloads of other tools from small files of our own: what each format means, and where its mistakes stand.
#include <doctest/doctest.h>

#include <unistd.h>
#include <boost/graph/adjacency_list.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <dovetail/workloads/import/formats.hpp>

using namespace dovetail;

namespace {

namespace fs = std::filesystem;

Imported read(const std::string& name, const std::string& text) {
  return import_source(Source(name, text));
}

// The messages of a refusal, one a line.
std::string refusal(const std::string& name, const std::string& text) {
  try {
    read(name, text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "read";
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::int64_t remarked(const Imported& imported, const std::string& kind) {
  for (const Remark& remark : imported.remarks) {
    if (remark.kind == kind) return remark.count;
  }
  return 0;
}

const std::string conv_header =
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n";

// A folder of its own that is gone at the end.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("dovetail_import_" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path / "inner"); }
  ~Folder() { fs::remove_all(path); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
};

}  // namespace

TEST_CASE("a SCALE-Sim convolution rounds its outputs up") {
  const Imported imported = read("net.csv", conv_header + "a, 8, 9, 3, 3, 4, 16, 2\n");
  const Layer& layer = imported.network.graph[0].layer;
  CHECK(layer.dimensions[static_cast<std::size_t>(find_dimension(layer, "P"))].extent == 4);  // ceil((8 - 3 + 2) / 2)
  CHECK(layer.dimensions[static_cast<std::size_t>(find_dimension(layer, "Q"))].extent == 4);
  CHECK(macs(layer) == 4 * 4 * 3 * 3 * 4 * 16);
  CHECK(remarked(imported, "rounded-up") == 1);
  CHECK(imported.network.name == "net");
}

TEST_CASE("SCALE-Sim products, batches, sparsity and layers per channel") {
  const Imported gemm = read("g.csv", "L,M,N,K,batch\nx,2,3,5,7\n");
  CHECK(totals(gemm.network).macs == 2 * 3 * 5 * 7);
  CHECK(totals(gemm.network).parameters == 15);
  const Imported sparse = read("s.csv", "L,M,N,K,\ny,2,3,5,2:4\nz,2,3,5,4:4\n");
  CHECK(remarked(sparse, "sparsity") == 1);
  CHECK(sparse.network.graph[0].layer.tensors[0].density == 0.5);
  CHECK(sparse.network.graph[1].layer.tensors[0].density == 1.0);
  const Imported channels = read("d.csv", conv_header + "DP1, 4, 4, 3, 3, 6, 2, 1\n");
  CHECK(totals(channels.network).layers == 6);
  CHECK(totals(channels.network).macs == 6 * 2 * 2 * 2 * 9);
}

TEST_CASE("dirt of SCALE-Sim files is read as its owner means it") {
  const Imported imported =
      read("t.csv",
           "\xEF\xBB\xBFLayer\tIfmap height\tifmap width\tfilter height\tfilter width\tchannels\tfilters\tstride\r"
           "title\r\r\xC2\xA0"
           "a\t4\t4\t1\t1\t2\t2\t1\t\r\na\t4\t4\t1\t1\t2\t2\t1 # why\n");
  CHECK(totals(imported.network).layers == 2);
  CHECK(remarked(imported, "tabs") == 1);
  CHECK(remarked(imported, "title") == 1);
  CHECK(remarked(imported, "remark") == 1);
  CHECK(remarked(imported, "doubled-name") == 1);
  CHECK(imported.network.graph[1].layer.name == "a_2");
}

TEST_CASE("SCALE-Sim mistakes, all of a file, each at its line") {
  const std::string text =
      refusal("w.csv", conv_header +
                           "a, 8, 8, 3\nb, 8, 8, 3, 3, x, 4, 1\nc, 8, 8, 9, 3, 4, 4, 1\nd, 8, 8, 3, 3, 4, 0, 1\n"
                           "e, 8, 8, 3, 3, 4, 4, 1, , 5\n");
  for (const char* place : {"w.csv:2:", "w.csv:3:", "w.csv:4:", "w.csv:5:", "w.csv:6:"})
    CHECK_MESSAGE(says(text, place), text);
  CHECK(says(refusal("w.csv", "a,b,c\n1,2,3\n"), "w.csv:1:"));
  CHECK(says(refusal("w.csv", ""), "w.csv:1:"));
}

TEST_CASE("MAESTRO layers") {
  const Imported imported = read("n.m", R"(Constant Big 10;
Network net {
  Layer a { Type: CONV Stride { X: 2, Y: 2 } Dimensions { K: 4, C: 3, R: 3, S: 3, Y: Big, X: 10 } }  // 4 x 4 outputs
  Layer b { Type: DSCONV Dimensions { N: 1, K: 2, C: 6, R: 3, S: 3, Y: 5, X: 5 } Dataflow { Cluster(3, P); SpatialMap(1,1) X; } }
  Layer c { Type: NGCONV Dimensions { G 2 K 3 C 8 R 1 S 1 Y 4 X 4 } }
  Layer d { Type: TRCONV Dimensions { K: 2, C: 3, R: 2, S: 2, Y: 4, X: 4 } }
  Layer e { Type: GEMM Dimensions { M: 2, N: 3, K: 5 } }
})");
  const std::vector<std::int64_t> expected = {4 * 3 * 9 * 16, 6 * 2 * 9 * 9, 2 * 3 * 4 * 16, 2 * 3 * 4 * 16, 30};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(macs(imported.network.graph[i].layer) == expected[i]);
  const Layer& transposed = imported.network.graph[3].layer;
  CHECK(elements(transposed, transposed.tensors[2]) == 2 * 8 * 8);
  CHECK(remarked(imported, "dataflow") == 1);
  CHECK(remarked(imported, "transposed") == 1);
  CHECK(boost::num_edges(imported.network.graph) == 4);
}

TEST_CASE("MAESTRO mistakes") {
  CHECK(says(
      refusal(
          "n.m",
          "Network n {\n Layer a {\n Type: CONV\n Dimensions { N: 1, N: 1, K: 1, C: 1, R: 1, S: 1, Y: 1, X: 1 } } }"),
      "n.m:4:"));
  CHECK(says(refusal("n.m", "Dataflow {\n}"), "n.m:1:1: expected 'Network' or 'Constant'"));
  CHECK(says(refusal("n.m", "Network n {\nLayer a { Typ: CONV } }"), "did you mean 'Type'"));
  CHECK(says(refusal("n.m", "Constant A 3;\n"), "n.m:1:"));
  CHECK(says(refusal("n.m", "Network n { Layer a { Type: CONV Dimensions { K: 1, C: 1"), "the end of the file"));
}

TEST_CASE("Timeloop problems: merges, tags, shapes by name") {
  const Imported merged = read("p.yaml", R"(
base: &base
  shape:
    dimensions: [C, P, R]
    coefficients: [{name: Wstride, default: 2}]
    data_spaces:
    - {name: Weights, projection: [[[C]], [[R]]]}
    - {name: Inputs, projection: [[[C]], [[R], [P, Wstride]]]}
    - {name: Outputs, projection: [[[P]]], read_write: true}
  instance: {C: 1, P: 1, R: 3, H: 9}
problem: !Problem
  <<<: *base
  instance: {P: 4, C: 2}
)");
  CHECK(totals(merged.network).macs == 2 * 4 * 3);
  const Layer& layer = merged.network.graph[0].layer;
  CHECK(elements(layer, layer.tensors[1]) == 2 * (1 + 2 + 2 * 3));
  CHECK(remarked(merged, "unread-key") == 1);
  CHECK(totals(read("p.yaml", "problem: {shape: gemm_ABZ, M: 2, N: 3, K: 4}\n").network).macs == 24);
  const Imported plain = read("p.yaml", "problem: {R: 3, S: 3, P: 4, Q: 4, C: 2, K: 2, N: 1}\n");
  CHECK(totals(plain.network).macs == 9 * 16 * 4);
  CHECK(remarked(plain, "default-shape") == 1);
  // Of `<<` the value of the mapping itself wins whole.
  CHECK(
      says(refusal("p.yaml",
                   "a: &a {instance: {M: 1, N: 2, K: 3}}\nproblem:\n  <<: *a\n  shape: gemm_ABZ\n  instance: {M: 4}\n"),
           "dimension 'N' has no size"));
}

TEST_CASE("Timeloop mistakes") {
  const std::string sizes = "R: 1, S: 1, P: 2, Q: 2, C: 2, K: 2, N: 1";
  const std::string misspelt = refusal("p.yaml", "problem:\n  instance: {" + sizes + ",\n    HStride: 2}\n");
  CHECK_MESSAGE(says(misspelt, "p.yaml:3:5: the instance has the unknown key 'HStride'; did you mean 'Hstride'?"),
                misspelt);
  CHECK(says(refusal("p.yaml", "problem:\n  instance: {" + sizes + ", Hstrid: 2}\n"), "did you mean 'Hstride'"));
  CHECK(says(refusal("p.yaml", "problem:\n  instance: {" + sizes + ",\n    Wstride: 0}\n"), "p.yaml:3:"));
  CHECK(
      read("p.yaml", "problem:\n  instance: {R: 1, S: 1, P: 1, Q: 1, C: 2, K: 2, N: 1, Wstride: 0}\n").remarks.size() ==
      2);
  CHECK(says(refusal("p.yaml", "problem:\n  shape: cnn-layr\n"), "did you mean 'cnn-layer'"));
  CHECK(says(refusal("p.yaml", "problem:\n  name: x\n  instance: {C: 1}\n"), "p.yaml:2:"));
  CHECK(says(refusal("p.yaml", "a: {{cwd()}}\nproblem: {}\n"), "p.yaml:1:"));
  CHECK(says(refusal("p.yaml", "problem: {C: 1}\nproblem: {C: 2}\n"),
             "p.yaml:2:1: key 'problem' stands twice, first in line 1"));
  CHECK(says(refusal("p.yaml", "a: &a 1\nb: &a 2\nproblem: {}\n"), "stands twice"));
  CHECK(says(refusal("p.yaml", "- a\nproblem: {}\n"), "p.yaml:2:1:"));
  CHECK(says(refusal("a.yaml", "architecture:\n  nodes: []\n"),
             "a.yaml:1:1: no workload in it: this looks like a Timeloop architecture"));
  CHECK(says(refusal("a.yaml", "workload:\n  rank_sizes: {}\n  einsums: []\nrenames: {}\n"), "AccelForge"));
  CHECK(says(refusal("a.cfg", "[general]\nrun_name = x\n"), "SCALE-Sim configuration"));
}

TEST_CASE("included texts keep their own lines, and lead nowhere else") {
  const Folder folder;
  folder.write("base.yaml", "base: &base\n  shape: gemm_ABZ\n  instance: {M: 2, N: 2, K: 2}\n");
  folder.write("bad.yaml", "a: 1\na: 2\n");
  const std::string include = "{{include_text('../base.yaml')}}\n";
  const std::string good = folder.write("inner/good.yaml", include + "problem: {<<<: *base}\n");
  CHECK(totals(import_workload({good}).network).macs == 8);
  const auto fails = [&](const std::string& name, const std::string& text, const std::string& part) {
    try {
      import_workload({folder.write("inner/" + name, text)});
      FAIL("read");
    } catch (const InputError& error) {
      CHECK_MESSAGE(says(error.what(), part), std::string(error.what()));
    }
  };
  fails("1.yaml", include + "problem: {<<<: *base, instance: {M: x}}\n", "1.yaml:2:");
  fails("2.yaml", "{{include_text('../bad.yaml')}}\nproblem: {}\n", "bad.yaml:2:1: key 'a' stands twice");
  fails("3.yaml", "{{include_text('none.yaml')}}\n", "3.yaml:1:1: include_text('none.yaml'): no such file");
  fails("4.yaml", "{{include_text('4.yaml')}}\n", "includes itself");
  fails("5.yaml", "{{include_text('/etc/hostname')}}\n", "must count from this file");
  fails("6.yaml", "{{include_text('../../../../../../../../etc/hostname')}}\n", "outside");
  for (int i = 0; i < 10; ++i)
    folder.write("inner/deep" + std::to_string(i) + ".yaml",
                 "{{include_text('deep" + std::to_string(i + 1) + ".yaml')}}\n");
  fails("7.yaml", "{{include_text('deep0.yaml')}}\n", "more than 8 deep");
}

TEST_CASE("ZigZag layers: relations, idle operators, and what reads them") {
  const Imported imported = read("w.yaml", R"(
- id: 0
  name: conv
  operator_type: Conv
  equation: O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]
  dimension_relations: [ix=2*ox+1*fx, iy = 2*oy + fy]
  loop_dims: [B, K, C, OY, OX, FY, FX]
  loop_sizes: [1, 4, 3, 5, 5, 3, 3]
  operand_precision: {W: 8, I: 8, O: 16, O_final: 8}
  operand_source: {I: 0, W: 0}
- id: 1
  operator_type: MaxPool
  equation: O[b][g][oy][ox]+=W[fy][fx]*I[b][g][iy][ix]
  dimension_relations: [ix=1*ox+1*fx, iy=1*oy+1*fy]
  loop_dims: [B, G, OY, OX, FY, FX]
  loop_sizes: [1, 4, 3, 3, 3, 3]
  operand_source: {I: 0}
- id: 2
  operator_type: Gemm
  equation: O[b][k] += W[c][k] * I[b][c]
  loop_dims: [B, C, K]
  loop_sizes: [2, 3, 4]
  operand_source: {I: 1, W: 0}
)");
  CHECK(totals(imported.network).macs == 4 * 3 * 25 * 9 + 24);
  CHECK(totals(imported.network).parameters == 4 * 3 * 9);  // the second W is computed
  CHECK(remarked(imported, "no-mac") == 1);
  REQUIRE(imported.idle.size() == 1);
  CHECK(imported.idle[0].elements_written == 4 * 9);
  CHECK(imported.idle[0].elements_read == 4 * 25);
  CHECK(boost::num_edges(imported.network.graph) == 1);  // through the pooling, once
  CHECK(imported.network.graph[0].layer.tensors[0].word_bits == 8);
  CHECK(says(refusal("w.yaml", "- {id: 0, operator_type: Conv, equation: 'O[k]+=W[k]*I[k]', loop_dims: [K]}\n"),
             "no loop_sizes"));
  CHECK(says(refusal("w.yaml",
                     "- {id: 0, operator_type: Conv, equation: 'O[k]+=W[k]*I[c]', loop_dims: [K], loop_sizes: [2]}\n"),
             "'c' of 'I'"));
  CHECK(says(refusal("m.yaml", "- {name: default, spatial_mapping: {}}\n"), "ZigZag mapping"));
}

TEST_CASE("several files and a folder are one network, in the order given") {
  const Folder folder;
  const std::string a = folder.write("inner/a.yaml", "problem: {shape: gemm_ABZ, M: 2, N: 3, K: 4}\n");
  const std::string b = folder.write("inner/b.yaml", "problem: {shape: gemm_ABZ, M: 5, N: 6, K: 7}\n");
  const Imported both = import_workload({b, a});
  CHECK(both.network.graph[0].layer.name == "b");
  CHECK(both.network.graph[1].layer.name == "a");
  CHECK(boost::num_edges(both.network.graph) == 1);
  CHECK(totals(import_workload({(folder.path / "inner").string()}).network).macs == 24 + 210);
  CHECK(totals(import_workload({"dqn", a}).network).layers == 6);
  folder.write("inner/c.yaml", "architecture: {}\n");
  CHECK_THROWS_AS(import_workload({(folder.path / "inner").string()}), InputError);
}

TEST_CASE("a format that is named is the one that reads") {
  ImportOptions options;
  options.from = "scalesim";
  CHECK(totals(import_source(Source("net.txt", "L,M,N,K\na,2,3,4\n"), options).network).macs == 24);
  options.from = "scalsim";
  CHECK_THROWS_WITH_AS(import_source(Source("net.txt", ""), options), doctest::Contains("did you mean 'scalesim'"),
                       InputError);
}
