// The table of formats: how a file that holds a workload is recognised and read. One row per format.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <dovetail/workloads/import/imported.hpp>
#include <dovetail/workloads/import/source.hpp>

namespace dovetail {

/// What a user says about a file beyond its content.
struct ImportOptions {
  std::string from;                           ///< name of a format; empty: recognised
  std::map<std::string, std::int64_t> sizes;  ///< of symbolic dimensions (ONNX): batch -> 1
};

/// A format of workloads.
struct Format {
  std::string_view name;   ///< as --from names it
  std::string_view about;  ///< "SCALE-Sim topology (.csv)"
  /// Whether the file is meant to be of this format, right or wrong; never throws for content that is not.
  bool (*recognises)(const Source& source);
  /// Reads the network, whole, or reports every mistake. `imported.network.name` is set before.
  void (*read)(const Source& source, const ImportOptions& options, Imported& imported, Diagnostics& diagnostics);
  bool open_sizes = false;            ///< whether files of it may leave sizes open, which the user then says
  std::string_view unavailable = {};  ///< "not available in this build, because ..."; empty: available
};

/// All formats; the first row that recognises a file reads it.
std::span<const Format> formats();

/// The names of the formats, for options and messages.
std::vector<std::string> format_names();

/// One file (or text) of whatever format. Throws InputError with all mistakes, or with what the file is when it holds
/// no workload.
Imported import_source(const Source& source, const ImportOptions& options = {});

/// Files of any formats, folders of them (in the order of their names) and networks of the zoo as one network, in the
/// order given. Throws InputError with the mistakes of all of them. The remarks are also notes of the network.
Imported import_workload(const std::vector<std::string>& names, const ImportOptions& options = {});

}  // namespace dovetail
