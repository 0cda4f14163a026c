// Searches over networks: the part of `optimize` and `describe` that they take.
#pragma once

#include <functional>
#include <memory>

#include <dovetail/engine/explore/exploration.hpp>
#include <dovetail/engine/study/exploration_keys.hpp>
#include <dovetail/engine/verbs/answer.hpp>

namespace dovetail::verbs {

/// Who evaluates a study, given the store that was opened for it; may be null.
using QueueOf = std::function<std::unique_ptr<Queue>(const Exploration& exploration, Store* store)>;

/// Searches, or says what it would do in a dry run.
Answer explore(const ExplorationStudy& study, bool resume, const QueueOf& queue_of, const Asking& asking);

/// What would be searched, without searching.
Answer explore_plan(const Exploration& exploration, const Asking& asking);

}  // namespace dovetail::verbs
