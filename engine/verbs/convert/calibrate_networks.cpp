// Fitting tables of costs (see the header).
#include <dovetail/engine/verbs/convert/calibrate_networks.hpp>

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <dovetail/engine/explore/pricers/table_fit.hpp>
#include <dovetail/engine/explore/stage/csv_table.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/spaces/network/network_family.hpp>

namespace dovetail::verbs {
namespace {

// Blocks with the operators that each may have, and the networks in these terms.
struct ReadNetworks {
  std::vector<std::pair<std::string, std::vector<std::string>>> blocks;
  MeasuredNetworks measured;
};

int position(std::vector<std::string>& words, const std::string& word, bool grow) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found != words.end()) return static_cast<int>(found - words.begin());
  if (!grow) return -1;
  words.push_back(word);
  return static_cast<int>(words.size()) - 1;
}

// One column per block.
ReadNetworks read_columns(const CsvTable& table, const std::vector<int>& metrics, Diagnostics& diagnostics) {
  ReadNetworks read;
  std::vector<std::size_t> columns;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (std::find(metrics.begin(), metrics.end(), static_cast<int>(c)) != metrics.end()) continue;
    columns.push_back(c);
    read.blocks.emplace_back(table.columns[c], std::vector<std::string>());
  }
  if (columns.empty()) diagnostics.error(table.header(), "no column is left for the blocks of a network");
  for (const CsvTable::Row& row : table.rows) {
    std::vector<int> network;
    for (std::size_t b = 0; b < columns.size(); ++b)
      network.push_back(position(read.blocks[b].second, row.cells[columns[b]], true));
    read.measured.networks.push_back(std::move(network));
  }
  return read;
}

// Canonical texts of a family whose parameters are all words: digits are positions of values.
ReadNetworks read_texts(const CsvTable& table, const NetworkFamily& family, int key, Diagnostics& diagnostics) {
  ReadNetworks read;
  read.blocks = family.blocks();
  RowMistakes mistakes(diagnostics);
  for (const CsvTable::Row& row : table.rows) {
    const std::string& text = row.cells[static_cast<std::size_t>(key)];
    std::vector<int> network;
    for (std::size_t b = 0; b < read.blocks.size() && text.size() == read.blocks.size(); ++b) {
      const int digit = text[b] - '0';
      if (digit >= 0 && digit < static_cast<int>(read.blocks[b].second.size())) network.push_back(digit);
    }
    if (network.size() < read.blocks.size())
      mistakes.add(table.at(row), fmt::format("{} is no network of {}: expected {} digits", quote(text), family.name(),
                                              read.blocks.size()));
    else
      read.measured.networks.push_back(std::move(network));
  }
  return read;
}

}  // namespace

Answer calibrate_networks(const std::string& path, const CalibrateOptions& options, const Asking& asking) {
  Answer out;
  Diagnostics diagnostics;
  const CsvTable table = load_csv(path, {"rows", 0, 0, ""}, diagnostics);
  diagnostics.raise();
  std::vector<int> metrics;
  for (const std::string& metric : options.networks)
    metrics.push_back(table.require(metric, {"--networks", 0, 0, ""}, diagnostics));
  const int key = options.key.empty() ? -1 : table.require(options.key, {"--key", 0, 0, ""}, diagnostics);
  if (options.key.empty() != options.network_family.empty())
    throw UsageError("--key and --network-family belong together: the texts are those of a family");
  diagnostics.raise();
  ReadNetworks read = key < 0 ? read_columns(table, metrics, diagnostics)
                              : read_texts(table, load_network_family(options.network_family), key, diagnostics);
  for (const auto& block : read.blocks) read.measured.operators.push_back(static_cast<int>(block.second.size()));
  std::vector<std::vector<double>> costs(metrics.size());
  {
    RowMistakes mistakes(diagnostics);
    for (const CsvTable::Row& row : table.rows)
      for (std::size_t m = 0; m < metrics.size(); ++m) {
        const std::string& cell = row.cells[static_cast<std::size_t>(metrics[m])];
        const auto value = csv_number(cell);
        if (!value)
          mistakes.add(table.at(row), fmt::format("{} is {}, allowed is a number", options.networks[m], quote(cell)));
        costs[m].push_back(value.value_or(0.0));
      }
  }
  diagnostics.raise();
  if (table.rows.size() < 20)
    throw InputError({path, 1, 1, ""},
                     fmt::format("{} measured networks: a fit with its error needs 20 or more", table.rows.size()));
  if (asking.dry_run) {
    out.say("{} networks of {} blocks\n", table.rows.size(), read.blocks.size());
    return out;
  }
  std::vector<TableFit> fits;
  Json json = {{"networks", table.rows.size()}, {"metrics", Json::object()}};
  std::string text, header = "block,operator", bias = "bias,";
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    read.measured.costs = costs[m];
    fits.push_back(fit_table(read.measured));
    const TableFit& fit = fits.back();
    text +=
        fmt::format("# {}: cross-validated R2 {:.6f}, RMSE {:.6g} (least squares {:.6g}); {} networks, ridge {:g}\n",
                    options.networks[m], fit.r2, fit.rmse, fit.least_squares_rmse, table.rows.size(), fit.ridge);
    header += "," + options.networks[m];
    bias += fmt::format(",{:.17g}", fit.bias);
    json["metrics"][options.networks[m]] = {
        {"bias", json_number(fit.bias)},   {"r2", json_number(fit.r2)},
        {"rmse", json_number(fit.rmse)},   {"least_squares_rmse", json_number(fit.least_squares_rmse)},
        {"ridge", json_number(fit.ridge)}, {"costs", Json::object()}};
  }
  text += header + "\n" + bias + "\n";
  for (std::size_t b = 0; b < read.blocks.size(); ++b)
    for (std::size_t o = 0; o < read.blocks[b].second.size(); ++o) {
      text += read.blocks[b].first + "," + read.blocks[b].second[o];
      for (std::size_t m = 0; m < fits.size(); ++m) {
        text += fmt::format(",{:.17g}", fits[m].costs[b][o]);
        json["metrics"][options.networks[m]]["costs"][read.blocks[b].first][read.blocks[b].second[o]] =
            json_number(fits[m].costs[b][o]);
      }
      text += "\n";
    }
  if (asking.as_json())
    out.record = std::move(json);
  else
    out.text = std::move(text);
  return out;
}

}  // namespace dovetail::verbs
