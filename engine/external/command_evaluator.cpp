// A user's simulator as an evaluator: the processes, their answers, and what becomes of those that fail.
#include <dovetail/engine/external/command_evaluator.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/engine/external/line_process.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>
#include <dovetail/workloads/text/printable.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

const char* const out_of_step = "is out of step: it says lines that nobody asked for";
constexpr std::size_t most_cached = 200'000;  ///< answers, some kilobytes each

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A reason as one line of a table: control characters become spaces, and there is always something to read.
std::string one_line(std::string text) {
  text = first_letters(text, 200);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  text = printable_word(text);
  return text.find_first_not_of(' ') == std::string::npos ? "failed without a reason" : text;
}

// A number of the answer where it has one.
double number(const Json& object, const char* key, double otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : otherwise;
}

std::int64_t count(const Json& object, const char* key) {
  const double value = number(object, key, 0.0);
  return value >= 0.0 && value < 9e18 ? std::llround(value) : 0;
}

double required(const Json& answer, const char* key) {
  const auto found = answer.find(key);
  if (found == answer.end()) throw std::runtime_error(fmt::format("answered without '{}'", key));
  const double value = found->is_number() ? found->get<double>() : std::nan("");
  if (!std::isfinite(value) || value < 0.0)
    throw std::runtime_error(fmt::format("answered {} = {}, which is no cost", key, dump(*found)));
  return value;
}

// The number of a question follows from the design, so that the same design is always the same line (FNV-1a).
std::int64_t number_of(const std::string& document) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : document) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return 100'000'000 + static_cast<std::int64_t>(hash % 900'000'000U);
}

std::string word(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json list(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : Json::array();
}

std::vector<Violation> violations(const Json& answer) {
  std::vector<Violation> broken;
  for (const Json& entry : list(answer, "violations")) {
    if (!entry.is_object()) continue;
    broken.push_back({word(entry, "constraint"), word(entry, "level"), word(entry, "tensor"),
                      number(entry, "needed", 0.0), number(entry, "available", 0.0)});
  }
  if (broken.empty()) broken.push_back({"not valid", "", "", 0.0, 0.0});
  return broken;
}

// Energies by level, tensor and network, as far as the answer has them: for reports only.
void read_parts(const Json& answer, const Layer& layer, Evaluation& evaluation) {
  const Json levels = list(answer, "levels");
  for (std::size_t i = 0; i < evaluation.levels.size() && i < levels.size(); ++i) {
    if (!levels[i].is_object()) continue;
    LevelEvaluation& level = evaluation.levels[i];
    level.cycles = count(levels[i], "cycles");
    level.energy_pj = number(levels[i], "energy_pj", 0.0);
    level.leakage_energy_pj = number(levels[i], "leakage_energy_pj", 0.0);
    const auto tensors = levels[i].find("tensors");
    for (std::size_t t = 0; tensors != levels[i].end() && t < layer.tensors.size(); ++t) {
      if (!tensors->is_object() || !tensors->contains(layer.tensors[t].name)) continue;
      const Json& counts = (*tensors)[layer.tensors[t].name];
      if (!counts.is_object()) continue;
      TensorCounts& tensor = level.tensors[t];
      tensor.utilized_capacity = count(counts, "utilized_capacity");
      tensor.partition_size = count(counts, "partition_size");
      tensor.utilized_instances = count(counts, "utilized_instances");
      tensor.temporal_reductions = count(counts, "temporal_reductions");
      tensor.reads = count(counts, "reads");
      tensor.fills = count(counts, "fills");
      tensor.updates = count(counts, "updates");
      tensor.energy_pj = number(counts, "energy_pj", 0.0);
    }
  }
  for (const Json& entry : list(answer, "networks")) {
    if (!entry.is_object()) continue;
    evaluation.networks.push_back(
        {word(entry, "name"), std::vector<NetworkTensor>(layer.tensors.size()), number(entry, "energy_pj", 0.0)});
  }
}

}  // namespace

Evaluation read_answer(const std::string& line, const Layer& layer, const Architecture& architecture) {
  const Json answer = Json::parse(line, nullptr, false);
  if (!answer.is_object()) {
    throw std::runtime_error("answered no JSON object: " + quote(line));
  }
  for (const char* key : {"failed", "error"}) {
    if (!answer.contains(key)) continue;
    const std::string reason = answer[key].is_string() ? answer[key].get<std::string>() : dump(answer[key]);
    throw std::runtime_error(one_line(reason));
  }
  Evaluation evaluation;
  const auto valid = answer.find("valid");
  if (valid != answer.end() && *valid == false) {
    evaluation.violations = violations(answer);
    return evaluation;
  }
  const double cycles = required(answer, "cycles");
  if (cycles < 1.0 || cycles > 9e18)
    throw std::runtime_error(fmt::format("answered cycles = {}, which is no time", cycles));
  evaluation.cycles = std::llround(cycles);
  evaluation.energy_pj = required(answer, "energy_pj");
  evaluation.macs = macs(layer);
  evaluation.compute_cycles = count(answer, "compute_cycles");
  evaluation.compute_energy_pj = number(answer, "compute_energy_pj", 0.0);
  evaluation.area_um2 = number(answer, "area_um2", area_um2(architecture));
  const double units = static_cast<double>(std::max<std::int64_t>(1, architecture.compute.instances));
  evaluation.utilization = number(answer, "utilization", static_cast<double>(evaluation.macs) / units / cycles);
  evaluation.levels.resize(architecture.levels.size());
  for (LevelEvaluation& level : evaluation.levels) level.tensors.resize(layer.tensors.size());
  read_parts(answer, layer, evaluation);
  return evaluation;
}

struct CommandEvaluator::Workers {
  struct Answer {
    Evaluation evaluation = {};
    std::string failure = {};
    bool conclusive = true;  ///< false: the process ended or lost step, which an earlier question may have caused
    bool lasting = true;     ///< false: we were told to stop, which says nothing about the design
    bool usable = true;      ///< the process may be asked again
    bool echoed = false;     ///< the answer says which question it answers
    double seconds = 0.0;

    bool same(const Answer& other) const {
      return failure == other.failure && evaluation.valid() == other.evaluation.valid() &&
             evaluation.cycles == other.evaluation.cycles && evaluation.energy_pj == other.evaluation.energy_pj;
    }
  };
  using Process = std::unique_ptr<LineProcess>;

  CommandOptions options;
  mutable std::mutex mutex;
  std::vector<Process> idle;
  std::unordered_map<std::string, Answer> known;
  CommandCounts counts;
  bool ever_answered = false;

  bool ever_asked = false;

  // A process that waits for work, or none; those that spoke meanwhile are of no use.
  Process take() {
    const std::lock_guard<std::mutex> lock(mutex);
    while (!idle.empty()) {
      Process process = std::move(idle.back());
      idle.pop_back();
      if (!process->has_spoken()) return process;
      ++counts.unasked;
      ++counts.restarts;
    }
    return nullptr;
  }

  // One question with its number, and what came back.
  Answer question(LineProcess& process, const std::string& document, const Layer& layer,
                  const Architecture& architecture) {
    std::unique_lock<std::mutex> lock(mutex);
    if (options.started && !std::exchange(ever_asked, true)) options.started(options.command);
    lock.unlock();
    const std::int64_t number = number_of(document);
    const std::string line = fmt::format("{},\"question\":{}}}", document.substr(0, document.size() - 1), number);
    const auto start = std::chrono::steady_clock::now();
    const LineProcess::Reply reply = process.ask(line, options.timeout_s, options.stop);
    Answer answer;
    answer.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    lock.lock();
    if (reply.ending == LineProcess::Ending::stopped) return {.failure = "interrupted", .lasting = false};
    if (reply.ending == LineProcess::Ending::timeout)
      return {.failure = fmt::format("no answer within {} s", options.timeout_s), .usable = false};
    if (reply.ending == LineProcess::Ending::ended) {
      if (!ever_answered && (reply.exit_code == 126 || reply.exit_code == 127))
        throw InputError({"--evaluator", 0, 0, ""}, fmt::format("the shell cannot run {} (exit code {})",
                                                                quote(options.command), reply.exit_code));
      return {.failure = reply.text, .conclusive = false, .usable = false};
    }
    try {
      answer.evaluation = read_answer(reply.text, layer, architecture);
    } catch (const std::runtime_error& error) {
      answer.failure = error.what();
      answer.conclusive = Json::accept(reply.text);
    }
    if (reply.early && answer.conclusive) {
      ++counts.unasked;
      return {.failure = out_of_step, .conclusive = false, .usable = false};
    }
    const Json said = Json::parse(reply.text, nullptr, false);
    if (const auto echo = said.is_object() ? said.find("question") : said.end(); echo != said.end()) {
      answer.echoed = true;
      if (*echo != number) {
        answer.failure =
            fmt::format("is out of step: asked question {}, it answered {}", number, one_line(dump(*echo)));
        answer.conclusive = false;
      }
    }
    answer.usable = answer.conclusive;
    if (answer.conclusive) ever_answered = true;
    return answer;
  }

  // A fresh process that does not say which question it answers is asked the same once more. One that spoke before it
  // was asked, or that says two lines for one, owes or has said a line more than it was asked for; one whose answers
  // vary by themselves has not.
  void confirm(LineProcess& process, Answer& answer, const std::string& document, const Layer& layer,
               const Architecture& architecture) {
    const auto lost_step = [&] {
      answer = {.failure = out_of_step, .conclusive = false, .usable = false};
      const std::lock_guard<std::mutex> lock(mutex);
      ++counts.unasked;
    };
    if (process.has_spoken()) return lost_step();
    const Answer again = question(process, document, layer, architecture);
    if (again.failure == out_of_step) {
      answer = again;
      return;
    }
    if (!again.usable) {  // it ended or hung; its answer stands
      answer.usable = false;
      return;
    }
    // A simulator that owes an answer needs about as long for it as for the last.
    const double longest = std::max(answer.seconds, again.seconds);
    if (process.has_spoken(std::min(options.timeout_s, std::max(0.25, answer.same(again) ? longest : 3.0 * longest))))
      lost_step();
  }

  // The answer of one process, which goes back to the idle ones if it is still of use.
  Answer ask(Process process, bool fresh, const std::string& document, const Layer& layer,
             const Architecture& architecture) {
    Answer answer = question(*process, document, layer, architecture);
    if (fresh && answer.usable && !answer.echoed) confirm(*process, answer, document, layer, architecture);
    const std::lock_guard<std::mutex> lock(mutex);
    if (answer.usable)
      idle.push_back(std::move(process));
    else if (answer.lasting)
      ++counts.restarts;
    return answer;
  }

  Answer ask(const std::string& document, const Layer& layer, const Architecture& architecture) {
    if (Process used = take()) {
      Answer answer = ask(std::move(used), false, document, layer, architecture);
      if (answer.conclusive) return answer;
    }
    return ask(std::make_unique<LineProcess>(options.command), true, document, layer, architecture);
  }
};

CommandEvaluator::CommandEvaluator(CommandOptions options) : workers_(std::make_unique<Workers>()) {
  workers_->options = std::move(options);
}

CommandEvaluator::~CommandEvaluator() = default;

CommandCounts CommandEvaluator::counts() const {
  const std::lock_guard<std::mutex> lock(workers_->mutex);
  return workers_->counts;
}

Evaluation CommandEvaluator::evaluate(const Layer& layer, const Architecture& architecture,
                                      const Mapping& mapping) const {
  const std::string line = to_json(Design{layer.name, "", layer, architecture, mapping})
                               .dump(-1, ' ', false, Json::error_handler_t::replace);
  Workers& workers = *workers_;
  std::unique_lock<std::mutex> lock(workers.mutex);
  const auto found = workers.known.find(line);
  const bool is_known = found != workers.known.end();
  Workers::Answer answer = is_known ? found->second : Workers::Answer();
  if (is_known) ++workers.counts.cached;
  lock.unlock();
  if (!is_known) {
    answer = workers.ask(line, layer, architecture);
    lock.lock();
    ++workers.counts.asked;
    if (answer.lasting && !answer.failure.empty()) ++workers.counts.failures[answer.failure];
    if (answer.lasting && workers.known.size() < most_cached) workers.known.emplace(line, answer);
  }
  if (!answer.failure.empty()) throw std::runtime_error(answer.failure);
  return answer.evaluation;
}

}  // namespace dovetail
