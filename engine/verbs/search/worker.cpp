// worker: evaluates trials that a study in PostgreSQL has posted, on any machine, until there are none.
#include <dovetail/engine/verbs/search/worker.hpp>

#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/explore/exploration.hpp>
#include <dovetail/engine/record/identity_differences.hpp>
#include <dovetail/engine/record/postgres/postgres_queue.hpp>
#include <dovetail/engine/report/job_outcome.hpp>
#include <dovetail/engine/report/text/duration.hpp>
#include <dovetail/engine/study/exploration_document.hpp>
#include <dovetail/engine/study/study_document.hpp>
#include <dovetail/engine/verbs/search/scratch.hpp>
#include <dovetail/engine/verbs/simulator.hpp>

namespace dovetail::verbs {
namespace {

// Host, process, and a number that no other process has: a lease is one process's.
std::string worker_name() {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return fmt::format("{}:{}:{:04x}", host, getpid(), std::random_device{}() & 0xffffu);
}

// A study as this worker evaluates it.
struct Known {
  std::unique_ptr<Codesign> codesign;
  std::unique_ptr<Exploration> exploration;  ///< or this: a search over networks

  std::optional<StoredTrial> evaluate(const Job& job, int threads, const std::function<bool()>& stop) const {
    if (exploration) return evaluate_job(*exploration, job, threads, stop);
    auto outcome = evaluate_job(*codesign, job, threads, stop);
    if (!outcome) return std::nullopt;
    return std::move(outcome->record);
  }
};

// The studies that this worker has met.
class Studies {
 public:
  Studies(WorkSource& source, const WorkerOptions& options, const Asking& asking)
      : source_(source),
        options_(options),
        build_(asking.build()),
        simulators_(asking) {}

  const Known& get(std::int64_t number) {
    const auto found = known_.find(number);
    return found != known_.end() ? found->second : known_.emplace(number, load(number)).first->second;
  }
  void report() const { simulators_.report(); }

 private:
  Known load(std::int64_t number) {
    const RemoteStudy remote = source_.study(number);
    const std::string name = fmt::format("study '{}'", remote.name);
    if (remote.build != build_)
      throw StorageError(
          fmt::format("{}: another build of this program proposes; its trials and this worker's may differ:{}", name,
                      identity_differences({remote.build, {}}, {build_, {}})));
    const auto kind = remote.record.identity.find("kind");
    const bool explores = kind != remote.record.identity.end() && kind->second == "explore";
    Known known;
    StudyRecord own;
    if (explores) {
      ExplorationStudy study = unpack_exploration(remote.document, scratch_.folder(number), name);
      allow(commands_of(study), name);
      known.exploration = std::make_unique<Exploration>(std::move(study));
      own = known.exploration->record("", DOVETAIL_VERSION);
    } else {
      Study study = unpack_study(remote.document, scratch_.folder(number), name);
      const auto evaluator = remote.record.identity.find("evaluator");
      if (evaluator != remote.record.identity.end()) study.evaluator = evaluator->second;
      allow(study.evaluator.empty() ? std::vector<std::string>{} : std::vector{study.evaluator}, name);
      const auto simulator = simulators_.get(study);
      known.codesign = std::make_unique<Codesign>(std::move(study), simulator);
      own = known.codesign->record("", DOVETAIL_VERSION);
    }
    const std::string difference = identity_differences(remote.record, own);
    if (!difference.empty())
      throw StorageError(fmt::format("{}: this worker would evaluate another study:{}", name, difference));
    return known;
  }

  // A worker runs the commands of its own command line, and none that it reads in a database.
  void allow(const std::vector<std::string>& wanted, const std::string& name) const {
    for (const std::string& command : wanted)
      if (std::find(options_.evaluators.begin(), options_.evaluators.end(), command) == options_.evaluators.end())
        throw UsageError(
            fmt::format("{}: its trials are decided by a command, and a worker runs none that it reads in a "
                        "database: say that you mean it by --evaluator '{}'",
                        name, command));
    if (wanted.empty() && !options_.evaluators.empty())
      throw UsageError(fmt::format("{}: --evaluator means nothing: no command decides its trials", name));
  }

  WorkSource& source_;
  const WorkerOptions& options_;
  const std::map<std::string, std::string> build_;
  Scratch scratch_;
  Simulators simulators_;
  std::map<std::int64_t, Known> known_;
};

}  // namespace

const Record<WorkerOptions>& worker_table() {
  using Options = WorkerOptions;
  static const Record<Options> table =
      Record<Options>("options", "Whose trials are evaluated.")
          .optional(
              "store", &Options::store,
              "Database of the study, as libpq has it; passwords come from PGPASSFILE, a service file or a certificate")
          .optional("study", &Options::study, "Only this study; otherwise all of the database, the oldest first")
          .optional("idle", &Options::idle_s, "End after so many seconds without work (also as 10m, 2h)", at_least(0))
          .optional("lease", &Options::lease_s,
                    "Seconds that a trial stays this worker's after it was last heard of; then another may take it",
                    between(0.2, 1e6))
          .optional("evaluator", &Options::evaluators,
                    "A command of the study (its simulator, what prices, what trains) in the words of the study; "
                    "repeatable: a "
                    "worker runs no command that it only reads");
  return table;
}

Answer worker(const WorkerOptions& options, const Asking& asking) {
  if (!asking.build)
    throw UsageError("a worker is the program `dovetail worker`: workers of one study are of one build");
  std::optional<PostgresAddress> address = postgres_address(options.store);
  if (!address)
    throw UsageError(
        "workers need a store in PostgreSQL: --store postgresql://HOST/DATABASE (an SQLite file stays on one machine)");
  if (!options.study.empty()) {
    if (!address->study.empty() && address->study != options.study)
      throw UsageError("--study and the name after # in --store differ: keep one");
    if (address->study.empty()) address = postgres_address(options.store + "#" + options.study);
  }
  const std::string name = worker_name();
  WorkSource source(*address, name, options.lease_s, asking.stop);
  Studies studies(source, options, asking);
  const ClaimEvaluation evaluate = [&](const ClaimedJob& claimed, const std::function<bool()>& stop) {
    return studies.get(claimed.study).evaluate(claimed.job, asking.threads, stop);
  };
  const WorkDone done = work(source, evaluate, {options.lease_s, options.idle_s, asking.stop});
  studies.report();
  Answer out;
  if (asking.as_text())
    out.say("worker {}: {} trials in {} of evaluation{}{}\n", name, done.trials, duration(done.seconds),
            done.returned > 0 ? fmt::format(", {} returned unfinished", done.returned) : "",
            done.late > 0 ? fmt::format(", {} came too late: their lease was another's, and their answers were dropped",
                                        done.late)
                          : "");
  else
    out.record = {{"worker", name},
                  {"trials", done.trials},
                  {"seconds", done.seconds},
                  {"returned", done.returned},
                  {"late", done.late}};
  if (asking.stop()) out.end = End::interrupted;
  return out;
}

}  // namespace dovetail::verbs
