#include <dovetail/accelerators/gemmini/fit.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <sstream>

#include <fmt/format.h>

#include <dovetail/workloads/parallel.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(separator, begin);
    parts.emplace_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

bool read_number(std::string_view text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

int dimension_of(char letter) {
  switch (letter) {
    case 'N':
      return gemmini_n;
    case 'Q':
      return gemmini_q;
    case 'P':
      return gemmini_p;
    case 'K':
      return gemmini_k;
    case 'C':
      return gemmini_c;
    case 'S':
      return gemmini_s;
    case 'R':
      return gemmini_r;
    default:
      return -1;
  }
}

/// Tiles, order and spatial factors of "L3[WIO] P28 R7 - L2[WI] N1 K4X - L1[O] ... - L0[W] ...".
bool read_mapping(const std::string& text, GemminiJob& job, std::int64_t& spatial) {
  job.tile.fill(1);
  std::vector<int> order;
  bool outer = false;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word == "-") continue;
    if (word[0] == 'L') {
      outer = word.size() > 1 && word[1] == '3';
      continue;
    }
    const int d = dimension_of(word[0]);
    std::int64_t factor = 0;
    const auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), factor);
    if (d < 0 || error != std::errc() || factor < 1 || factor > 1'000'000) return false;
    if (end < word.data() + word.size()) spatial = std::max(spatial, factor);
    if (outer)
      order.push_back(d);
    else
      job.tile[static_cast<std::size_t>(d)] *= factor;
  }
  for (int d = 0; d < gemmini_dimensions; ++d)
    if (std::find(order.begin(), order.end(), d) == order.end()) order.push_back(d);
  if (order.size() != gemmini_dimensions) return false;
  std::copy(order.begin(), order.end(), job.order.begin());
  return true;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0.0;
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> rank(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && values[order[j]] == values[order[i]]) ++j;
    for (std::size_t k = i; k < j; ++k) rank[order[k]] = 0.5 * static_cast<double>(i + j - 1);
    i = j;
  }
  return rank;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  const double ma = std::accumulate(a.begin(), a.end(), 0.0) / n, mb = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double ab = 0.0, aa = 0.0, bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb), aa += (a[i] - ma) * (a[i] - ma), bb += (b[i] - mb) * (b[i] - mb);
  }
  return aa > 0.0 && bb > 0.0 ? ab / std::sqrt(aa * bb) : 0.0;
}

std::vector<double> predict(const std::vector<MeasuredRow>& rows, const GemminiConstants& constants, int threads) {
  std::vector<double> cycles(rows.size());
  parallel_for(rows.size(), threads, [&](std::size_t i) { cycles[i] = run_gemmini(rows[i].job, constants).cycles; });
  return cycles;
}

constexpr double cap = 0.8;  ///< of a row's log error: what the model does not explain must not bend it

double loss(const std::vector<MeasuredRow>& rows, const GemminiConstants& constants, int threads) {
  const std::vector<double> cycles = predict(rows, constants, threads);
  double sum = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) sum += std::min(std::fabs(cycles[i] / rows[i].cycles - 1.0), cap);
  return sum / static_cast<double>(rows.size());
}

FitError errors_of(const std::vector<MeasuredRow>& rows, const std::vector<double>& cycles) {
  FitError e;
  e.rows = rows.size();
  if (rows.empty()) return e;
  std::vector<double> errors, measured;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    errors.push_back(100.0 * std::fabs(cycles[i] - rows[i].cycles) / rows[i].cycles);
    measured.push_back(rows[i].cycles);
  }
  e.mean_percent = std::accumulate(errors.begin(), errors.end(), 0.0) / static_cast<double>(errors.size());
  e.median_percent = median(errors);
  e.spearman = correlation(ranks(cycles), ranks(measured));
  return e;
}

}  // namespace

MeasuredRows read_measured_rows(std::string_view csv, const std::string& file, const MeasuredOptions& options) {
  MeasuredRows out;
  Diagnostics diagnostics;
  std::map<std::string, std::size_t> columns;
  int line_number = 0;
  for (std::string& line : split(csv, '\n')) {
    ++line_number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    const std::vector<std::string> cells = split(line, ',');
    if (columns.empty()) {
      for (std::size_t i = 0; i < cells.size(); ++i) columns[cells[i]] = i;
      std::vector<std::string> needed = {"prob.C", "prob.K", "prob.N",       "prob.P",      "prob.Q",
                                         "prob.R", "prob.S", "prob.Wstride", options.target};
      needed.push_back(options.tiling == MeasuredTiling::mapping ? "mapping.mapping" : "dse.auto_tiling");
      for (const std::string& name : needed)
        if (columns.count(name) == 0) diagnostics.error({file, 1, 1, ""}, fmt::format("column '{}' is missing", name));
      diagnostics.raise();
      continue;
    }
    const auto cell = [&](const std::string& name) {
      return columns[name] < cells.size() ? cells[columns[name]] : std::string();
    };
    const auto number = [&](const std::string& name, double least) {
      double value = 0.0;
      if (!read_number(cell(name), value) || value < least || value > 1e15) {
        diagnostics.error({file, line_number, 1, ""},
                          fmt::format("{} is {}, allowed is a number of at least {}", name, quote(cell(name)), least));
        return least;
      }
      return value;
    };
    MeasuredRow row;
    GemminiJob& job = row.job;
    const auto set = [&](int d, const char* name) {
      job.extent[static_cast<std::size_t>(d)] = static_cast<std::int64_t>(std::min(number(name, 1), 1e6));
    };
    set(gemmini_n, "prob.N"), set(gemmini_q, "prob.Q"), set(gemmini_p, "prob.P"), set(gemmini_k, "prob.K");
    set(gemmini_c, "prob.C"), set(gemmini_s, "prob.S"), set(gemmini_r, "prob.R");
    job.stride = static_cast<std::int64_t>(std::min(number("prob.Wstride", 1), 64.0));
    row.cycles = number(options.target, 1);
    row.layer = fmt::format("R{} S{} P{} Q{} C{} K{} N{} stride {}", job.extent[gemmini_r], job.extent[gemmini_s],
                            job.extent[gemmini_p], job.extent[gemmini_q], job.extent[gemmini_c], job.extent[gemmini_k],
                            job.extent[gemmini_n], job.stride);
    job.matmul = job.extent[gemmini_q] == 1 && job.extent[gemmini_r] == 1 && job.extent[gemmini_s] == 1;
    std::int64_t spatial = 1;
    if (options.tiling == MeasuredTiling::mapping) {
      if (!read_mapping(cell("mapping.mapping"), job, spatial)) {
        diagnostics.error({file, line_number, 1, ""},
                          fmt::format("mapping {} cannot be read", quote(cell("mapping.mapping"))));
        continue;
      }
    } else {
      const std::vector<std::string> factors = split(cell("dse.auto_tiling"), '_');
      constexpr int order[] = {gemmini_r, gemmini_s, gemmini_p, gemmini_q, gemmini_c, gemmini_k, gemmini_n};
      bool good = factors.size() == 7;
      for (std::size_t i = 0; good && i < 7; ++i) {
        double value = 0.0;
        good = read_number(factors[i], value) && value >= 1 && value <= 1e6;
        job.tile[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(value);
      }
      if (!good) {
        diagnostics.error({file, line_number, 1, ""},
                          fmt::format("tiling {} cannot be read", quote(cell("dse.auto_tiling"))));
        continue;
      }
      job.cold = true;  // run before the mapped tiles, on data that no cache holds yet
      job.order = {gemmini_n, gemmini_q, gemmini_p, gemmini_k, gemmini_s, gemmini_r, gemmini_c};
    }
    job.dim = options.dim;
    if (job.dim == 0)
      for (job.dim = 4; job.dim < spatial; job.dim *= 2) {
      }
    if (!job.matmul) job.extent[gemmini_q] = job.extent[gemmini_p];  // one output size was given to the program
    for (std::size_t d = 0; d < gemmini_dimensions; ++d) job.tile[d] = std::min(job.tile[d], job.extent[d]);
    if (job.matmul)  // the program counts in blocks of the array
      for (const int d : {gemmini_p, gemmini_c, gemmini_k}) {
        auto& tile = job.tile[static_cast<std::size_t>(d)];
        if (tile > job.dim)
          tile = tile / job.dim * job.dim;
        else
          tile = std::min<std::int64_t>(job.extent[static_cast<std::size_t>(d)], job.dim);
      }
    if (lies_in_padding(job))
      ++out.left_out["a tile lies wholly in the padding"];
    else if (options.odd_kernels && job.extent[gemmini_r] % 2 == 0)
      ++out.left_out["even kernel"];
    else if (options.old_matmul && job.matmul && job.dim != 16)
      ++out.left_out["matrix product of an older program"];
    else
      out.rows.push_back(std::move(row));
  }
  diagnostics.raise();
  return out;
}

FitError fit_error(const std::vector<MeasuredRow>& rows, const GemminiConstants& constants) {
  return errors_of(rows, predict(rows, constants, 1));
}

GemminiConstants fit_constants(const std::vector<MeasuredRow>& rows, const GemminiConstants& start, int rounds,
                               int threads) {
  GemminiConstants best = start;
  double least = loss(rows, best, threads);
  std::vector<double> step(gemmini_constants().size(), 0.3);
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < gemmini_constants().size(); ++i) {
      const GemminiConstant& c = gemmini_constants()[i];
      if (!c.fitted) continue;
      bool moved = false;
      for (const double direction : {1.0, -1.0}) {
        GemminiConstants trial = best;
        const double scale = std::max(std::fabs(best.*c.member), 0.02 * (c.largest - c.least));
        trial.*c.member = std::clamp(best.*c.member + direction * step[i] * scale, c.least, c.largest);
        if (trial.*c.member == best.*c.member) continue;
        const double value = loss(rows, trial, threads);
        if (value < least) {
          best = trial, least = value, moved = true;
          break;
        }
      }
      step[i] = std::clamp(step[i] * (moved ? 1.6 : 0.5), 0.01, 1.0);
    }
  return best;
}

FitError leave_layer_out(const std::vector<MeasuredRow>& checked, const std::vector<MeasuredRow>& fitted,
                         const GemminiConstants& start, int folds, int rounds, int threads) {
  std::map<std::string, int> fold_of;
  for (const MeasuredRow& row : checked) fold_of.emplace(row.layer, 0);
  int next = 0;
  for (auto& [layer, fold] : fold_of) fold = next++ % folds;
  std::vector<double> cycles(checked.size());
  parallel_for(static_cast<std::size_t>(folds), threads, [&](std::size_t f) {
    std::vector<MeasuredRow> others;
    for (const MeasuredRow& row : fitted) {
      const auto at = fold_of.find(row.layer);
      if (at == fold_of.end() || at->second != static_cast<int>(f)) others.push_back(row);
    }
    const GemminiConstants constants = others.empty() ? start : fit_constants(others, start, rounds, 1);
    for (std::size_t i = 0; i < checked.size(); ++i)
      if (fold_of.at(checked[i].layer) == static_cast<int>(f))
        cycles[i] = run_gemmini(checked[i].job, constants).cycles;
  });
  return errors_of(checked, cycles);
}

}  // namespace dovetail
