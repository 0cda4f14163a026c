// The accuracy proxy is the least-squares fit to the published results that it names, with the error that it names.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <vector>

#include <dovetail/engine/explore/accuracy/proxy_accuracy.hpp>
#include <dovetail/engine/explore/stage/csv_table.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;

namespace {

using Row = std::array<double, 4>;

// Normal equations by elimination with pivots.
Row fit(const std::vector<Row>& rows, const std::vector<double>& targets) {
  double m[4][5] = {};
  for (std::size_t k = 0; k < rows.size(); ++k)
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 4; ++j) m[i][j] += rows[k][i] * rows[k][j];
      m[i][4] += rows[k][i] * targets[k];
    }
  for (int i = 0; i < 4; ++i) {
    int pivot = i;
    for (int r = i; r < 4; ++r)
      if (std::abs(m[r][i]) > std::abs(m[pivot][i])) pivot = r;
    std::swap(m[i], m[pivot]);
    for (int r = 0; r < 4; ++r) {
      if (r == i) continue;
      const double factor = m[r][i] / m[i][i];
      for (int c = i; c < 5; ++c) m[r][c] -= factor * m[i][c];
    }
  }
  return {m[0][4] / m[0][0], m[1][4] / m[1][1], m[2][4] / m[2][2], m[3][4] / m[3][3]};
}

}  // namespace

TEST_CASE("coefficients and cross-validated error") {
  const std::string path = std::string(DOVETAIL_SHARED_DIR) + "/data/timm-results-imagenet.csv";
  if (!std::filesystem::exists(path)) {
    dovetail::testing::skip(path + " is not there");
    return;
  }
  Diagnostics diagnostics;
  const CsvTable table = load_csv(path, {}, diagnostics);
  REQUIRE_FALSE(diagnostics.failed());
  const char* const helped[] = {"in22k", "in21k", "in12k", "clip", "laion", "swsl",
                                "ssl",   "_ig",   "jft",   "dist", "ns_",   "openai"};
  std::vector<Row> rows;
  std::vector<double> top1, targets;
  for (const CsvTable::Row& row : table.rows) {
    bool plain = true;
    for (const char* word : helped) plain = plain && row.cells[0].find(word) == std::string::npos;
    if (!plain) continue;
    std::string millions = row.cells[static_cast<std::size_t>(table.find("param_count"))];
    std::erase(millions, ',');
    const double p = std::log(*csv_number(millions)), s = std::log(*csv_number(row.cells[1]) / 224.0);
    rows.push_back({1.0, p, s, p * p});
    top1.push_back(*csv_number(row.cells[2]));
    targets.push_back(std::log(100.0 - top1.back()));
  }
  CHECK(rows.size() == 1110);
  const Row all = fit(rows, targets);
  for (int i = 0; i < 4; ++i)
    CHECK(AccuracyProxy::coefficients[i] == doctest::Approx(all[static_cast<std::size_t>(i)]).epsilon(1e-8));
  double squares = 0.0, sum = 0.0;
  for (std::size_t fold = 0; fold < 10; ++fold) {
    std::vector<Row> train;
    std::vector<double> train_targets;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (i % 10 != fold) train.push_back(rows[i]), train_targets.push_back(targets[i]);
    const Row w = fit(train, train_targets);
    for (std::size_t i = fold; i < rows.size(); i += 10) {
      const double error = 100.0 - std::exp(w[0] + w[1] * rows[i][1] + w[2] * rows[i][2] + w[3] * rows[i][3]) - top1[i];
      squares += error * error;
      sum += std::abs(error);
    }
  }
  CHECK(std::sqrt(squares / static_cast<double>(rows.size())) == doctest::Approx(AccuracyProxy::cv_rmse).epsilon(1e-3));
  CHECK(sum / static_cast<double>(rows.size()) == doctest::Approx(AccuracyProxy::cv_mae).epsilon(1e-3));
}

TEST_CASE("larger networks and images are predicted better, within the range of the data") {
  CHECK(AccuracyProxy::top1(5e6, 224) < AccuracyProxy::top1(25e6, 224));
  CHECK(AccuracyProxy::top1(25e6, 224) < AccuracyProxy::top1(25e6, 320));
  CHECK(AccuracyProxy::top1(1.0, 224) == AccuracyProxy::top1(0.27e6, 224));
}
