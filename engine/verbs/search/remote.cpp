// The queue of a study for workers (see the header).
#include <dovetail/engine/verbs/search/remote.hpp>

#include <dovetail/engine/explore/exploration_record.hpp>
#include <dovetail/engine/record/postgres/postgres_queue.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/study/study_document.hpp>

namespace dovetail::verbs {
namespace {

bool are_remote(const RemoteOptions& options, const Store* store, const Asking& asking) {
  const bool remote = options.workers == "remote";
  if (options.attempts && !remote) throw UsageError("--attempts means nothing without --workers remote");
  if (!remote) return false;
  if (store == nullptr)
    throw UsageError("--workers remote needs a store in PostgreSQL: --store postgresql://HOST/DATABASE");
  if (!asking.build) throw UsageError("--workers remote is of the program: workers of one study are of one build");
  return true;
}

std::unique_ptr<Queue> queue_in(Store& store, std::string document, const RemoteOptions& options, const Asking& asking,
                                std::function<std::string(const Job&)> detail) {
  return postgres_queue(store, {std::move(document), asking.build(), options.attempts.value_or(3), std::move(detail),
                                [&asking](const std::string& text) { tell_notes(asking, {text}); }});
}

// A job as a trial that nobody has evaluated.
Trial pending(const Job& job) {
  return {job.id, job.point, TrialState::pending, {}, ""};
}

}  // namespace

std::unique_ptr<Queue> remote_queue(const RemoteOptions& options, const Study& study, const Codesign& codesign,
                                    Store* store, const Asking& asking) {
  if (!are_remote(options, store, asking)) return nullptr;
  return queue_in(*store, pack_study(study), options, asking, [&codesign](const Job& job) {
    return Json{{"point", trial_json(codesign, pending(job))["point"]}}.dump();
  });
}

std::unique_ptr<Queue> remote_queue(const RemoteOptions& options, const ExplorationStudy& study,
                                    const ExplorationWords& words, const Exploration& exploration, Store* store,
                                    const Asking& asking) {
  if (!are_remote(options, store, asking)) return nullptr;
  return queue_in(*store, pack_exploration(study, words), options, asking, [&exploration](const Job& job) {
    return exploration_trial_detail(exploration, pending(job)).dump();
  });
}

}  // namespace dovetail::verbs
