// Data files that are compiled into the program, so that it works from any directory.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dovetail::embedded {

/// A file of a folder: its name without the extension, and its text.
struct File {
  std::string_view name, text;
};

/// The files of workloads/zoo, workloads/families, accelerators/families and accelerators/machines, by name.
std::span<const File> zoo();
std::span<const File> network_families();
std::span<const File> families();
std::span<const File> machines();
/// Of the tile model: accelerators/boards and accelerators/tile_families.
std::span<const File> boards();
std::span<const File> tile_families();
/// engine/compress/sensitivities: how accuracies fall when layers are pruned.
std::span<const File> sensitivities();

/// The file with this name, or nullptr.
inline const File* find(std::span<const File> files, std::string_view name) {
  for (const File& file : files) {
    if (file.name == name) return &file;
  }
  return nullptr;
}

inline std::vector<std::string> names(std::span<const File> files) {
  std::vector<std::string> names;
  for (const File& file : files) names.emplace_back(file.name);
  return names;
}

}  // namespace dovetail::embedded
