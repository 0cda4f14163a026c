// What the commands of many machines share (see the header).
#include "remote.hpp"

#include <fmt/format.h>

#include <dovetail/engine/explore/exploration_record.hpp>
#include <dovetail/engine/record/postgres_queue.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/study/study_document.hpp>

#include "build_digest.hpp"
#include "notes.hpp"

namespace dovetail::cli {

void add_remote_options(CLI::App& command, RemoteOptions& options) {
  command
      .add_option("--workers", options.workers,
                  "Who evaluates: the threads of this command, or `dovetail worker` on any machine (a PostgreSQL --store)")
      ->check(CLI::IsMember({"local", "remote"}))
      ->capture_default_str();
  command
      .add_option("--attempts", options.attempts,
                  "With remote workers: a trial whose worker died so often is a failed trial; raise it where machines are "
                  "taken away at any time")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
}

namespace {

bool are_remote(const CLI::App& command, const RemoteOptions& options, const Store* store) {
  refuse_unless(options.workers == "remote", command, {"--attempts"}, "--workers remote");
  if (options.workers != "remote") return false;
  if (store == nullptr)
    throw UsageError("--workers remote needs a store in PostgreSQL: --store postgresql://HOST/DATABASE");
  return true;
}

std::unique_ptr<Queue> queue_in(Store& store, std::string document, int attempts, std::function<std::string(const Job&)> detail) {
  return postgres_queue(store, {std::move(document), build_digest(), attempts, std::move(detail),
                                [](const std::string& text) { print_notes({text}); }});
}

// A job as a trial that nobody has evaluated.
Trial pending(const Job& job) {
  return {job.id, job.point, TrialState::pending, {}, ""};
}

}  // namespace

std::unique_ptr<Queue> remote_queue(const CLI::App& command, const RemoteOptions& options, const Study& study,
                                    const Codesign& codesign, Store* store) {
  if (!are_remote(command, options, store)) return nullptr;
  return queue_in(*store, pack_study(study), options.attempts, [&codesign](const Job& job) {
    return nlohmann::ordered_json{{"point", trial_json(codesign, pending(job))["point"]}}.dump();
  });
}

std::unique_ptr<Queue> remote_queue(const CLI::App& command, const RemoteOptions& options, const ExplorationStudy& study,
                                    const ExplorationWords& words, const Exploration& exploration, Store* store) {
  if (!are_remote(command, options, store)) return nullptr;
  return queue_in(*store, pack_exploration(study, words), options.attempts, [&exploration](const Job& job) {
    return exploration_trial_detail(exploration, pending(job)).dump();
  });
}

CLI::Validator seconds_word() {
  return CLI::Validator(
      [](std::string& word) -> std::string {
        const std::string units = "smh";
        const std::size_t unit = word.empty() ? std::string::npos : units.find(word.back());
        if (unit == std::string::npos) return "";
        std::size_t end = 0;
        double value = -1.0;
        try {
          value = std::stod(word, &end);
        } catch (const std::exception&) {
        }
        if (end + 1 != word.size()) return fmt::format("{}: expected seconds such as 90, 90s, 10m or 2h", word);
        word = fmt::format("{}", value * (unit == 0 ? 1.0 : unit == 1 ? 60.0 : 3600.0));
        return "";
      },
      "");
}

}  // namespace dovetail::cli
