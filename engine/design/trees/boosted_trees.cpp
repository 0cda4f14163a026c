// Gradient-boosted regression trees over XGBoost's C interface.
#ifdef DOVETAIL_XGBOOST

#include <dovetail/engine/design/trees/boosted_trees.hpp>

#include <xgboost/c_api.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace dovetail {
namespace {

void require(int status) {
  if (status != 0) throw std::runtime_error(std::string("XGBoost: ") + XGBGetLastError());
}

// A matrix of the library, freed with its owner.
struct Data {
  DMatrixHandle handle = nullptr;
  explicit Data(const std::vector<std::vector<double>>& rows) {
    const std::size_t columns = rows.empty() ? 0 : rows.front().size();
    std::vector<float> flat;
    flat.reserve(rows.size() * columns);
    for (const std::vector<double>& row : rows) {
      for (const double value : row) flat.push_back(static_cast<float>(value));
    }
    require(XGDMatrixCreateFromMat(flat.data(), rows.size(), columns, std::nanf(""), &handle));
  }
  Data(const Data&) = delete;
  Data& operator=(const Data&) = delete;
  ~Data() { XGDMatrixFree(handle); }
};

}  // namespace

struct BoostedTrees::Booster {
  BoosterHandle handle = nullptr;
  Booster() = default;
  Booster(const Booster&) = delete;
  Booster& operator=(const Booster&) = delete;
  ~Booster() {
    if (handle != nullptr) XGBoosterFree(handle);
  }
};

BoostedTrees::BoostedTrees(const std::vector<std::vector<double>>& features, const std::vector<double>& targets,
                           const BoostedTreesOptions& options) {
  const Data data(features);
  const std::vector<float> labels(targets.begin(), targets.end());
  require(XGDMatrixSetFloatInfo(data.handle, "label", labels.data(), labels.size()));
  auto booster = std::make_shared<Booster>();
  require(XGBoosterCreate(&data.handle, 1, &booster->handle));
  const std::pair<const char*, std::string> parameters[] = {
      {"objective", options.probability ? "binary:logistic" : "reg:squarederror"},
      {"tree_method", "exact"},
      {"nthread", "1"},
      {"verbosity", "0"},
      {"seed", "0"},
      {"max_depth", std::to_string(options.depth)},
      {"eta", std::to_string(options.learning_rate)},
      {"min_child_weight", std::to_string(options.min_child_weight)},
  };
  for (const auto& [name, value] : parameters) require(XGBoosterSetParam(booster->handle, name, value.c_str()));
  for (int round = 0; round < options.rounds; ++round) {
    require(XGBoosterUpdateOneIter(booster->handle, round, data.handle));
  }
  booster_ = std::move(booster);
}

std::vector<double> BoostedTrees::predict(const std::vector<std::vector<double>>& features) const {
  if (features.empty()) return {};
  const Data data(features);
  const char* config =
      R"({"type": 0, "training": false, "iteration_begin": 0, "iteration_end": 0, "strict_shape": false})";
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* values = nullptr;
  require(XGBoosterPredictFromDMatrix(booster_->handle, data.handle, config, &shape, &dimensions, &values));
  return {values, values + features.size()};
}

}  // namespace dovetail

#endif
