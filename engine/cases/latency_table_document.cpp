// Reads measured latencies, fits and compares.
#include <dovetail/engine/cases/latency_table_document.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_rows = 2000;  ///< a Gaussian process over them takes seconds

struct LatencyTableFields {
  LatencyTableCase value;
  std::vector<Node> train, test;
};

/// Digits of a text, or a list of numbers.
bool read_choices(const Node& node, const LatencyTableCase& table, std::vector<int>& choices,
                  Diagnostics& diagnostics) {
  if (node.is_sequence()) {
    if (!read_value(node, "operators of a row", between(0, 1e6), diagnostics, choices)) return false;
  } else {
    for (char letter : node.text()) choices.push_back(letter >= '0' && letter <= '9' ? letter - '0' : -1);
  }
  const bool good = choices.size() == table.blocks && std::all_of(choices.begin(), choices.end(), [&](int choice) {
                      return choice >= 0 && static_cast<std::size_t>(choice) < table.operators;
                    });
  if (!good)
    diagnostics.error(node.location(), fmt::format("operators are {}, allowed are {} below {}, as digits or a list",
                                                   node.describe(), table.blocks, table.operators));
  return good;
}

void read_rows(const std::vector<Node>& nodes, bool measured, const LatencyTableCase& table,
               std::vector<ChoiceRow>& rows, Diagnostics& diagnostics) {
  for (const Node& node : nodes) {
    const std::size_t size = node.items().size();
    if (!node.is_sequence() || size < (measured ? 2U : 1U) || size > 2) {
      diagnostics.error(node.location(), fmt::format("a row is {}, allowed is [operators, latency]", node.describe()));
      continue;
    }
    ChoiceRow row{{}, std::numeric_limits<double>::quiet_NaN()};
    const bool good = read_choices(node.items()[0], table, row.choices, diagnostics);
    if (size == 2 && !read_value(node.items()[1], "latency", between(-1e18, 1e18), diagnostics, row.value)) continue;
    if (good) rows.push_back(std::move(row));
  }
}

const Record<LatencyTableFields>& latency_table_fields_record() {
  const auto skip = [](const Node&, LatencyTableFields&, Diagnostics&) {};
  const auto keep = [](std::vector<Node> LatencyTableFields::*place) {
    return [place](const Node& node, LatencyTableFields& fields, Diagnostics& diagnostics) {
      if (require_sequence(node, "rows", diagnostics)) fields.*place = node.items();
    };
  };
  static const Record<LatencyTableFields> record =
      Record<LatencyTableFields>("latency table", "Measured latencies by the operator of each block.")
          .custom("id", false, "names the case in its answer", any_form(), skip)
          .optional(
              "device", [](LatencyTableFields& f) -> std::string& { return f.value.device; }, "where it was measured")
          .optional(
              "unit", [](LatencyTableFields& f) -> std::string& { return f.value.unit; }, "of the latencies")
          .required(
              "layers", [](LatencyTableFields& f) -> std::size_t& { return f.value.blocks; }, "blocks of a network",
              between(1, 1000))
          .required(
              "operators", [](LatencyTableFields& f) -> std::size_t& { return f.value.operators; },
              "choices of a block", between(1, 1000))
          .custom("train", true, "rows to fit", any_form(), keep(&LatencyTableFields::train))
          .custom("test", false, "rows to predict", any_form(), keep(&LatencyTableFields::test))
          .custom("least_squares", false, "an answer, not read", any_form(), skip)
          .document("latency-table-case/1");
  return record;
}

Json errors(const std::vector<ChoiceRow>& rows, const std::vector<double>& predicted) {
  double mean = 0.0, squares = 0.0, spread = 0.0, worst = 0.0, count = 0.0;
  for (const ChoiceRow& row : rows)
    if (!std::isnan(row.value)) mean += row.value, count += 1.0;
  if (count == 0.0) return nullptr;
  mean /= count;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (std::isnan(rows[i].value)) continue;
    const double error = predicted[i] - rows[i].value;
    squares += error * error;
    spread += (rows[i].value - mean) * (rows[i].value - mean);
    worst = std::max(worst, std::abs(error));
  }
  return {{"rmse", std::sqrt(squares / count)},
          {"r2", spread > 0.0 ? Json(1.0 - squares / spread) : Json(nullptr)},
          {"worst_error", worst}};
}

}  // namespace

LatencyTableCase read_latency_table(const Node& document, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  LatencyTableFields fields = latency_table_fields_record().read(document, diagnostics);
  if (diagnostics.errors() > before) return {};
  read_rows(fields.train, true, fields.value, fields.value.train, diagnostics);
  read_rows(fields.test, false, fields.value, fields.value.test, diagnostics);
  if (diagnostics.errors() == before && (fields.value.train.size() < 2 || fields.value.train.size() > most_rows))
    diagnostics.error(document.find("train")->location(),
                      fmt::format("{} rows to fit, allowed are 2 to {}", fields.value.train.size(), most_rows));
  return std::move(fields.value);
}

Json answer_latency_table(const LatencyTableCase& table_case) {
  const ChoiceTable table = fit_choice_table(table_case.train, table_case.blocks, table_case.operators);
  const ChoiceProcess process(table_case.train, table_case.blocks);
  std::vector<double> by_table, by_process;
  for (const ChoiceRow& row : table_case.test) {
    by_table.push_back(table(row.choices));
    by_process.push_back(process(row.choices));
  }
  Json out = {{"device", table_case.device}, {"unit", table_case.unit}, {"rows", table_case.train.size()}};
  out["least_squares"] = {{"bias", table.bias}};
  if (const Json one = errors(table_case.test, by_table); !one.is_null()) out["least_squares"].update(one);
  out["gaussian_process"] = {{"residual_variance", process.residual()}, {"noise_variance", process.noise()}};
  if (const Json one = errors(table_case.test, by_process); !one.is_null()) out["gaussian_process"].update(one);
  out["predictions"] = {{"least_squares", by_table}, {"gaussian_process", by_process}};
  out["table"] = table.entries;
  return out;
}

std::string latency_table_text(const Json& answer) {
  std::string text =
      fmt::format("{}: {} measured networks\n", answer["device"].get<std::string>(), answer["rows"].get<std::size_t>());
  for (const char* model : {"least_squares", "gaussian_process"}) {
    const Json& one = answer[model];
    if (!one.contains("rmse")) continue;
    text += fmt::format("  {:<17} error on the other networks: RMSE {:.6g} {}, worst {:.6g}, R2 {}\n", model,
                        one["rmse"].get<double>(), answer["unit"].get<std::string>(), one["worst_error"].get<double>(),
                        one["r2"].is_null() ? "-" : fmt::format("{:.4f}", one["r2"].get<double>()));
  }
  return text;
}

}  // namespace dovetail
