// Searches over networks: the part of `optimize`, `describe` and `convert` that they take.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <dovetail/engine/explore/exploration.hpp>
#include <dovetail/engine/study/exploration_document.hpp>
#include <dovetail/engine/study/exploration_keys.hpp>
#include <dovetail/spaces/network/network_family.hpp>

#include "command.hpp"
#include "study_options.hpp"

namespace dovetail::cli {

/// The study of a command when it searches networks: of the file, the preset, or both, changed by options and --set.
std::optional<ExplorationStudy> make_exploration_study(const CLI::App& command, const StudyOptions& options, const std::string& preset,
                                                       const Common& common);

/// The words of the same study, for workers.
ExplorationWords exploration_words(const CLI::App& command, const StudyOptions& options, const std::string& preset, const Common& common);

/// Who evaluates a study, given the store that was opened for it; may be null.
using QueueOf = std::function<std::unique_ptr<Queue>(const Exploration& exploration, Store* store)>;

/// Runs the study, or says what it would do with --dry-run.
int run_exploration(const ExplorationStudy& study, bool resume, const Common& common, const QueueOf& queue_of = nullptr);

/// Whether this is a network family: by name, or by the file's schema.
bool is_network_family(const std::string& name_or_path);
int describe_network_family(const std::string& name_or_path, const Common& common);
/// One network of a family, as a workload document in YAML (or JSON with --format json).
int convert_network_of_family(const std::string& name_or_path, const std::string& at, const Common& common);

}  // namespace dovetail::cli
