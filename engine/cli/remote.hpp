// What the commands of many machines share: options, and the queue of a study.
#pragma once

#include <memory>
#include <string>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/explore/exploration.hpp>
#include <dovetail/engine/record/queue.hpp>
#include <dovetail/engine/study/exploration_document.hpp>

#include "command.hpp"

namespace dovetail::cli {

struct RemoteOptions {
  std::string workers = "local";
  int attempts = 3;
};

/// Adds --workers and --attempts.
void add_remote_options(CLI::App& command, RemoteOptions& options);

/// The queue of the study's workers, where --workers is remote; null otherwise. `store` may be null. Throws UsageError.
std::unique_ptr<Queue> remote_queue(const CLI::App& command, const RemoteOptions& options, const Study& study,
                                    const Codesign& codesign, Store* store);

/// The same of a search over networks.
std::unique_ptr<Queue> remote_queue(const CLI::App& command, const RemoteOptions& options, const ExplorationStudy& study,
                                    const ExplorationWords& words, const Exploration& exploration, Store* store);

/// "90", "90s", "10m", "2h" as seconds.
CLI::Validator seconds_word();

}  // namespace dovetail::cli
