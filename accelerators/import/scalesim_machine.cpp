#include <dovetail/accelerators/import/scalesim_machine.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>

#include <dovetail/workloads/import/other_documents.hpp>
#include <dovetail/workloads/import/scalesim.hpp>
#include <dovetail/workloads/text/document_text.hpp>

namespace dovetail {
namespace {

struct Value {
  std::string text;
  Location where;
};

std::string small(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char letter) { return static_cast<char>(std::tolower(static_cast<unsigned char>(letter))); });
  return lower;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  return first == std::string_view::npos ? std::string()
                                         : std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

// Sections of `key : value` or `key = value`, case free; # and ; start remarks.
class Settings {
 public:
  Settings(const Source& source, Diagnostics& diagnostics) : file_(source.path()), diagnostics_(diagnostics) {
    detail::require_text(source.text(), source.path(), max_document_bytes);
    std::string section;
    int number = 0;
    for (std::size_t start = 0; start < source.text().size();) {
      const std::size_t stop = std::min(source.text().find('\n', start), source.text().size());
      ++number;
      line(trimmed(std::string_view(source.text()).substr(start, stop - start)), {file_, number, 1, ""}, section);
      start = stop + 1;
    }
  }

  const Value* find(const char* section, const char* key) const {
    const auto found = values_.find(std::string(section) + "." + key);
    return found == values_.end() ? nullptr : &found->second;
  }
  bool has(const char* section) const { return sections_.contains(section); }

  std::int64_t whole(const char* section, const char* key) {
    const Value* value = find(section, key);
    if (value == nullptr) {
      diagnostics_.error({file_, 1, 1, ""}, fmt::format("[{}] has no {}", section, key));
      return 1;
    }
    std::int64_t count = 0;
    const char* end = value->text.data() + value->text.size();
    const auto read = std::from_chars(value->text.data(), end, count);
    if (read.ec == std::errc() && read.ptr == end && count >= 1 && count <= (1 << 24)) return count;
    diagnostics_.error(value->where,
                       fmt::format("{} must be a whole number from 1 to 16777216, found {}", key, quote(value->text)));
    return 1;
  }

  // Switches that change what SCALE-Sim does and have no counterpart.
  void refuse_if_on(const char* section, const char* key) {
    const Value* value = find(section, key);
    if (value != nullptr && small(value->text) == "true")
      diagnostics_.error(value->where, fmt::format("{} is not read", key));
  }

 private:
  void line(const std::string& text, const Location& where, std::string& section) {
    if (text.empty() || text[0] == '#' || text[0] == ';') return;
    if (text.front() == '[' && text.back() == ']') {
      section = small(trimmed(text.substr(1, text.size() - 2)));
      sections_[section] = true;
      return;
    }
    const std::size_t sign = text.find_first_of(":=");
    if (sign == std::string::npos) {
      diagnostics_.error(where, fmt::format("expected a [section] or KEY : VALUE, found {}", quote(text)));
      return;
    }
    const std::string key = section + "." + small(trimmed(text.substr(0, sign)));
    if (!values_.emplace(key, Value{trimmed(text.substr(sign + 1)), where}).second)
      diagnostics_.error(where, fmt::format("{} stands twice", quote(trimmed(text.substr(0, sign)))));
  }

  const std::string& file_;
  Diagnostics& diagnostics_;
  std::map<std::string, Value> values_;
  std::map<std::string, bool> sections_;
};

SystolicDataflow dataflow(const Settings& settings, const Location& file, Diagnostics& diagnostics) {
  const Value* value = settings.find("architecture_presets", "dataflow");
  const std::string word = value == nullptr ? "" : small(value->text);
  if (word == "os") return SystolicDataflow::output_stationary;
  if (word == "ws") return SystolicDataflow::weight_stationary;
  if (word == "is") return SystolicDataflow::input_stationary;
  const std::vector<std::string> words = {"os", "ws", "is"};
  if (value == nullptr)
    diagnostics.error(file, "[architecture_presets] has no dataflow");
  else
    diagnostics.error(value->where, fmt::format("unknown Dataflow {}{}", quote(value->text), suggestion(word, words)));
  return SystolicDataflow::output_stationary;
}

void bandwidth(Settings& settings, const Location& file, SystolicInput& input, Diagnostics& diagnostics) {
  const Value* mode = settings.find("run_presets", "interfacebandwidth");
  const std::string word = mode == nullptr ? "" : small(mode->text);
  if (word == "calc") return;
  if (word != "user") {
    diagnostics.error(mode == nullptr ? file : mode->where,
                      fmt::format("[run_presets] InterfaceBandwidth must be CALC or USER, found {}",
                                  mode == nullptr ? "nothing" : quote(mode->text)));
    return;
  }
  input.bandwidth_words_per_cycle = settings.whole("architecture_presets", "bandwidth");
  for (const char* key : {"ifmapsrambankbandwidth", "filtersrambankbandwidth"}) {
    const Value* bank = settings.find("layout", key);
    if (bank != nullptr && settings.whole("layout", key) != input.bandwidth_words_per_cycle)
      diagnostics.error(bank->where, fmt::format("{} differs from Bandwidth {}; one bandwidth for all operands is read",
                                                 key, input.bandwidth_words_per_cycle));
  }
}

}  // namespace

bool is_scalesim_machine(const Source& source) {
  return source.suffix() == ".cfg" || (source.suffix() != ".csv" && !other_text(source).empty());
}

SystolicInput read_scalesim_machine(const Source& source, Diagnostics& diagnostics) {
  Settings settings(source, diagnostics);
  SystolicInput input;
  const char* presets = "architecture_presets";
  input.array_rows = settings.whole(presets, "arrayheight");
  input.array_columns = settings.whole(presets, "arraywidth");
  input.ifmap_sram_kb = settings.whole(presets, "ifmapsramszkb");
  input.filter_sram_kb = settings.whole(presets, "filtersramszkb");
  input.ofmap_sram_kb = settings.whole(presets, "ofmapsramszkb");
  input.dataflow = dataflow(settings, source.start(), diagnostics);
  input.version = settings.has("layout") ? 3 : 2;
  bandwidth(settings, source.start(), input, diagnostics);
  settings.refuse_if_on("layout", "ifmapcustomlayout");
  settings.refuse_if_on("layout", "filtercustomlayout");
  settings.refuse_if_on("sparsity", "sparsitysupport");
  settings.refuse_if_on("run_presets", "useramulatortrace");
  return input;
}

std::vector<SystolicLayer> read_scalesim_runs(const Source& topology, const Source& machine,
                                              std::vector<Remark>& remarks) {
  Diagnostics diagnostics;
  const SystolicInput array = read_scalesim_machine(machine, diagnostics);
  const std::vector<ScalesimLayer> layers = read_scalesim_layers(topology, remarks, diagnostics);
  std::vector<SystolicLayer> runs;
  for (const ScalesimLayer& layer : layers) {
    SystolicInput input = array;
    input.is_convolution = !layer.gemm;
    input.product = {layer.rows, layer.columns, layer.depth};
    input.convolution = {layer.height,   layer.width,   layer.kernel_height, layer.kernel_width,
                         layer.channels, layer.filters, layer.stride};
    if (layer.batch > 1 || layer.density < 1.0) {
      diagnostics.error(layer.where,
                        "a batch and sparse weights are not simulated; SCALE-Sim's plain runs are dense, of batch 1");
    } else if (systolic_requests(input) > systolic_request_limit ||
               systolic_addresses(input) > systolic_address_limit) {
      diagnostics.error(
          layer.where, fmt::format("the layer makes {:.3g} requests to {:.3g} addresses, allowed are {:.3g} and {:.3g}",
                                   systolic_requests(input), systolic_addresses(input), systolic_request_limit,
                                   systolic_address_limit));
    }
    runs.push_back({layer.name, layer.repeat, input});
  }
  diagnostics.raise();
  return runs;
}

}  // namespace dovetail
