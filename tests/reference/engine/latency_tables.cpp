// Fitted tables on the reference devices: exact where latencies add up, better than least squares where they do not.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <fstream>

#include <nlohmann/json.hpp>

#include <dovetail/engine/explore/pricers/table_fit.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;

namespace {

std::vector<int> choices(const std::string& text) {
  std::vector<int> result;
  for (const char c : text) result.push_back(c - '0');
  return result;
}

}  // namespace

TEST_CASE("additive devices to 1e-6 ms; measured ones below least squares") {
  std::ifstream file(dovetail::testing::reference_path("nas/cases/lut.jsonl").string());
  if (!file) {
    dovetail::testing::skip("the reference cases are not there");
    return;
  }
  for (std::string line; std::getline(file, line);) {
    const auto json = nlohmann::json::parse(line);
    const std::string device = json["device"];
    CAPTURE(device);
    MeasuredNetworks measured;
    measured.operators.assign(json["layers"].get<std::size_t>(), json["operators"].get<int>());
    for (const auto& row : json["train"]) {
      measured.networks.push_back(choices(row[0]));
      measured.costs.push_back(row[1]);
    }
    const TableFit fit = fit_table(measured);
    double squares = 0.0, largest = 0.0;
    for (const auto& row : json["test"]) {
      const double error = fit.predict(choices(row[0])) - row[1].get<double>();
      squares += error * error;
      largest = std::max(largest, std::abs(error));
    }
    const double rmse = std::sqrt(squares / static_cast<double>(json["test"].size()));
    std::printf(
        "%s: test RMSE %.4g, largest error %.4g; cross-validated %.4g (least squares %.4g), R2 %.4f, ridge %g\n",
        device.c_str(), rmse, largest, fit.rmse, fit.least_squares_rmse, fit.r2, fit.ridge);
    if (device == "eyeriss" || device == "raspi4")
      CHECK(largest <= 1e-6);
    else
      CHECK(fit.rmse < fit.least_squares_rmse);
  }
}
