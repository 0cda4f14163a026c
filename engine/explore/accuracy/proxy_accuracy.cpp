// The regression over published results.
#include <dovetail/engine/explore/accuracy/proxy_accuracy.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace dovetail {
namespace {

// The height of the map that the first convolution reads, without its padding; 224 where there is none.
double image_size(const Network& network) {
  for (const NetworkLayer* layer : layers(network)) {
    const int inputs = find_tensor(layer->layer, "Inputs");
    if (inputs < 0 || layer->layer.kind != "conv") continue;
    double extent = 1.0;
    bool window = false;
    for (const Axis& axis : layer->layer.tensors[static_cast<std::size_t>(inputs)].axes) {
      if (axis.size() < 2 || window) continue;
      window = true;
      std::int64_t stride = 1;
      for (const AxisTerm& term : axis) {
        extent += static_cast<double>(term.coefficient) *
                  static_cast<double>(layer->layer.dimensions[static_cast<std::size_t>(term.dimension)].extent - 1);
        stride = std::max(stride, term.coefficient);
      }
      extent += static_cast<double>(stride - 1);  // what the last window leaves
      if (!layer->layer.padding.empty()) extent -= 2.0 * static_cast<double>(layer->layer.padding[0]);
    }
    return std::max(8.0, extent);
  }
  return 224.0;
}

class ProxyAccuracy final : public Stage {
 public:
  ProxyAccuracy(std::size_t network, std::string metric) : network_(network), metric_(std::move(metric)) {}
  std::string name() const override { return "accuracy"; }
  std::vector<std::string> metrics() const override { return {metric_}; }
  double expected_seconds() const override { return 5e-4; }
  bool oracle() const override { return true; }
  std::map<std::string, std::string> identity() const override { return {{metric_ + " proxy", "1"}}; }
  std::vector<std::string> remarks() const override {
    return {fmt::format(
        "accuracy is a proxy: ImageNet top-1 predicted from parameters and image size alone, by a regression over "
        "published results (pytorch-image-models); cross-validated error {:.2f} points RMSE, {:.2f} mean",
        AccuracyProxy::cv_rmse, AccuracyProxy::cv_mae)};
  }
  StageAnswer run(const NetworkCandidate& candidate, const StageEffort&) const override {
    const Network network = candidate.networks[network_].network();
    return {{{metric_, AccuracyProxy::top1(static_cast<double>(totals(network).parameters), image_size(network))}},
            "",
            false};
  }

 private:
  std::size_t network_;
  std::string metric_;
};

}  // namespace

double AccuracyProxy::top1(double parameters, double image_size) {
  const double p = std::log(std::clamp(parameters * 1e-6, least_millions, most_millions)),
               s = std::log(image_size / 224.0);
  const double error = std::exp(coefficients[0] + coefficients[1] * p + coefficients[2] * s + coefficients[3] * p * p);
  return std::clamp(100.0 - error, 0.0, 100.0);
}

std::unique_ptr<Stage> make_proxy_accuracy(const CandidateSpace&, std::size_t network, const std::string& metric) {
  return std::make_unique<ProxyAccuracy>(network, metric);
}

}  // namespace dovetail
