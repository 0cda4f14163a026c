// Studies whose trials `worker` evaluates on any machine: the queue of a study.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/explore/exploration.hpp>
#include <dovetail/engine/record/queue.hpp>
#include <dovetail/engine/study/exploration_document.hpp>
#include <dovetail/engine/verbs/answer.hpp>

namespace dovetail::verbs {

struct RemoteOptions {
  std::string workers = "local";
  std::optional<int> attempts;  ///< a trial whose worker died so often is a failed trial; none: 3
};

/// The queue of the study's workers, where `workers` is remote; null otherwise. `store` may be null. Throws UsageError.
std::unique_ptr<Queue> remote_queue(const RemoteOptions& options, const Study& study, const Codesign& codesign,
                                    Store* store, const Asking& asking);

/// The same of a search over networks.
std::unique_ptr<Queue> remote_queue(const RemoteOptions& options, const ExplorationStudy& study,
                                    const ExplorationWords& words, const Exploration& exploration, Store* store,
                                    const Asking& asking);

}  // namespace dovetail::verbs
