#include <dovetail/workloads/import/scalesim.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include <dovetail/workloads/text/document_text.hpp>

namespace dovetail {
namespace {

struct Cell {
  std::string text;
  int column = 1;
};

struct Row {
  std::vector<Cell> cells;
  int line = 1;
  bool remarked = false;  ///< ended by a #
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char letter) { return static_cast<char>(std::tolower(static_cast<unsigned char>(letter))); });
  return text;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

// No-break spaces are spaces; LF, CRLF and CR end a line.
std::vector<std::string> lines_of(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || text[i] == '\r') {
      if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
      lines.emplace_back();
    } else if (text.substr(i).starts_with("\xC2\xA0")) {
      lines.back() += ' ';
      ++i;
    } else {
      lines.back() += text[i];
    }
  }
  return lines;
}

Row split(std::string_view line, char separator, int number) {
  Row row{{}, number, false};
  for (std::size_t start = 0;;) {
    const std::size_t stop = std::min(line.find(separator, start), line.size());
    std::string_view cell = line.substr(start, stop - start);
    const std::size_t hash = cell.find('#');
    if (hash != std::string_view::npos) {
      row.remarked = true;
      cell = cell.substr(0, hash);
    }
    row.cells.push_back({trimmed(cell), static_cast<int>(start) + 1});
    if (row.remarked || stop == line.size()) return row;
    start = stop + 1;
  }
}

enum class Shape { none, conv, gemm };

bool contains(const std::string& text, const char* word) {
  return text.find(word) != std::string::npos;
}

Shape shape_of(const std::vector<std::string>& header) {
  if (header.size() >= 4 && header[1] == "m" && header[2] == "n" && header[3] == "k") return Shape::gemm;
  if (header.size() < 8) return Shape::none;
  const auto is_input = [&](int c) { return contains(header[c], "ifmap") || contains(header[c], "input"); };
  const auto is_filter = [&](int c) { return contains(header[c], "filter") || contains(header[c], "kernel"); };
  const bool conv = is_input(1) && is_input(2) && is_filter(3) && is_filter(4) && contains(header[5], "channel") &&
                    is_filter(6) && contains(header[7], "stride");
  return conv ? Shape::conv : Shape::none;
}

char separator_of(std::string_view line) {
  return line.find(',') == std::string_view::npos && line.find('\t') != std::string_view::npos ? '\t' : ',';
}

std::vector<std::string> header_of(const std::string& line, char separator) {
  std::vector<std::string> header;
  for (const Cell& cell : split(line, separator, 1).cells) header.push_back(lower(cell.text));
  return header;
}

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty() || text[0] == '-') return std::nullopt;
  if (error == std::errc::result_out_of_range) return std::numeric_limits<std::int64_t>::max();
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

// N:M of structured sparsity.
std::optional<std::pair<std::int64_t, std::int64_t>> ratio(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto kept = whole(trimmed(text.substr(0, colon))), of = whole(trimmed(text.substr(colon + 1)));
  if (!kept || !of) return std::nullopt;
  return std::pair(*kept, *of);
}

class TopologyReader {
 public:
  TopologyReader(const Source& source, std::vector<Remark>& remarks, Diagnostics& diagnostics)
      : file_(source.path()),
        remarks_(remarks),
        diagnostics_(diagnostics) {}

  std::vector<ScalesimLayer> read(const std::string& text) {
    const std::vector<std::string> lines = lines_of(text);
    const char separator = separator_of(lines.front());
    header_ = header_of(lines.front(), separator);
    shape_ = shape_of(header_);
    if (shape_ == Shape::none) {
      diagnostics_.error({file_, 1, 1, ""},
                         "this line is no header of a SCALE-Sim topology: expected 'Layer name, IFMAP Height, IFMAP "
                         "Width, Filter Height, Filter Width, Channels, Num Filter, Strides' or 'Layer, M, N, K'");
      return {};
    }
    if (separator == '\t') remark("tabs", "file", "tabs separate the cells", {file_, 1, 1, ""});
    for (std::size_t i = 1; i < lines.size(); ++i) row(split(lines[i], separator, static_cast<int>(i) + 1));
    return std::move(layers_);
  }

 private:
  std::size_t needed() const { return shape_ == Shape::gemm ? 3 : 7; }

  void remark(std::string_view kind, std::string_view subject, std::string_view text, const Location& where) {
    add_remark(remarks_, kind, subject, text, where);
  }

  Location at(const Row& row, std::size_t cell) const {
    return {file_, row.line, cell < row.cells.size() ? row.cells[cell].column : 1, ""};
  }

  std::string column_name(std::size_t cell) const {
    return cell < header_.size() && !header_[cell].empty() ? quote(header_[cell]) : fmt::format("column {}", cell + 1);
  }

  std::optional<std::int64_t> number(const Row& row, std::size_t cell) {
    const std::string& text = row.cells[cell].text;
    const std::optional<std::int64_t> value = whole(text);
    if (!value) {
      diagnostics_.error(at(row, cell), fmt::format("{}: {} is no whole number", column_name(cell), quote(text)));
      return std::nullopt;
    }
    if (*value < 1 || *value > std::numeric_limits<std::int32_t>::max()) {
      diagnostics_.error(at(row, cell),
                         fmt::format("{} is {}, allowed are 1 to 2147483647", column_name(cell), quote(text)));
      return std::nullopt;
    }
    return value;
  }

  // The cells beyond those of the shape: batch, sparsity, columns that are not read.
  bool read_extras(const Row& row, ScalesimLayer& layer) {
    bool good = true;
    for (std::size_t c = needed() + 1; c < row.cells.size(); ++c) {
      const std::string& text = row.cells[c].text;
      if (text.empty()) continue;
      const std::string name = c < header_.size() ? header_[c] : "";
      if (name == "batch" || name == "batch size") {
        const auto batch = number(row, c);
        good = good && batch;
        layer.batch = batch.value_or(1);
      } else if (const auto kept = ratio(text)) {
        if (kept->first < 1 || kept->first > kept->second) {
          diagnostics_.error(at(row, c), fmt::format("sparsity {} is not N:M with 1 <= N <= M", quote(text)));
          good = false;
        } else if (kept->first < kept->second) {
          layer.density = static_cast<double>(kept->first) / static_cast<double>(kept->second);
          remark("sparsity", "layer", "some weights are zero; multiply-accumulates are counted dense", at(row, c));
        }
      } else if (!name.empty()) {
        if (unread_.insert(c).second) remark("unread-column", "column", "not part of a topology; not read", at(row, c));
      } else {
        diagnostics_.error(at(row, c), fmt::format("{} stands beyond the columns of the header", quote(text)));
        good = false;
      }
    }
    return good;
  }

  void row(const Row& row) {
    const auto is_empty = [](const Cell& cell) { return cell.text.empty(); };
    if (row.remarked) remark("remark", "row", "what follows # is a remark", at(row, row.cells.size() - 1));
    if (std::all_of(row.cells.begin(), row.cells.end(), is_empty)) return;
    if (std::all_of(row.cells.begin() + 1, row.cells.end(), is_empty)) {
      remark("title", "row", "only a name: a title, no layer", at(row, 0));
      return;
    }
    if (row.cells.size() < needed() + 1) {
      diagnostics_.error(at(row, 0),
                         fmt::format("{} numbers after the name, needed are {}", row.cells.size() - 1, needed()));
      return;
    }
    std::vector<std::int64_t> numbers;
    for (std::size_t c = 1; c <= needed(); ++c) {
      if (const auto value = number(row, c)) numbers.push_back(*value);
    }
    ScalesimLayer layer;
    layer.name = row.cells[0].text;
    layer.where = at(row, 0);
    const bool good = read_extras(row, layer);
    if (!good || numbers.size() < needed()) return;
    if (shape_ == Shape::gemm)
      gemm(numbers, layer);
    else
      conv(row, numbers, layer);
  }

  void gemm(const std::vector<std::int64_t>& numbers, ScalesimLayer& layer) {
    layer.gemm = true;
    layer.rows = numbers[0];
    layer.columns = numbers[1];
    layer.depth = numbers[2];
    layers_.push_back(std::move(layer));
  }

  void conv(const Row& row, const std::vector<std::int64_t>& numbers, ScalesimLayer& layer) {
    layer.height = numbers[0];
    layer.width = numbers[1];
    layer.kernel_height = numbers[2];
    layer.kernel_width = numbers[3];
    layer.channels = numbers[4];
    layer.filters = numbers[5];
    layer.stride = numbers[6];
    if (layer.kernel_height > layer.height || layer.kernel_width > layer.width) {
      diagnostics_.error(at(row, 3), fmt::format("the filter of {} x {} is larger than the input of {} x {}",
                                                 layer.kernel_height, layer.kernel_width, layer.height, layer.width));
      return;
    }
    if ((layer.height - layer.kernel_height) % layer.stride != 0 ||
        (layer.width - layer.kernel_width) % layer.stride != 0)
      remark("rounded-up", "layer", "the stride does not divide; SCALE-Sim rounds up", at(row, 7));
    if (layer.name.find("DP") != std::string::npos && layer.channels > 1) {
      remark("per-channel", "row", "DP in the name: one layer per channel, as SCALE-Sim expands it", at(row, 0));
      layer.repeat = layer.channels;
      layer.channels = 1;
    }
    layers_.push_back(std::move(layer));
  }

  const std::string& file_;
  std::vector<Remark>& remarks_;
  Diagnostics& diagnostics_;
  std::vector<ScalesimLayer> layers_;
  std::vector<std::string> header_;
  Shape shape_ = Shape::none;
  std::set<std::size_t> unread_;
};

// M x K times K x N; a batch repeats the product with the same weights.
Layer product(const ScalesimLayer& row) {
  Layer layer = make_matmul({row.name, row.rows, row.columns, row.depth, 1});
  if (row.batch == 1) return layer;
  layer.dimensions.push_back({"B", row.batch});
  for (Tensor& tensor : layer.tensors) {
    if (tensor.name != "Weights") tensor.axes.insert(tensor.axes.begin(), Axis{{3, 1}});
  }
  return layer;
}

Layer convolution(const ScalesimLayer& row) {
  const auto outputs = [&](std::int64_t size, std::int64_t kernel) {
    return (size - kernel + row.stride - 1) / row.stride + 1;
  };
  ConvShape shape;
  shape.name = row.name;
  shape.batch = row.batch;
  shape.in_channels = row.channels;
  shape.out_channels = row.filters;
  shape.out_height = outputs(row.height, row.kernel_height);
  shape.out_width = outputs(row.width, row.kernel_width);
  shape.kernel_height = row.kernel_height;
  shape.kernel_width = row.kernel_width;
  shape.stride_height = shape.stride_width = row.stride;
  return make_conv(shape);
}

}  // namespace

bool is_scalesim(const Source& source) {
  if (source.suffix() == ".csv") return true;
  if (source.suffix() == ".yaml" || source.suffix() == ".yml" || source.suffix() == ".json") return false;
  const std::string first = lines_of(source.head()).front();
  return shape_of(header_of(first, separator_of(first))) != Shape::none;
}

std::vector<ScalesimLayer> read_scalesim_layers(const Source& source, std::vector<Remark>& remarks,
                                                Diagnostics& diagnostics) {
  detail::require_text(source.text(), source.path(), max_document_bytes);
  return TopologyReader(source, remarks, diagnostics).read(source.text());
}

void read_scalesim(const Source& source, const ImportOptions&, Imported& imported, Diagnostics& diagnostics) {
  NetworkBuilder builder(imported, diagnostics);
  for (const ScalesimLayer& row : read_scalesim_layers(source, imported.remarks, diagnostics)) {
    NetworkLayer layer{row.gemm ? product(row) : convolution(row), row.repeat, true};
    for (Tensor& tensor : layer.layer.tensors) {
      if (tensor.name == "Weights") tensor.density = row.density;
    }
    builder.add(std::move(layer), row.where);
    builder.read_previous();
  }
  builder.finish(source.start());
}

}  // namespace dovetail
