// The examples of documents read, and say what their comments promise.
#include <doctest/doctest.h>

#include <string>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/workloads/layer_document.hpp>
#include <dovetail/workloads/network.hpp>

using namespace dovetail;

namespace {

std::string example(const std::string& name) {
  return std::string(DOVETAIL_SOURCE_DIR) + "/tests/examples/" + name;
}

}  // namespace

TEST_CASE("the network of the examples") {
  const Network network = load_workload(example("network.yaml"));
  CHECK(boost::num_vertices(network.graph) == 8);
  CHECK(totals(network).layers == 10);
  CHECK(einsum_text(network.graph[1].layer) == "Outputs[N,K,P,Q] += Weights[K,C,R,S] * Inputs[N,C,P+R,Q+S]");
  CHECK(network.graph[2].layer.dimensions[3].extent == 16);
  CHECK(network.graph[4].layer.tensors[1].density == 0.6);
  CHECK(boost::in_degree(5, network.graph) == 2);
  CHECK(boost::in_degree(7, network.graph) == 0);
  CHECK_FALSE(network.graph[7].has_parameters);
}

TEST_CASE("the einsums of the examples") {
  const Network network = load_workload(example("einsums.yaml"));
  CHECK(einsum_text(network.graph[0].layer) == "O[n,k,p,q] += I[n,c,2p+r,2q+s] * W[k,c,r,s]");
  CHECK(network.graph[2].layer.tensors.size() == 4);
  CHECK(einsum_text(network.graph[3].layer) == "Result[k,t] += Filter[k,r] * Signal[t+2r]");
}

TEST_CASE("the design of the examples is a valid one") {
  const Design design = load_design(example("design.yaml"));
  const Evaluation evaluation = LoopModel().evaluate(design.layer, design.architecture, design.mapping.value());
  CHECK(evaluation.valid());
  CHECK(evaluation.macs == 115605504);
}
