// How the trials of a study are spread over workers (see the header).
#include <dovetail/engine/report/work_report.hpp>

#include <fmt/format.h>

#include <dovetail/engine/report/text/duration.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>

namespace dovetail {

using Json = nlohmann::ordered_json;

namespace {

std::string joined(const Json& numbers) {
  std::string text;
  for (const Json& number : numbers) text += (text.empty() ? "" : " ") + number.dump();
  return text.empty() ? "-" : text;
}

}  // namespace

Json work_json(const WorkState& state) {
  Json workers = Json::array();
  for (const WorkerState& worker : state.workers)
    workers.push_back(
        {{"name", worker.name},
         {"done", worker.done},
         {"per_minute",
          worker.seconds > 0.0 ? json_number(60.0 * static_cast<double>(worker.done) / worker.seconds) : Json(nullptr)},
         {"silent_seconds", json_number(worker.silent_s)},
         {"trials", worker.trials}});
  return {{"open", state.open},           {"leased", state.leased},
          {"expired", state.expired},     {"done", state.done},
          {"attempts", state.attempts},   {"repeated", state.repeated},
          {"given_up", state.given_up},   {"per_minute", json_number(state.per_minute)},
          {"workers", std::move(workers)}};
}

std::string work_text(const Json& work) {
  if (work.is_null()) return "";
  std::string text = fmt::format(
      "\nWorkers: {} trials done, {} in work{}, {} wait; {} in the last minute\n", work["done"].dump(),
      work["leased"].dump(),
      work["expired"] != 0 ? fmt::format(" ({} by workers that are silent past their lease)", work["expired"].dump())
                           : "",
      work["open"].dump(), work["per_minute"].dump());
  text += fmt::format("  {} attempts; {} trials were begun more than once, {} given up because their workers died\n",
                      work["attempts"].dump(), work["repeated"].dump(), work["given_up"].dump());
  Table table({"worker", "trials", "per minute", "last heard of", "in work"});
  for (const Json& worker : work["workers"])
    table.add({worker["name"].get<std::string>(), worker["done"].dump(),
               worker["per_minute"].is_number() ? fmt::format("{:.3g}", worker["per_minute"].get<double>()) : "-",
               duration(worker["silent_seconds"].is_number() ? worker["silent_seconds"].get<double>() : 0.0) + " ago",
               joined(worker["trials"])});
  return text + (table.rows() > 0 ? table.text(2) : "");
}

}  // namespace dovetail
