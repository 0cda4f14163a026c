// A table of accuracies.
#include <dovetail/engine/explore/accuracy/table_accuracy.hpp>

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include <dovetail/engine/explore/stage/csv_table.hpp>

namespace dovetail {
namespace {

class TableAccuracy final : public Stage {
 public:
  TableAccuracy(const CandidateSpace& space, std::size_t network, const StudyAccuracy& study, const CsvTable& table,
                std::string metric, Diagnostics& diagnostics)
      : source_(space.networks[network]),
        network_(network),
        metric_(std::move(metric)),
        file_(table.file),
        digest_(table.digest),
        column_(study.column.empty() ? "accuracy" : study.column),
        cheap_(study.cheap) {
    const int value = table.require(column_, study.where, diagnostics);
    const int cheap = cheap_.empty() ? -1 : table.require(cheap_, study.where, diagnostics);
    std::vector<int> keys;
    if (!study.key.empty()) {
      keys.push_back(table.require(study.key, study.where, diagnostics));
    } else if (source_.family) {
      by_parameter_ = true;
      const std::string prefix = source_.family->prefix() + ".";
      for (const std::string& name : source_.family->space().names()) {
        const int whole = table.find(name), plain = table.find(name.substr(prefix.size()));
        keys.push_back(whole >= 0 ? whole : plain);
        if (keys.back() < 0) {
          diagnostics.error(
              study.where,
              fmt::format("{} has no column {}{}, one per parameter, or `key: COLUMN` of canonical texts", table.file,
                          quote(name.substr(prefix.size())), suggestion(name.substr(prefix.size()), table.columns)));
          break;
        }
      }
    } else {
      diagnostics.error(study.where, "accuracy: a workload is looked up by its name: key: COLUMN");
    }
    if (diagnostics.failed()) return;
    read_rows(table, keys, value, cheap, diagnostics);
  }

  std::string name() const override { return "accuracy"; }
  std::vector<std::string> metrics() const override { return {metric_}; }
  double expected_seconds() const override { return 1e-5; }
  bool oracle() const override { return true; }
  std::map<std::string, std::string> identity() const override {
    return {{metric_ + " table digest", digest_},
            {metric_ + " column", column_ + (cheap_.empty() ? "" : " after " + cheap_)}};
  }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort&) const override {
    const std::string key = key_of(candidate.networks[network_]);
    const auto found = values_.find(key);
    if (found == values_.end()) return {{}, fmt::format("no row for {} in {}", key, short_file()), false};
    return {{{metric_, found->second.first}}, "", false};
  }

  std::optional<double> guess(const NetworkCandidate& candidate) const override {
    if (cheap_.empty()) return std::nullopt;
    const auto found = values_.find(key_of(candidate.networks[network_]));
    return found == values_.end() ? std::nullopt : std::optional<double>(found->second.second);
  }

 private:
  std::string short_file() const { return file_.substr(file_.find_last_of('/') + 1); }

  std::string key_of(const CandidateNetwork& network) const {
    if (!by_parameter_) return network.text;
    std::string text;
    for (const NetworkOperator& part : parts(network)) text += (text.empty() ? "" : ",") + part.operation;
    return text;
  }

  // The values of all parameters, as texts.
  std::vector<NetworkOperator> parts(const CandidateNetwork& network) const {
    std::vector<NetworkOperator> result;
    const Space& space = source_.family->space();
    for (int p = 0; p < static_cast<int>(space.parameters().size()); ++p)
      result.push_back({"",
                        std::visit(
                            [](const auto& value) -> std::string {
                              using V = std::decay_t<decltype(value)>;
                              if constexpr (std::is_same_v<V, std::string>)
                                return value;
                              else if constexpr (std::is_arithmetic_v<V>)
                                return fmt::format("{}", value);
                              else
                                return "";
                            },
                            space.value(network.point, p)),
                        std::nullopt});
    return result;
  }

  void read_rows(const CsvTable& table, const std::vector<int>& keys, int value, int cheap, Diagnostics& diagnostics) {
    RowMistakes mistakes(diagnostics);
    std::unordered_map<std::string, int> lines;
    for (const CsvTable::Row& row : table.rows) {
      std::string key;
      for (const int at : keys) {
        std::string cell = row.cells[static_cast<std::size_t>(at)];
        if (by_parameter_)
          if (const auto number = csv_number(cell)) cell = fmt::format("{}", *number);
        key += (key.empty() ? "" : ",") + cell;
      }
      const auto number = csv_number(row.cells[static_cast<std::size_t>(value)]);
      const auto early =
          cheap < 0 ? std::optional<double>(0.0) : csv_number(row.cells[static_cast<std::size_t>(cheap)]);
      if (key.empty()) {
        mistakes.add(table.at(row), "the row names no network");
      } else if (!number || !early) {
        const int wrong = number ? cheap : value;
        mistakes.add(table.at(row),
                     fmt::format("{} of {} is {}, allowed is a number", table.columns[static_cast<std::size_t>(wrong)],
                                 key, quote(row.cells[static_cast<std::size_t>(wrong)])));
      } else if (const auto [at, fresh] = lines.emplace(key, row.line); !fresh) {
        mistakes.add(table.at(row), fmt::format("{} stands twice, first in line {}", key, at->second));
      } else {
        values_.emplace(key, std::make_pair(*number, *early));
      }
    }
  }

  const NetworkSource& source_;
  std::size_t network_;
  std::string metric_, file_, digest_, column_, cheap_;
  bool by_parameter_ = false;
  std::unordered_map<std::string, std::pair<double, double>> values_;
};

}  // namespace

std::unique_ptr<Stage> load_table_accuracy(const CandidateSpace& space, std::size_t network, const StudyAccuracy& study,
                                           const std::string& path, const std::string& metric,
                                           Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  const CsvTable table = load_csv(path, study.where, diagnostics);
  if (diagnostics.errors() > before) return nullptr;
  return std::make_unique<TableAccuracy>(space, network, study, table, metric, diagnostics);
}

}  // namespace dovetail
