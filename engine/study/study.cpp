// The study file: one table of keys reads it, checks it and serves --set and --grid.
#include <dovetail/engine/study/study.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/engine/design/designer.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/study/said_value.hpp>
#include <dovetail/engine/study/study_document.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

void read_workload(const Node& node, Study& study, Diagnostics& diagnostics) {
  study.workloads.clear();
  std::vector<std::string> names;
  const auto add = [&](const Node& name) {
    if (name.is_scalar() && !name.text().empty())
      names.push_back(name.text());
    else
      diagnostics.error(name.location(),
                        "workload: expected a zoo name or the path of a descriptor, found " + name.describe());
  };
  if (node.is_sequence())
    for (const Node& item : node.items()) add(item);
  else
    add(node);
  if (names.empty()) {
    if (node.is_sequence() && node.items().empty())
      diagnostics.error(node.location(), "workload: the list of files is empty");
    return;
  }
  study.workloads.push_back({names.front(), 1.0, node.location(), {names.begin() + 1, names.end()}});
}

// {batch: 1, seq: 384}: sizes that an ONNX model leaves open.
void read_dims(const Node& node, Study& study, Diagnostics& diagnostics) {
  if (!node.is_mapping()) {
    diagnostics.error(node.location(), "dims: expected sizes such as {batch: 1}, found " + node.describe());
    return;
  }
  for (const Node::Entry& entry : node.entries())
    read_value(entry.value, "the size of " + quote(entry.key), at_least(1), diagnostics, study.import.sizes[entry.key]);
}

void read_workloads(const Node& node, Study& study, Diagnostics& diagnostics) {
  study.workloads.clear();
  if (node.is_mapping()) {
    for (const Node::Entry& entry : node.entries()) {
      StudyWorkload workload{entry.key, 1.0, entry.where};
      read_value(entry.value, "the weight of " + quote(entry.key), above(0.0), diagnostics, workload.weight);
      study.workloads.push_back(workload);
    }
  } else if (node.is_sequence()) {
    for (const Node& item : node.items()) {
      if (item.is_scalar())
        study.workloads.push_back({item.text(), 1.0, item.location()});
      else
        diagnostics.error(item.location(), "workloads: expected a name, found " + item.describe());
    }
  } else {
    diagnostics.error(node.location(),
                      "workloads: expected a list of names, or names with weights, found " + node.describe());
    return;
  }
  if (study.workloads.empty()) diagnostics.error(node.location(), "workloads: the list is empty");
}

// Entries of `fixed` or `space`: later ones replace earlier ones of the same name, so --set can override the file.
void merge_entries(const Node& node, const std::string& key, std::vector<StudyEntry>& entries,
                   Diagnostics& diagnostics) {
  if (!require_mapping(node, key, diagnostics)) return;
  for (const Node::Entry& entry : node.entries()) {
    const auto same = [&](const StudyEntry& other) { return other.name == entry.key; };
    std::erase_if(entries, same);
    entries.push_back({entry.key, entry.value, entry.where});
  }
}

// "area_um2 <= 4e6": the only two comparisons a spec may be.
bool parse_spec(const std::string& text, StudySpec& out) {
  for (const char* sign : {"<=", ">="}) {
    const std::size_t at = text.find(sign);
    if (at == std::string::npos) continue;
    std::string metric = text.substr(0, at);
    metric.erase(metric.find_last_not_of(" \t") + 1);
    metric.erase(0, metric.find_first_not_of(" \t"));
    char* rest = nullptr;
    const double bound = std::strtod(text.c_str() + at + 2, &rest);
    while (*rest == ' ' || *rest == '\t') ++rest;
    if (metric.empty() || rest == text.c_str() + at + 2 || *rest != '\0' || !std::isfinite(bound)) return false;
    out.spec = {metric, std::nullopt, std::nullopt};
    (sign[0] == '<' ? out.spec.max : out.spec.min) = bound;
    out.text = fmt::format("{} {} {:.10g}", metric, sign, bound);
    return true;
  }
  return false;
}

void add_spec(const StudySpec& spec, const Location& where, Study& study, Diagnostics& diagnostics) {
  if (find_metric(spec.spec.metric) == nullptr) {
    diagnostics.error(where, "no metric " + quote(spec.spec.metric) + suggestion(spec.spec.metric, metric_names()));
    return;
  }
  const bool known = std::any_of(study.specs.begin(), study.specs.end(), [&](const StudySpec& other) {
    return other.spec.metric == spec.spec.metric && other.spec.max == spec.spec.max && other.spec.min == spec.spec.min;
  });
  if (!known) study.specs.push_back(spec);  // limits on one metric all hold
}

// A list of "metric <= bound", or metric: {max: bound}, or metric: bound (at most).
void read_specs(const Node& node, Study& study, Diagnostics& diagnostics) {
  const auto read_text = [&](const Node& item) {
    StudySpec spec;
    if (item.is_scalar() && parse_spec(item.text(), spec))
      add_spec(spec, item.location(), study, diagnostics);
    else
      diagnostics.error(item.location(),
                        "specs: expected 'metric <= number' or 'metric >= number', found " + item.describe());
  };
  if (node.is_scalar()) {
    read_text(node);
  } else if (node.is_sequence()) {
    for (const Node& item : node.items()) read_text(item);
  } else if (node.is_mapping()) {
    for (const Node::Entry& entry : node.entries()) {
      const auto bound = [&](const Node& value, bool at_most) {
        double number = 0.0;
        if (!read_value(value, "the bound of " + quote(entry.key), {}, diagnostics, number)) return;
        StudySpec spec;
        spec.spec.metric = entry.key;
        (at_most ? spec.spec.max : spec.spec.min) = number;
        spec.text = fmt::format("{} {} {:.10g}", entry.key, at_most ? "<=" : ">=", number);
        add_spec(spec, entry.where, study, diagnostics);
      };
      if (!entry.value.is_mapping()) {
        bound(entry.value, true);
        continue;
      }
      for (const Node::Entry& side : entry.value.entries()) {
        if (side.key == "max" || side.key == "min")
          bound(side.value, side.key == "max");
        else
          diagnostics.error(side.where, "a spec has 'max' and 'min', found " + quote(side.key));
      }
    }
  } else {
    diagnostics.error(node.location(), "specs: expected a list such as [area_um2 <= 4e6], found " + node.describe());
  }
}

// `bayes`, or {name: bayes, option: value}.
void read_designer(const Node& node, Study& study, Diagnostics& diagnostics) {
  const auto read_name = [&](const Node& name) {
    read_value(name, "designer", one_of(designer_names()), diagnostics, study.designer);
  };
  if (!node.is_mapping()) {
    read_name(node);
    return;
  }
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "name")
      read_name(entry.value);
    else if (entry.value.is_scalar())
      study.designer_options[entry.key] = entry.value.text();
    else
      diagnostics.error(entry.value.location(),
                        "designer: expected a value for " + quote(entry.key) + ", found " + entry.value.describe());
  }
}

// `exact`, or {name: exact, budget: 1000, gap: 0.01}.
void read_mapper(const Node& node, Study& study, Diagnostics& diagnostics) {
  const auto read_name = [&](const Node& name) {
    read_value(name, "mapper", one_of(mapper_names()), diagnostics, study.mapper);
  };
  if (!node.is_mapping()) {
    read_name(node);
    return;
  }
  const std::vector<std::string> keys = {"name", "budget", "gap"};
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "name")
      read_name(entry.value);
    else if (entry.key == "budget")
      read_value(entry.value, "budget", at_least(0), diagnostics, study.budget);
    else if (entry.key == "gap")
      read_value(entry.value, "gap", between(0, 1), diagnostics, study.gap);
    else
      diagnostics.error(entry.where, "mapper: no key " + quote(entry.key) + suggestion(entry.key, keys));
  }
}

// `python3 simulator.py`, or {command: ..., timeout: 10, candidates: 4}.
void read_evaluator(const Node& node, Study& study, Diagnostics& diagnostics) {
  if (!node.is_mapping()) {
    read_value(node, "evaluator", {}, diagnostics, study.evaluator);
    return;
  }
  const std::vector<std::string> keys = {"command", "timeout", "candidates"};
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "command")
      read_value(entry.value, "command", {}, diagnostics, study.evaluator);
    else if (entry.key == "timeout")
      read_value(entry.value, "timeout", above(0), diagnostics, study.evaluator_timeout_s);
    else if (entry.key == "candidates")
      read_value(entry.value, "candidates", at_least(0), diagnostics, study.candidates);
    else
      diagnostics.error(entry.where, "evaluator: no key " + quote(entry.key) + suggestion(entry.key, keys));
  }
}

void read_objective(const Node& node, Study& study, Diagnostics& diagnostics) {
  std::string text = node.is_scalar() ? node.text() : "";
  if (node.is_sequence()) {
    for (const Node& item : node.items())
      text += (text.empty() ? "" : ",") + (item.is_scalar() ? item.text() : std::string("?"));
  }
  if (parse_study_objective(text))
    study.objective = text;
  else
    diagnostics.error(node.location(), "objective: found " + node.describe() + ", allowed are " + objective_help() +
                                           "; or several of " + metric_words());
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Record<Study> make_record() {
  const Json text = {{"type", "string"}};
  const Json map = {{"type", "object"}};
  return Record<Study>("study", "What to search, what is wanted, and how to search.")
      .document("dovetail-study/1")
      .custom("workload", false,
              "zoo name, or a file or folder of any format that is read; a list of files is one network",
              {{"type", Json::array({"string", "array"})}}, read_workload)
      .custom("workloads", false, "several networks for one accelerator: a list, or names with weights",
              {{"type", Json::array({"array", "object"})}}, read_workloads)
      .custom("from", false, "format of the workload's files, where suffix and content do not tell",
              {{"type", "string"}, {"enum", format_names()}},
              [](const Node& node, Study& study, Diagnostics& diagnostics) {
                read_value(node, "from", one_of(format_names()), diagnostics, study.import.from);
              })
      .custom("dims", false, "sizes that an ONNX model leaves open, {batch: 1, seq: 384}", map, read_dims)
      .optional("family", &Study::family, "accelerator family: a name or a descriptor")
      .custom("fixed", false, "parameters that do not change, group.name: value", map,
              [](const Node& node, Study& study, Diagnostics& diagnostics) {
                merge_entries(node, "fixed", study.fixed, diagnostics);
              })
      .custom("space", false, "narrower ranges, group.name: [values], {low, high} or {low, high, step}", map,
              [](const Node& node, Study& study, Diagnostics& diagnostics) {
                merge_entries(node, "space", study.space, diagnostics);
              })
      .custom("objective", false,
              "what to make small: " + objective_help() +
                  "; or a list such as [energy, cycles, area], whose front is the answer",
              {{"type", Json::array({"string", "array"})}}, read_objective,
              [](const Study& study) { return Json(study.objective); })
      .custom("specs", false,
              "limits such as area_um2 <= 4e6, all of which hold; metrics area_um2, power_mw, latency_ms, "
              "energy_pj, cycles, edp",
              {{"type", Json::array({"array", "object", "string"})}}, read_specs)
      .choice("combine", &Study::combine, "several networks: the (weighted) sum, or the worst",
              std::vector<std::pair<std::string, Combine>>{{"sum", Combine::sum}, {"worst", Combine::worst}})
      .custom("designer", false,
              "how hardware points are chosen: " + listed(designer_names()) + "; or {name, option: value}",
              {{"type", Json::array({"string", "object"})}}, read_designer,
              [](const Study& study) { return Json(study.designer); })
      .custom("mapper", false,
              "how mappings are found: " + listed(mapper_names()) +
                  " (exact also proves its optimum); or {name, budget, gap}",
              {{"type", Json::array({"string", "object"})}}, read_mapper,
              [](const Study& study) { return Json(study.mapper); })
      .optional("budget", &Study::budget, "mapping evaluations per layer, 0: the mapper's own default", at_least(0))
      .optional("gap", &Study::gap,
                "share of the best that may stay open, (best - bound) / best: mappers stop within it of their bound; "
                "with --prove it is that of the whole space",
                between(0, 1))
      .optional("bypass", &Study::bypass,
                "which levels may be skipped by a tensor: search (any), none (every level keeps every tensor), fixed "
                "(as the document or "
                "family says)",
                one_of({"search", "none", "fixed"}))
      .optional("factors", &Study::factors,
                "perfect: factors of loops multiply to the extents; imperfect: they cover them, and the last round "
                "of a loop may be shorter; the loop model decides then, and machines have no bound beforehand",
                one_of({"perfect", "imperfect"}))
      .optional("placement", &Study::placement,
                "even: one tile per level for all tensors; uneven: in every memory each tensor has its own depth in "
                "the memory's loops; the loop model decides then, and machines have no bound beforehand",
                one_of({"even", "uneven"}))
      .optional("fusion", &Study::fusion,
                "results that may stay on chip between layers: none (all pass through the outermost memory), homes "
                "(whole ones), bands "
                "(groups of layers also run part by part); a candidate costs what its fused networks cost",
                one_of({"none", "homes", "bands"}))
      .optional("model", &Study::model,
                "evaluator that decides: loop (closed form), or cycle (cycle level; the loop model screens)",
                one_of(evaluator_names()))
      .custom("evaluator", false,
              "your own simulator decides: a command for the shell, started once per thread, that is sent a design "
              "(the document of "
              "`evaluate`) as one JSON line and answers one: {\"cycles\": n, \"energy_pj\": x}, {\"valid\": false} or "
              "{\"failed\": \"why\"}; or {command, timeout, candidates}",
              {{"type", Json::array({"string", "object"})}}, read_evaluator,
              [](const Study& study) { return Json(study.evaluator); })
      .optional("clock_mhz", &Study::clock_mhz, "clock for power_mw and latency_ms", above(0))
      .optional("trials", &Study::trials, "hardware points in all, those of a resumed store included", between(1, 1e9))
      .optional("prove", &Study::prove,
                "after the trials, evaluate every machine that its bound does not exclude, until the best is proven; "
                "where there are too "
                "many to list, whole classes of them are excluded (to within the gap; the time ends that with the "
                "bound so far)")
      .optional("batch", &Study::batch, "points per round; the result depends on it, but not on threads",
                between(1, 4096))
      .optional("lag", &Study::lag,
                "in place of batch: trial k is suggested knowing exactly the trials up to k - lag, so that no trial "
                "waits for a "
                "slower one of its round; about twice the number of workers",
                between(1, 4096))
      .optional("seed", &Study::seed, "names the random streams")
      .optional("time", &Study::time_s,
                "seconds after which to end with the best so far (exit code 5); as an option, 0 is no limit", above(0))
      .optional("store", &Study::store, "SQLite file, or postgresql://HOST/DATABASE#STUDY, that records every trial");
}

const Record<Study>& record() {
  static const Record<Study> table = make_record();
  return table;
}

// `path` is a key, a part of one (mapper.gap), or a bare parameter, which is then fixed.
void set_key(Study& study, const std::string& path, const Node& value, const Location& where,
             Diagnostics& diagnostics) {
  const std::vector<std::string> keys = record().keys();
  const auto known = [&](const std::string& key) { return std::find(keys.begin(), keys.end(), key) != keys.end(); };
  if (path == "batch") study.lag.reset();  // the last one said
  if (path == "fusion") study.fusion_where = where;
  const auto wrap = [&](const std::string& key, Node inner) {
    return Node::mapping(where, {Node::Entry{key, where, std::move(inner)}});
  };
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos)
    record().read_into(wrap(path, value), study, diagnostics);
  else if (known(path.substr(0, dot)))
    record().read_into(wrap(path.substr(0, dot), wrap(path.substr(dot + 1), value)), study, diagnostics);
  else
    record().read_into(wrap("fixed", wrap(path, value)), study, diagnostics);
}

}  // namespace

Study read_study(const Node& document, Diagnostics& diagnostics) {
  Study study = record().read(document, diagnostics);
  if (document.find("workload") != nullptr && document.find("workloads") != nullptr) {
    diagnostics.error(document.find("workloads")->location(), "both 'workload' and 'workloads': keep one");
  }
  if (document.find("batch") != nullptr && document.find("lag") != nullptr)
    diagnostics.error(document.find("lag")->location(), "both 'batch' and 'lag': keep one");
  if (const Node* family = document.find("family")) study.family_where = family->location();
  if (const Node* fusion = document.find("fusion")) study.fusion_where = fusion->location();
  const std::filesystem::path file = document.location().file;
  study.folder = file.parent_path().string();
  return study;
}

void set_value(Study& study, const std::string& assignment, const std::string& source, Diagnostics& diagnostics) {
  const Location where{fmt::format("{} {}", source, assignment), 0, 0, ""};
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    diagnostics.error(where, "expected path=value, such as trials=20 or fixed.hw.pe_x=14");
    return;
  }
  const std::string path = assignment.substr(0, equals);
  // The value is YAML with a place of its own: "--set trials=abc:1:1: ...".
  Node value;
  try {
    value = parse_yaml(assignment.substr(equals + 1), where.file);
  } catch (const InputError& error) {
    for (const Diagnostic& diagnostic : error.diagnostics()) diagnostics.error(diagnostic.where, diagnostic.message);
    return;
  }
  set_key(study, path, value, where, diagnostics);
}

void set_value(Study& study, const std::string& path, const Node& value, Diagnostics& diagnostics) {
  set_key(study, path, value, value.location(), diagnostics);
  if (path == "family") study.family_where = value.location();
}

Json study_values(const Study& study) {
  return record().write(study, true);
}

Json study_schema() {
  return schema_document("dovetail-study/1", record().schema());
}

std::string study_help() {
  return record().help();
}

}  // namespace dovetail
