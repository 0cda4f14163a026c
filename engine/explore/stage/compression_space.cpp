// Parameters of compression and back.
#include <dovetail/engine/explore/stage/compression_space.hpp>

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>

namespace dovetail {
namespace {

using What = CompressionParameter::What;

std::string as_name(const std::string& text) {
  std::string name;
  for (const char c : text) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

}  // namespace

CompressionSpace::CompressionSpace(const StudyCompression& study, const std::vector<Target>& targets,
                                   Diagnostics& diagnostics)
    : study_(study) {
  constexpr int largest_kernel = 64;
  bool meant = false;
  for (const Target& target : targets) {
    if (target.given == nullptr || study.per == "network") {
      if (target.given == nullptr && study.per != "network") {
        diagnostics.error(
            study.where,
            "compress: the layers of a family change with its networks: per: network compresses all alike");
        continue;
      }
      add(study, target, "", {}, largest_kernel);
      meant = true;
      continue;
    }
    std::set<std::string> names;
    for (const NetworkLayer* layer : layers(*target.given)) {
      const std::string& name = layer->layer.name;
      if (!is_meant(study, name)) continue;
      meant = true;
      if (names.insert(name).second) add(study, target, name, {name}, kernel_of(layer->layer));
    }
  }
  if (!meant) diagnostics.error(study.where, "compress: layers names no layer of the network");
}

void CompressionSpace::add(const StudyCompression& study, const Target& target, const std::string& part,
                           std::vector<std::string> layers, int kernel) {
  const auto choice = [&](What what, const char* word, std::vector<double> values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (values.size() < 2 && part != "" && what == What::keep && (values.empty() || values[0] == kernel * kernel))
      return;
    if (values.empty()) return;
    std::string name = "compress.";
    for (const std::string& word_ : {target.name, as_name(part)})
      if (!word_.empty()) name += word_ + ".";
    parameters_.push_back(
        {what, target.network, target.option, layers, {name + word, OrdinalValues{std::move(values)}}});
  };
  std::vector<double> keep;
  for (const int value : study.keep)
    if (kernel > 0) keep.push_back(std::min(value, kernel * kernel));
  choice(What::keep, "keep", keep);
  choice(What::channels, "channels", study.channels);
  choice(What::weight_bits, "weight_bits", {study.weight_bits.begin(), study.weight_bits.end()});
  choice(What::activation_bits, "activation_bits", {study.activation_bits.begin(), study.activation_bits.end()});
}

NetworkCompression CompressionSpace::decode(std::span<const double> numbers, std::size_t network, int option,
                                            const Network& plain) const {
  NetworkCompression result;
  std::map<std::string, int> kernels;
  for (const NetworkLayer* layer : layers(plain)) kernels[layer->layer.name] = kernel_of(layer->layer);
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    const CompressionParameter& one = parameters_[p];
    if (one.network != network || (one.option >= 0 && one.option != option)) continue;
    const double value = std::get<OrdinalValues>(one.parameter.domain).values[static_cast<std::size_t>(numbers[p])];
    const auto apply = [&](const std::string& layer, int kernel) {
      LayerCompression& compression = result[layer];
      switch (one.what) {
        case What::keep:
          if (kernel > 0 && value < kernel * kernel) compression.kept = static_cast<int>(value);
          break;
        case What::channels:
          compression.channels = value;
          break;
        case What::weight_bits:
          compression.weight_bits = static_cast<int>(value);
          break;
        case What::activation_bits:
          compression.activation_bits = static_cast<int>(value);
          break;
      }
    };
    if (!one.layers.empty()) {
      for (const std::string& layer : one.layers) apply(layer, kernels[layer]);
      continue;
    }
    for (const auto& [layer, kernel] : kernels)
      if (is_meant(study_, layer)) apply(layer, kernel);
  }
  return result;
}

std::vector<double> CompressionSpace::whole() const {
  std::vector<double> numbers;
  for (const CompressionParameter& one : parameters_)
    numbers.push_back(static_cast<double>(std::get<OrdinalValues>(one.parameter.domain).values.size() - 1));
  return numbers;
}

}  // namespace dovetail
