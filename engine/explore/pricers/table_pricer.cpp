// A table of costs by block and operator.
#include <dovetail/engine/explore/pricers/table_pricer.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include <dovetail/engine/explore/stage/csv_table.hpp>

namespace dovetail {
namespace {

std::string key_of(const std::string& block, const std::string& operation, const std::optional<double>& channels) {
  return channels ? fmt::format("{}\t{}\t{:.9g}", block, operation, *channels) : block + "\t" + operation;
}

class TablePricer final : public Stage {
 public:
  TablePricer(const CandidateSpace& space, const CsvTable& table, const Location& named_at, Diagnostics& diagnostics)
      : digest_(table.digest),
        file_(table.file) {
    if (table.columns.size() < 3 || table.columns[0] != "block" || table.columns[1] != "operator") {
      diagnostics.error(table.header(),
                        "a table of costs begins with the columns block,operator, and has metrics after them");
      return;
    }
    channels_ = table.columns[2] == "channels";
    const std::size_t first = channels_ ? 3 : 2;
    names_.assign(table.columns.begin() + static_cast<std::ptrdiff_t>(first), table.columns.end());
    if (names_.empty()) diagnostics.error(table.header(), "the table has no metric after block, operator and channels");
    check_names(table, diagnostics);
    read_rows(space, table, first, diagnostics);
    if (!diagnostics.failed()) require_all(space, table, named_at, diagnostics);
  }

  std::string name() const override { return "price"; }
  std::vector<std::string> metrics() const override { return names_; }
  double expected_seconds() const override { return 1e-5; }
  std::map<std::string, std::string> identity() const override { return {{"cost table digest", digest_}}; }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort&) const override {
    std::vector<double> sums(names_.size(), 0.0);
    StageAnswer answer;
    for (const CandidateNetwork& network : candidate.networks) {
      for (std::size_t m = 0; m < bias_.size(); ++m) sums[m] += bias_[m];
      if (!network.source->family) continue;
      for (const NetworkOperator& part : network.source->family->operators(network.point)) {
        const auto found = costs_.find(key_of(part.block, part.operation, channels_ ? part.channels : std::nullopt));
        if (found == costs_.end()) {
          answer.failure = fmt::format("no row for {},{}{} in {}", part.block, part.operation,
                                       channels_ && part.channels ? fmt::format(",{:g}", *part.channels) : "", file_);
          return answer;
        }
        for (std::size_t m = 0; m < sums.size(); ++m) sums[m] += found->second[m];
      }
    }
    for (std::size_t m = 0; m < sums.size(); ++m) answer.metrics[names_[m]] = sums[m];
    return answer;
  }

 private:
  void check_names(const CsvTable& table, Diagnostics& diagnostics) const {
    for (const std::string& name : names_) {
      const bool good = !name.empty() && (std::isalpha(static_cast<unsigned char>(name[0])) != 0 || name[0] == '_') &&
                        std::all_of(name.begin(), name.end(), [](char c) {
                          return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
                        });
      if (!good)
        diagnostics.error(table.header(),
                          fmt::format("the column {} is no name of a metric: letters, digits and _", quote(name)));
    }
  }

  void read_rows(const CandidateSpace& space, const CsvTable& table, std::size_t first, Diagnostics& diagnostics) {
    std::map<std::string, std::vector<std::string>> known;
    for (const NetworkSource& network : space.networks)
      if (network.family)
        for (const auto& [block, operations] : network.family->blocks()) {
          auto& list = known[block];
          list.insert(list.end(), operations.begin(), operations.end());
        }
    std::vector<std::string> blocks = {"bias"};
    for (const auto& entry : known) blocks.push_back(entry.first);
    RowMistakes mistakes(diagnostics);
    std::map<std::string, int> lines;
    for (const CsvTable::Row& row : table.rows) {
      const std::string &block = row.cells[0], &operation = row.cells[1];
      std::optional<double> channels;
      if (channels_ && block != "bias") {
        channels = csv_number(row.cells[2]);
        if (!channels && !row.cells[2].empty()) {
          mistakes.add(table.at(row), fmt::format("channels is {}, allowed is a number", quote(row.cells[2])));
          continue;
        }
      }
      std::vector<double> values;
      for (std::size_t m = 0; m < names_.size(); ++m) {
        const auto value = csv_number(row.cells[first + m]);
        if (!value) {
          mistakes.add(table.at(row),
                       fmt::format("{} is {}, allowed is a number", names_[m], quote(row.cells[first + m])));
          break;
        }
        values.push_back(*value);
      }
      if (values.size() < names_.size()) continue;
      if (block != "bias") {
        const auto found = known.find(block);
        if (found == known.end()) {
          mistakes.add(table.at(row),
                       fmt::format("no network has the block {}{}", quote(block), suggestion(block, blocks)));
          continue;
        }
        if (std::find(found->second.begin(), found->second.end(), operation) == found->second.end()) {
          mistakes.add(table.at(row), fmt::format("block {} has no operator {}{}", block, quote(operation),
                                                  suggestion(operation, found->second)));
          continue;
        }
      }
      const std::string key = block == "bias" ? "bias" : key_of(block, operation, channels);
      if (const auto [at, fresh] = lines.emplace(key, row.line); !fresh) {
        mistakes.add(table.at(row), fmt::format("{} stands twice, first in line {}",
                                                block == "bias" ? "bias" : block + "," + operation, at->second));
        continue;
      }
      if (block == "bias")
        bias_ = values;
      else
        costs_.emplace(key, values);
    }
  }

  // Every operator of every block; where widths matter, at least one width of each.
  void require_all(const CandidateSpace& space, const CsvTable& table, const Location& named_at,
                   Diagnostics& diagnostics) const {
    std::set<std::string> there;
    for (const auto& entry : costs_)
      there.insert(entry.first.substr(
          0, entry.first.rfind('\t') == entry.first.find('\t') ? std::string::npos : entry.first.rfind('\t')));
    RowMistakes mistakes(diagnostics);
    std::set<std::string> told;
    for (const NetworkSource& network : space.networks) {
      if (!network.family) continue;
      for (const auto& [block, operations] : network.family->blocks())
        for (const std::string& operation : operations)
          if (there.count(block + "\t" + operation) == 0 && told.insert(block + "\t" + operation).second)
            mistakes.add(named_at, fmt::format("{} has no row for {},{}", table.file, block, operation));
    }
  }

  std::string digest_, file_;
  bool channels_ = false;
  std::vector<std::string> names_;
  std::vector<double> bias_;
  std::unordered_map<std::string, std::vector<double>> costs_;
};

}  // namespace

std::unique_ptr<Stage> load_table_pricer(const CandidateSpace& space, const std::string& path, const Location& named_at,
                                         Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  const CsvTable table = load_csv(path, named_at, diagnostics);
  if (diagnostics.errors() > before) return nullptr;
  return std::make_unique<TablePricer>(space, table, named_at, diagnostics);
}

}  // namespace dovetail
