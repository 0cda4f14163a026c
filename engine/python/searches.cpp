// Studies as the program runs them: co-design, searches over networks, sweeps, and what stores know of them.
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/explore/exploration.hpp>
#include <dovetail/engine/explore/stage/candidate_json.hpp>
#include <dovetail/engine/report/design/sweep_row.hpp>
#include <dovetail/engine/report/explore/exploration_report.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/stored_study.hpp>
#include <dovetail/engine/report/study_page.hpp>
#include <dovetail/engine/study/presets.hpp>
#include <dovetail/workloads/network.hpp>

#include "errors.hpp"
#include "evaluators.hpp"
#include "values.hpp"
#include "watched.hpp"

namespace dovetail::python {
namespace {

// A finished, interrupted or stored study, as the texts that the program would print of it.
struct Record {
  bool networks_searched = false;
  Json result, trials = Json::array();
  std::vector<std::string> parameters;
  std::vector<Trial> raw;
  std::vector<std::string> notes;
};

Json raw_json(const std::vector<Trial>& trials) {
  Json list = Json::array();
  for (const Trial& trial : trials)
    list.push_back({{"id", trial.id},
                    {"numbers", trial.point.numbers},
                    {"state", static_cast<int>(trial.state)},
                    {"metrics", trial.metrics},
                    {"reason", trial.reason}});
  return list;
}

std::vector<Trial> read_raw(const Json& list) {
  std::vector<Trial> trials;
  for (const Json& one : list)
    trials.push_back({one["id"].get<std::int64_t>(),
                      {one["numbers"].get<std::vector<double>>()},
                      static_cast<TrialState>(one["state"].get<int>()),
                      one["metrics"].get<std::map<std::string, double>>(),
                      one["reason"].get<std::string>()});
  return trials;
}

// Times of trials that a store has.
void add_seconds(Record& record, const Store& store) {
  std::map<std::int64_t, double> seconds;
  for (const StoredTrial& stored : store.trials()) seconds[stored.trial.id] = stored.seconds;
  for (Json& trial : record.trials)
    if (const auto found = seconds.find(trial["id"].get<std::int64_t>()); found != seconds.end())
      trial["seconds"] = found->second;
}

Record read_record(const std::string& path) {
  const py::gil_scoped_release release;
  const std::unique_ptr<Store> store = read_store(path);
  Record record;
  record.notes = store->notes();
  for (const StoredTrial& stored : store->trials()) record.raw.push_back(stored.trial);
  record.networks_searched = is_exploration(*store);
  if (record.networks_searched) {
    StoredExploration study = stored_exploration(*store);
    record.result = std::move(study.result);
    record.trials = std::move(study.trials);
    record.parameters = std::move(study.parameters);
  } else {
    StoredStudy study = stored_study(*store, path);
    record.result = std::move(study.result);
    record.trials = std::move(study.trials);
    record.parameters = std::move(study.parameters);
  }
  return record;
}

std::string csv(const Record& record) {
  return record.networks_searched ? exploration_csv(record.trials, record.parameters)
                                  : trials_csv(record.trials, record.parameters);
}

std::string text(const Record& record) {
  return record.networks_searched ? exploration_text(record.result) : result_text(record.result);
}

std::string page(const Record& record) {
  const py::gil_scoped_release release;
  if (record.networks_searched) return exploration_page(record.result, record.trials);
  return study_page({record.result, record.trials, record.parameters, calibrate_surrogate(record.raw)});
}

// A user's function as the stage `accuracy` of a search over networks.
class CallableAccuracy final : public Stage {
 public:
  CallableAccuracy(const CandidateSpace& space, py::function function, Watch& watch)
      : space_(space),
        function_(std::move(function)),
        name_(function_name(function_)),
        watch_(watch) {}
  ~CallableAccuracy() override {
    const py::gil_scoped_acquire acquire;
    function_ = py::function();
  }
  std::string name() const override { return "accuracy"; }
  std::vector<std::string> metrics() const override { return {"accuracy"}; }
  double expected_seconds() const override { return 1.0; }
  bool oracle() const override { return true; }
  std::map<std::string, std::string> identity() const override { return {{"accuracy function", name_}}; }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort&) const override {
    const Json question = candidate_question(space_, candidate);
    const py::gil_scoped_acquire acquire;
    if (watch_.stopped()) return {{}, "", true};
    try {
      py::list networks;
      for (const CandidateNetwork& network : candidate.networks) {
        NetworkValue value;
        value.imported.network = network.network();
        networks.append(py::cast(std::move(value)));
      }
      const py::object answer = function_(to_python(question["point"]), networks);
      const double accuracy = py::float_(answer).cast<double>();
      if (!std::isfinite(accuracy)) return {{}, "answered accuracy = " + py::repr(answer).cast<std::string>(), false};
      return {{{"accuracy", accuracy}}, "", false};
    } catch (const py::error_already_set& error) {
      if (const auto reason = infeasible_reason(error)) return {{}, *reason, false};
      watch_.fail();
    } catch (const py::builtin_exception&) {
      watch_.fail();
    }
    return {{}, "", true};
  }

 private:
  const CandidateSpace& space_;
  py::function function_;
  std::string name_;
  Watch& watch_;
};

// A study of a user: a file or a document, and values that replace some of it.
struct Question {
  Node document;
  std::vector<std::string> assignments;
  std::string preset, variant, store;
  bool resume = false;
  int threads = 0;
  py::object evaluator = py::none(), accuracy = py::none();
};

Question ask(const py::object& study, const std::vector<std::string>& assignments, const std::string& preset,
             const std::string& variant) {
  Question question;
  if (py::isinstance<py::dict>(study))
    question.document = dovetail::from_json(to_json(study, "study"), "study");
  else if (!study.is_none())
    question.document = load_file(study.cast<std::string>());
  question.assignments = assignments;
  if (!preset.empty()) one_of("preset", preset, preset_names());
  if (question.document.is_mapping() || !preset.empty())
    question.document = with_preset(question.document, preset, variant);
  return question;
}

Study read_codesign(const Question& question) {
  Diagnostics diagnostics;
  Study study = read_study(question.document, diagnostics);
  for (const std::string& assignment : question.assignments) set_value(study, assignment, "set", diagnostics);
  diagnostics.raise();
  if (study.workloads.empty() || study.family.empty())
    throw std::invalid_argument("a study needs a workload and a family");
  if (!question.store.empty()) study.store = question.store;
  return study;
}

std::shared_ptr<const Evaluator> own_evaluator(const py::object& function, Watch& watch) {
  if (function.is_none()) return nullptr;
  const py::gil_scoped_acquire acquire;
  return std::make_shared<CallableEvaluator>(function.cast<py::function>(), watch);
}

std::unique_ptr<Store> opened(const std::string& path, const StudyRecord& record, bool resume) {
  if (!path.empty()) return open_store(path, record, resume);
  if (resume) throw std::invalid_argument("resume continues a store: name it with store='FILE'");
  return nullptr;
}

Record search_codesign(const Question& question, Watch& watch) {
  const Study study = read_codesign(question);
  if (!question.evaluator.is_none() && (study.model != "loop" || !study.evaluator.empty()))
    throw std::invalid_argument("both a function and the study's own model or evaluator would decide: keep one");
  const Codesign codesign(study, own_evaluator(question.evaluator, watch));
  const std::unique_ptr<Store> store =
      opened(study.store, codesign.record("Python", DOVETAIL_VERSION), question.resume);
  CodesignOptions options;
  options.threads = question.threads;
  options.store = store.get();
  options.interrupted = [&watch] { return watch.stopped(); };
  options.progress = [&watch](const CodesignProgress& now) {
    watch.report({static_cast<double>(now.done), static_cast<double>(now.total), now.best, now.gap});
  };
  const CodesignResult result = run(codesign, options);
  Record record;
  record.result = result_json(codesign, result);
  record.raw = result.trials;
  record.notes = result.notes;
  for (const Trial& trial : result.trials) record.trials.push_back(trial_json(codesign, trial));
  for (const Parameter& parameter : codesign.space().parameters()) record.parameters.push_back(parameter.name);
  if (store) {
    store->put_information("result", kept_result(record.result));
    add_seconds(record, *store);
  }
  return record;
}

Record search_networks(const Question& question, Watch& watch) {
  Diagnostics diagnostics;
  ExplorationStudy study = read_exploration_study(question.document, diagnostics);
  for (const std::string& assignment : question.assignments)
    set_exploration_value(study, assignment, "set", diagnostics);
  diagnostics.raise();
  if (!question.store.empty()) study.store = question.store;
  OwnAccuracy own;
  if (!question.accuracy.is_none())
    own = [&](const CandidateSpace& space) -> std::unique_ptr<Stage> {
      const py::gil_scoped_acquire acquire;
      return std::make_unique<CallableAccuracy>(space, question.accuracy.cast<py::function>(), watch);
    };
  const Exploration exploration(study, own);
  const std::unique_ptr<Store> store =
      opened(study.store, exploration.record("Python", DOVETAIL_VERSION), question.resume);
  ExplorationOptions options;
  options.threads = question.threads;
  options.store = store.get();
  options.interrupted = [&watch] { return watch.stopped(); };
  options.progress = [&watch](const ExplorationProgress& now) {
    watch.report({static_cast<double>(now.done), static_cast<double>(now.total), now.best.value_or(0.0), 1.0});
  };
  const ExplorationResult result = run(exploration, options);
  Record record;
  record.networks_searched = true;
  record.result = exploration_json(exploration, result);
  record.raw = result.trials;
  for (const Trial& trial : result.trials) record.trials.push_back(exploration_trial_json(exploration, trial));
  for (const Parameter& parameter : exploration.space().parameters()) record.parameters.push_back(parameter.name);
  if (store) {
    store->put_information("result", record.result.dump());
    add_seconds(record, *store);
  }
  return record;
}

Record search(const py::object& study, const std::vector<std::string>& assignments, const std::string& preset,
              const std::string& variant, const py::object& evaluator, const py::object& accuracy,
              const std::string& store, bool resume, int threads, const py::object& progress) {
  Question question = ask(study, assignments, preset, variant);
  question.store = store;
  question.resume = resume;
  question.threads = threads;
  question.evaluator = evaluator;
  question.accuracy = accuracy;
  const bool networks = explores(question.document);
  if (networks && !evaluator.is_none())
    throw std::invalid_argument(
        "an evaluator decides between mappings of given networks; this study searches networks: give `accuracy`");
  if (!networks && !accuracy.is_none())
    throw std::invalid_argument("`accuracy` is of studies that search networks, which have the key `network`");
  Record record;
  run_watched(
      [&](Watch& watch) { record = networks ? search_networks(question, watch) : search_codesign(question, watch); },
      progress);
  return record;
}

py::object sweep_row_of(const py::object& study, const std::vector<std::string>& assignments, const py::dict& point,
                        bool hold, const py::object& evaluator, int threads) {
  Question question = ask(study, assignments, "", "");
  if (explores(question.document)) throw std::invalid_argument("a sweep is of studies whose networks are given");
  const Json shown = to_json(point, "point");
  Json row;
  run_watched(
      [&](Watch& watch) {
        Study read = read_codesign(question);
        read.store.clear();
        row = dovetail::sweep_row(Codesign(std::move(read), own_evaluator(evaluator, watch)), shown,
                                  {hold, threads, [&watch] { return watch.stopped(); }});
      },
      py::none());
  return to_python(row);
}

}  // namespace

void register_searches(py::module_& module) {
  py::class_<Record>(module, "Record")
      .def_static("read", read_record)
      .def_property_readonly("networks_searched", [](const Record& self) { return self.networks_searched; })
      .def_property_readonly("parameters", [](const Record& self) { return self.parameters; })
      .def_property_readonly("notes", [](const Record& self) { return self.notes; })
      .def("result", [](const Record& self) { return to_python(self.result); })
      .def("trials", [](const Record& self) { return to_python(self.trials); })
      .def("csv", csv)
      .def("text", text)
      .def("page", page)
      .def("page_has_charts", [](const Record& self) { return self.networks_searched || html_charts_available(); })
      .def(py::pickle(
          [](const Record& self) {
            return py::make_tuple(self.networks_searched, dump(self.result), dump(self.trials), self.parameters,
                                  dump(raw_json(self.raw)), self.notes);
          },
          [](const py::tuple& state) {
            return Record{state[0].cast<bool>(),
                          Json::parse(state[1].cast<std::string>()),
                          Json::parse(state[2].cast<std::string>()),
                          state[3].cast<std::vector<std::string>>(),
                          read_raw(Json::parse(state[4].cast<std::string>())),
                          state[5].cast<std::vector<std::string>>()};
          }));
  module.def("search", search);
  module.def("sweep_row", sweep_row_of);
  module.def("presets", preset_names);
}

}  // namespace dovetail::python
