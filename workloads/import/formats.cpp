#include <dovetail/workloads/import/formats.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include <dovetail/workloads/import/idle_document.hpp>
#include <dovetail/workloads/import/maestro.hpp>
#include <dovetail/workloads/import/onnx/onnx.hpp>
#include <dovetail/workloads/import/other_documents.hpp>
#include <dovetail/workloads/import/scalesim.hpp>
#include <dovetail/workloads/import/timeloop_problem.hpp>
#include <dovetail/workloads/import/zigzag.hpp>
#include <dovetail/workloads/text/embedded.hpp>

namespace dovetail {
namespace {

// Our own descriptors: dovetail-workload/1, or one layer as a problem of the reference schema.
bool is_native(const Source& source) {
  if (source.suffix() == ".json") return true;
  if (is_foreign_suffix(source.suffix())) return false;
  return is_native_document(source.yaml());
}

void read_native(const Source& source, const ImportOptions&, Imported& imported, Diagnostics& diagnostics) {
  const Node document = parse_document(source.text(), source.path());
  Network network = read_workload(document);
  imported.idle = read_idle(document, diagnostics);
  for (const Diagnostic& note : network.notes) imported.remarks.push_back({"remark", "", note.message, 1, note.where});
  imported.network = std::move(network);
}

const std::array all_formats = {
    Format{"scalesim", "SCALE-Sim topology (.csv)", is_scalesim, read_scalesim},
    Format{"onnx", "ONNX model (.onnx)", is_onnx, read_onnx, true, onnx_unavailable()},
    Format{"maestro", "MAESTRO model (.m)", is_maestro, read_maestro},
    Format{"timeloop", "Timeloop problem (YAML with `problem`)", is_timeloop, read_timeloop},
    Format{"zigzag", "ZigZag or Stream workload (YAML list of layers with `equation`)", is_zigzag, read_zigzag},
    Format{"native", "dovetail-workload/1, or a problem of the reference schema (YAML, JSON)", is_native, read_native},
};

const Format& format_of(const Source& source, const std::string& from) {
  if (!from.empty()) {
    for (const Format& format : all_formats) {
      if (format.name == from) return format;
    }
    throw InputError({}, fmt::format("unknown format {}{}", quote(from), suggestion(from, format_names())));
  }
  if (const std::string what = other_text(source); !what.empty()) throw InputError(source.start(), what);
  for (const Format& format : all_formats) {
    if (format.recognises(source)) return format;
  }
  throw InputError(source.start(), other_document(source.yaml()));
}

// The files of a folder that may hold workloads; what else lies there is remarked, not read.
std::vector<std::string> files_of(const std::string& folder, std::vector<Remark>& remarks) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string path = entry.path().string();
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.')) continue;
    const std::string suffix = entry.path().extension().string();
    const bool is_read = entry.is_regular_file(error) &&
                         (is_foreign_suffix(suffix) || suffix == ".yaml" || suffix == ".yml" || suffix == ".json");
    if (is_read)
      files.push_back(path);
    else
      add_remark(remarks, "unread-file", "entry of the folder", "no suffix of a workload; not read", {path, 0, 0, ""});
  }
  if (error) throw InputError({folder, 0, 0, ""}, "the folder cannot be read");
  if (files.empty()) throw InputError({folder, 0, 0, ""}, "there is no workload in this folder");
  std::sort(files.begin(), files.end());
  return files;
}

std::string stem(const std::string& path) {
  const std::filesystem::path whole(path);
  return whole.has_filename() ? whole.stem().string() : whole.parent_path().filename().string();
}

std::string no_open_size(const ImportOptions& options, std::string_view what) {
  return fmt::format("--dim {} names no open size: {} leaves none open", quote(options.sizes.begin()->first), what);
}

Imported import_one(const std::string& name, const ImportOptions& options) {
  std::error_code error;
  if (const embedded::File* zoo = embedded::find(embedded::zoo(), name); zoo != nullptr && options.from.empty()) {
    if (!options.sizes.empty()) throw InputError({}, no_open_size(options, "a network of the zoo"));
    const Node document = parse_yaml(zoo->text, "zoo/" + name + ".yaml");
    Diagnostics diagnostics;
    Imported imported;
    imported.network = read_workload(document);
    imported.idle = read_idle(document, diagnostics);
    diagnostics.raise();
    return imported;
  }
  const bool looks_like_path = name.find_first_of("/\\.") != std::string::npos;
  if (!looks_like_path && !std::filesystem::exists(name, error)) {
    throw InputError({}, fmt::format("there is no workload {}, neither in the zoo nor as a file{}", quote(name),
                                     suggestion(name, zoo_names())));
  }
  return import_source(Source(name), options);
}

}  // namespace

std::span<const Format> formats() {
  return all_formats;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const Format& format : all_formats) names.emplace_back(format.name);
  return names;
}

Imported import_source(const Source& source, const ImportOptions& options) {
  const Format& format = format_of(source, options.from);
  if (!format.unavailable.empty())
    throw InputError({source.path(), 0, 0, ""}, fmt::format("{}: {}", format.about, format.unavailable));
  if (!options.sizes.empty() && !format.open_sizes)
    throw InputError({source.path(), 0, 0, ""}, no_open_size(options, format.about));
  Imported imported;
  imported.network.name = stem(source.path());
  Diagnostics diagnostics;
  format.read(source, options, imported, diagnostics);
  diagnostics.raise();
  return imported;
}

Imported import_workload(const std::vector<std::string>& names, const ImportOptions& options) {
  Imported whole;
  Diagnostics diagnostics;
  std::vector<std::string> files;
  for (const std::string& name : names) {
    std::error_code error;
    const bool is_folder =
        embedded::find(embedded::zoo(), name) == nullptr && std::filesystem::is_directory(name, error);
    if (!is_folder) {
      files.push_back(name);
      continue;
    }
    for (std::string& file : files_of(name, whole.remarks)) files.push_back(std::move(file));
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    try {
      Imported next = import_one(files[i], options);
      if (i == 0) {
        next.remarks.insert(next.remarks.begin(), whole.remarks.begin(), whole.remarks.end());
        whole = std::move(next);
      } else {
        append(whole, std::move(next));
      }
    } catch (const InputError& error) {
      for (const Diagnostic& diagnostic : error.diagnostics()) diagnostics.error(diagnostic.where, diagnostic.message);
    }
  }
  diagnostics.raise();
  if (files.size() > 1) {
    whole.network.name = stem(names.front());
    if (const std::int64_t renamed = make_names_unique(whole.network); renamed > 0)
      add_remark(whole.remarks, "doubled-name", "layer", "the name occurs before; a suffix tells them apart", {},
                 renamed);
    if (boost::num_vertices(whole.network.graph) > NetworkBuilder::most_operators)
      throw InputError({}, fmt::format("more than {} layers in one network", NetworkBuilder::most_operators));
    try {
      totals(whole.network);
    } catch (const std::overflow_error& error) {
      throw InputError({}, error.what());
    }
  }
  whole.network.notes.clear();
  for (const Remark& remark : whole.remarks)
    whole.network.notes.push_back({remark.where, to_string(remark), Severity::note});
  return whole;
}

Network load_workload(const std::string& name_or_path) {
  return import_workload({name_or_path}).network;
}

}  // namespace dovetail
