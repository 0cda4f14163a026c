// The C API: every function is a guarded call of the engine, and every exception a status with its message.
#include <dovetail/engine/capi/dovetail.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/engine/design/points/point_json.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/record/store.hpp>
#include <dovetail/engine/report/design/map_json.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/study/ask_tell_document.hpp>
#include <dovetail/engine/verbs/verbs.hpp>
#include <dovetail/workloads/text/reader.hpp>

struct dovetail_session {
  std::unique_ptr<dovetail::AskTell> session;
};

namespace {

using namespace dovetail;
using Json = nlohmann::ordered_json;

thread_local std::string last_error;

dovetail_status fail(dovetail_status status, const char* message) noexcept {
  try {
    last_error = message;
  } catch (...) {
    last_error.clear();
  }
  return status;
}

template <class Body>
dovetail_status guarded(const Body& body) noexcept {
  try {
    body();
    return DOVETAIL_OK;
  } catch (const InputError& error) {
    return fail(DOVETAIL_INPUT, error.what());
  } catch (const StorageError& error) {
    return fail(DOVETAIL_STORAGE, error.what());
  } catch (const AskTellError& error) {
    return fail(DOVETAIL_USAGE, error.what());
  } catch (const verbs::UsageError& error) {
    return fail(DOVETAIL_USAGE, error.what());
  } catch (const std::invalid_argument& error) {
    return fail(DOVETAIL_USAGE, error.what());
  } catch (const NoFeasiblePoint& error) {
    return fail(DOVETAIL_INFEASIBLE, error.what());
  } catch (const std::bad_alloc&) {
    return fail(DOVETAIL_LIMIT, "out of memory");
  } catch (const std::exception& error) {
    return fail(DOVETAIL_INTERNAL, error.what());
  } catch (...) {
    return fail(DOVETAIL_INTERNAL, "an exception of unknown type");
  }
}

// Outputs are null unless everything went well.
template <class T>
void clear(T* output) {
  if (output != nullptr) *output = nullptr;
}

void need(const void* pointer, const char* name) {
  if (pointer == nullptr) throw std::invalid_argument(fmt::format("{} is a null pointer", name));
}

void give(const std::string& text, char** output) {
  char* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, text.c_str(), text.size() + 1);
  *output = copy;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

struct MapOptions {
  std::string objective = "edp", mapper = "exact", bypass = "search";
  double gap = 0.0, time_s = 0.0;
  std::int64_t budget = 0;
  std::uint64_t seed = 0;
  int threads = 1;
  bool front = false;
};

const Record<MapOptions>& map_options() {
  static const Record<MapOptions> record =
      Record<MapOptions>("options", "How a mapping is searched.")
          .optional("objective", &MapOptions::objective, "what to make small")
          .optional("mapper", &MapOptions::mapper, "how mappings are found", one_of(mapper_names()))
          .optional("bypass", &MapOptions::bypass, "which levels may be skipped", one_of({"search", "none"}))
          .optional("gap", &MapOptions::gap, "stop within this share of the bound", between(0, 1))
          .optional("time", &MapOptions::time_s, "seconds, 0: no limit", at_least(0))
          .optional("budget", &MapOptions::budget, "evaluations, 0: the mapper's own", at_least(0))
          .optional("seed", &MapOptions::seed, "names the random streams")
          .optional("threads", &MapOptions::threads, "0: all cores", between(0, 4096))
          .optional("front", &MapOptions::front, "also the Pareto front");
  return record;
}

const Record<SessionOptions>& session_options() {
  static const Record<SessionOptions> record =
      Record<SessionOptions>("options", "How a session suggests.")
          .optional("designer", &SessionOptions::designer, "who suggests", one_of(designer_names()))
          .optional("seed", &SessionOptions::seed, "names the random streams")
          .optional("threads", &SessionOptions::threads, "0: all cores", between(0, 4096))
          .optional("store", &SessionOptions::store, "file that records every call")
          .optional("resume", &SessionOptions::resume, "go on with the session in the store");
  return record;
}

template <class T>
T read_options(const Record<T>& record, const char* text) {
  if (text == nullptr || *text == '\0') return T();
  Diagnostics diagnostics;
  T options = record.read(parse_document(text, "options"), diagnostics);
  diagnostics.raise();
  return options;
}

Json trial_json(const AskTell& session, const Trial& trial) {
  return {{"id", trial.id}, {"point", point_to_json(session.space(), trial.point)}};
}

}  // namespace

extern "C" {

const char* dovetail_version(void) {
  return DOVETAIL_VERSION;
}

const char* dovetail_error(void) {
  return last_error.c_str();
}

void dovetail_free(char* text) {
  std::free(text);
}

dovetail_status dovetail_run(const char* verb, const char* document, const char* options, char** record) {
  clear(record);
  verbs::End end = verbs::End::done;
  const dovetail_status status = guarded([&] {
    need(verb, "verb");
    verbs::Asking asking;
    asking.command = "C API";
    const verbs::Answer answer =
        verbs::run_verb(verb, document == nullptr ? Node() : parse_document(document, "document"),
                        options == nullptr ? Node() : parse_document(options, "options"), asking);
    if (record != nullptr) give(dump(answer.record.is_null() ? Json(answer.text) : answer.record), record);
    end = answer.end;
    if (end != verbs::End::done) last_error = answer.error;
  });
  return status == DOVETAIL_OK ? static_cast<dovetail_status>(end) : status;
}

dovetail_status dovetail_verbs(char** list) {
  clear(list);
  return guarded([&] {
    need(list, "list");
    Json all = Json::array();
    for (const verbs::Verb& verb : verbs::verbs()) {
      Json options = verb.schema();
      options["properties"].update(verbs::common_schema()["properties"]);
      all.push_back({{"name", verb.name}, {"about", verb.about}, {"document", verb.document}, {"options", options}});
    }
    give(dump(all), list);
  });
}

dovetail_status dovetail_open(const char* space, const char* options, dovetail_session** session) {
  clear(session);
  return guarded([&] {
    need(space, "space");
    need(session, "session");
    SessionOptions how = read_options(session_options(), options);
    how.command = "C API";
    auto opened = std::make_unique<dovetail_session>();
    opened->session = open_session(parse_document(space, "space"), how);
    *session = opened.release();
  });
}

void dovetail_close(dovetail_session* session) {
  delete session;
}

dovetail_status dovetail_suggest(dovetail_session* session, int count, char** trials) {
  clear(trials);
  return guarded([&] {
    need(session, "session");
    need(trials, "trials");
    Json list = Json::array();
    for (const Trial& trial : session->session->ask(count)) list.push_back(trial_json(*session->session, trial));
    give(dump(list), trials);
  });
}

dovetail_status dovetail_tell(dovetail_session* session, const char* outcomes, char** best) {
  clear(best);
  return guarded([&] {
    need(session, "session");
    need(outcomes, "outcomes");
    session->session->tell(read_outcomes(outcomes, session->session->space()));
    if (best == nullptr) return;
    const std::optional<Trial> found = session->session->best();
    Json json = nullptr;
    if (found) {
      json = trial_json(*session->session, *found);
      json["metrics"] = found->metrics;
    }
    give(dump(json), best);
  });
}

dovetail_status dovetail_evaluate(const char* design, const char* model, char** evaluation) {
  clear(evaluation);
  return guarded([&] {
    need(design, "design");
    need(evaluation, "evaluation");
    const std::string name = model == nullptr ? "loop" : model;
    const std::unique_ptr<Evaluator> evaluator = make_evaluator(name);
    if (!evaluator) throw std::invalid_argument("no model " + quote(name) + ", allowed are 'loop' and 'cycle'");
    const Node document = parse_document(design, "design");
    const Design what = read_design(document);
    if (!what.mapping) throw InputError(document.location(), "the design has no mapping; dovetail_map finds one");
    give(
        dump(to_json(what.layer, what.architecture, evaluator->evaluate(what.layer, what.architecture, *what.mapping))),
        evaluation);
  });
}

dovetail_status dovetail_map(const char* design, const char* options, char** result) {
  clear(result);
  return guarded([&] {
    need(design, "design");
    need(result, "result");
    const MapOptions how = read_options(map_options(), options);
    const std::optional<MappingObjective> objective = parse_objective(how.objective);
    if (!objective)
      throw std::invalid_argument(quote(how.objective) + " is no objective; allowed are " + objective_help());
    const Design what = read_design(parse_document(design, "design"));
    MapRequest request;
    request.layer = what.layer;
    request.architecture = what.architecture;
    request.objective = *objective;
    request.bypass = how.bypass == "none" ? Bypass::none : Bypass::search;
    request.budget = how.budget;
    request.gap = how.gap;
    if (how.time_s > 0) request.time_s = how.time_s;
    request.seed = how.seed;
    request.threads = how.threads;
    request.front = how.front;
    give(dump(to_json(request, make_mapper(how.mapper)->map(request))), result);
  });
}

}  // extern "C"
