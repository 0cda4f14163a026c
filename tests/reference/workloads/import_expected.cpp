// Files of other tools against what an independent reader made of each (shared/reference/import/expected.jsonl).
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include <dovetail/workloads/import/formats.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string path_of(const Json& row) {
  if (row["source"] == "onnx-node") return "/usr/share/libonnx-testdata/data/node/" + row["path"].get<std::string>();
  return (dovetail::testing::reference_path("import") / row["source"].get<std::string>() /
          row["path"].get<std::string>())
      .string();
}

bool is_read(const std::string& name) {
  for (const Format& format : formats()) {
    if (format.name == name) return format.unavailable.empty();
  }
  return false;
}

struct Sums {
  std::int64_t layers = 0, macs = 0, weights = 0, outputs = 0, inputs = 0;
};

// `second_operand`: the statement counts the second operand of a product as weights even where it is not learned
// (ONNX).
Sums sums(const Network& network, bool second_operand) {
  Sums sums;
  const Totals all = totals(network);
  sums = {all.layers, all.macs, all.parameters, all.activations, 0};
  for (const NetworkLayer* layer : layers(network)) {
    std::int64_t read = 0;
    for (const Tensor& tensor : layer->layer.tensors) {
      const bool left_out = tensor.written || (second_operand && !layer->has_parameters && tensor.name == "Weights");
      read += left_out ? 0 : elements(layer->layer, tensor);
    }
    sums.inputs += layer->repeat * (read - totals(*layer).parameters);
  }
  return sums;
}

// What differs from the expected row; empty when nothing does.
std::string difference(const Json& row, const std::string& path) {
  try {
    const Imported imported = import_source(Source(path));
    if (row["status"] != "ok") return "read, expected a refusal: " + row.dump();
    const Sums found = sums(imported.network, row["from"] == "onnx");
    std::string wrong;
    const auto compare = [&](const char* key, std::int64_t value) {
      if (row.contains(key) && !row[key].is_null() && row[key].get<std::int64_t>() != value)
        wrong += fmt::format(" {} {} expected {}", key, value, row[key].get<std::int64_t>());
    };
    compare("layers", found.layers);
    compare("macs", found.macs);
    compare("weights", found.weights);
    compare("outputs", found.outputs);
    compare("inputs", found.inputs);
    const Json notes = row.contains("notes") && row["notes"].is_object() ? row["notes"] : Json::object();
    for (const auto& [kind, count] : notes.items()) {
      std::int64_t said = 0;
      for (const Remark& remark : imported.remarks) said += remark.kind == kind ? remark.count : 0;
      if (said != count.get<std::int64_t>())
        wrong += fmt::format(" note {} {} expected {}", kind, said, count.get<std::int64_t>());
    }
    return wrong;
  } catch (const InputError& error) {
    if (row["status"] == "ok") return fmt::format("refused: {}", error.what());
    const int line = row.contains("line") && row["line"].is_number() ? row["line"].get<int>() : 0;
    const std::string file = row.contains("in") && row["in"].is_string() ? row["in"].get<std::string>() : path;
    for (const Diagnostic& diagnostic : error.diagnostics()) {
      if (diagnostic.where.line == line && fs::path(diagnostic.where.file).filename() == fs::path(file).filename())
        return {};
    }
    return fmt::format("expected line {} ({}), found {}", line, row.value("why", ""), error.what());
  }
}

}  // namespace

TEST_CASE("files of other tools read as an independent reader reads them") {
  std::ifstream list(dovetail::testing::reference_path("import/expected.jsonl"));
  if (!list) {
    dovetail::testing::skip("there is no reference data of imports");
    return;
  }
  std::map<std::string, int> checked, skipped;
  for (std::string line; std::getline(list, line);) {
    const Json row = Json::parse(line);
    const std::string from = row["from"], path = path_of(row);
    if (!is_read(from) || !fs::exists(path)) {
      ++skipped[from];
      continue;
    }
    ++checked[from];
    const std::string wrong = difference(row, path);
    CHECK_MESSAGE(wrong.empty(), path, ": ", wrong);
  }
  for (const auto& [from, count] : checked) MESSAGE(from, ": ", count, " files as expected");
  for (const auto& [from, count] : skipped)
    MESSAGE(count, " files of ", from, " are held back, or of a format that is not built");
  CHECK(!checked.empty());
}
