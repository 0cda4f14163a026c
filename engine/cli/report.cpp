// dovetail report: what a store knows, of a finished, a running or a cut-off study.
#include <chrono>
#include <thread>

#include <dovetail/engine/verbs/look/report.hpp>

#include <dovetail/engine/cli/stream/signals.hpp>
#include <dovetail/engine/cli/words/seconds_word.hpp>
#include "command.hpp"

namespace dovetail::cli {
namespace {

struct ReportWords {
  std::string store, html;
  double every_s = 0.0;
};

// Keeps the page current until the study has ended.
int keep_page(const ReportWords& options) {
  using Clock = std::chrono::steady_clock;
  warn("{} is kept current every {} s; Ctrl-C ends that\n", options.html, options.every_s);
  for (;;) {
    const Clock::time_point start = Clock::now();
    const verbs::LivePage page = verbs::live_page(options.store, options.every_s);
    write_file("", options.html, page.text);
    if (page.ended) {
      warn("the study has ended; wrote {}\n", options.html);
      return exit_done;
    }
    while (std::chrono::duration<double>(Clock::now() - start).count() < options.every_s) {
      if (interrupted()) return interrupt_exit_code();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

int run_report(const CLI::App& command, const ReportWords& options, const Common& common) {
  if (!options.html.empty() && command.count("--format") > 0)
    throw UsageError("--html writes a page and nothing else: leave out --format");
  refuse_unless(!options.html.empty(), command, {"--every"}, "--html, the page that it keeps current");
  if (options.every_s > 0.0 && !common.dry_run) return keep_page(options);
  return ask(common, [&](const verbs::Asking& asking) {
    verbs::Answer answer = verbs::report(options.store, {!options.html.empty()}, asking);
    if (common.dry_run) {
      answer.say("{}\n", options.html.empty() ? "" : " in " + options.html);
    } else if (!options.html.empty()) {
      write_file("", options.html, answer.text);
      answer.text.clear();
      asking.note("wrote {}\n", options.html);
    }
    return answer;
  });
}

}  // namespace

void add_report(CLI::App& app, Common& common, Action& action) {
  CLI::App* command = add_subcommand(
      app, common, "report",
      "What a store knows about its study: the best design beside the hand design, bounds, every trial.\n"
      "Works on finished, running and cut-off studies. csv and jsonl give the trial table.",
      "dovetail report r18.db\n  dovetail report r18.db --format csv > trials.csv\n  dovetail report r18.db "
      "--html r18.html",
      {.formats = {"text", "json", "jsonl", "csv"}});
  const auto options = std::make_shared<ReportWords>();
  command
      ->add_option("store", options->store,
                   "Store written by `optimize --store`: a file, or postgresql://HOST/DATABASE#STUDY")
      ->required()
      ->type_name("STORE");
  command->add_option("--html", options->html, "Write one self-contained page to this file")->type_name("FILE");
  command
      ->add_option(
          "--every", options->every_s,
          "Write the page of --html again every so many seconds until the study has ended; a browser that has it open "
          "follows")
      ->transform(seconds_word())
      ->check(CLI::Range(0.1, 1e6))
      ->type_name("SECONDS");
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run_report(*command, *options, common); };
  });
}

}  // namespace dovetail::cli
