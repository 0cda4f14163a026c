// describe: what a workload, an architecture, a family, a space, a design or a study contains.
#include <dovetail/engine/verbs/look/describe.hpp>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include <dovetail/accelerators/import/machine_formats.hpp>
#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/part_tables.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/engine/study/presets.hpp>
#include <dovetail/engine/study/study.hpp>
#include <dovetail/engine/verbs/named_machine.hpp>
#include <dovetail/engine/verbs/search/explore.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/spaces/space/space_document.hpp>
#include <dovetail/workloads/import/formats.hpp>
#include <dovetail/workloads/import/idle.hpp>
#include <dovetail/workloads/import/idle_document.hpp>
#include <dovetail/workloads/import/other_documents.hpp>
#include <dovetail/workloads/network.hpp>

namespace dovetail::verbs {
namespace {

std::string shape_text(const Layer& layer) {
  std::string text;
  for (const Dimension& dimension : layer.dimensions)
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", dimension.name, dimension.extent);
  return text;
}

Json remarks_json(const std::vector<Remark>& remarks) {
  Json list = Json::array();
  for (const Remark& remark : remarks) {
    list.push_back({{"kind", remark.kind}, {"count", remark.count}, {"text", remark.text}});
    if (!remark.where.file.empty()) list.back()["file"] = remark.where.file;
    if (remark.where.line > 0) list.back()["line"] = remark.where.line;
  }
  return list;
}

Json idle_json(const std::vector<IdleOperator>& idle) {
  Json list = Json::array();
  for (const IdleOperator& one : idle)
    list.push_back({{"name", one.name},
                    {"operation", one.operation},
                    {"elements_read", one.elements_read},
                    {"elements_written", one.elements_written}});
  return list;
}

Json idle_total_json(const Imported& imported) {
  const IdleWork total = idle_total(idle_groups(imported.idle));
  return {{"operators", imported.idle.size()},
          {"words_read", total.words_read},
          {"words_written", total.words_written},
          {"operations", total.operations},
          {"traffic_share", json_number(idle_share(imported.network, total))}};
}

void add_idle(Answer& out, const Imported& imported) {
  if (imported.idle.empty()) return;
  const std::vector<IdleGroup> groups = idle_groups(imported.idle);
  Table table({"operation", "x", "words read", "words written", "operations"});
  std::int64_t unsized = 0;
  for (const IdleGroup& group : groups) {
    unsized += group.unsized;
    table.add({group.operation, fmt::format("{}", group.count), fmt::format("{}", group.work.words_read),
               fmt::format("{}", group.work.words_written), fmt::format("{}", group.work.operations)});
  }
  out.say("\nno layers (map --count-all prices them): {} of all words if every operand is moved once\n{}",
          percent(idle_share(imported.network, idle_total(groups))), table.text());
  if (unsized > 0) out.say("{} of them with sizes that the file does not say\n", unsized);
}

Answer describe_network(const Imported& imported, const Asking& asking) {
  Answer out;
  const Network& network = imported.network;
  const Totals all = totals(network);
  const std::vector<UniqueLayer> unique = unique_layers(network);
  if (!asking.as_text()) {
    Json layers = Json::array();
    for (const UniqueLayer& layer : unique) {
      Json extents = Json::object();
      for (const Dimension& dimension : layer.layer.dimensions) extents[dimension.name] = dimension.extent;
      layers.push_back({{"name", layer.layer.name},
                        {"kind", layer.layer.kind},
                        {"count", layer.count},
                        {"dims", extents},
                        {"macs", macs(layer.layer)}});
    }
    return answer({{"kind", "workload"},
                   {"name", network.name},
                   {"source", network.source},
                   {"layers", all.layers},
                   {"unique_layers", unique.size()},
                   {"macs", all.macs},
                   {"parameters", all.parameters},
                   {"activations", all.activations},
                   {"notes", remarks_json(imported.remarks)},
                   {"idle", idle_json(imported.idle)},
                   {"idle_total", idle_total_json(imported)},
                   {"unique", layers}});
  }
  out.say("workload {}\n", network.name);
  if (!network.source.empty()) out.say("source: {}\n", network.source);
  out.say("{} layers, {} distinct; {} MACs, {} parameters, {} activations\n\n", all.layers, unique.size(), all.macs,
          all.parameters, all.activations);
  Table table({"layer", "x", "kind", "MACs each", "shape"});
  for (const UniqueLayer& layer : unique) {
    table.add({layer.layer.name, fmt::format("{}", layer.count), layer.layer.kind, fmt::format("{}", macs(layer.layer)),
               shape_text(layer.layer)});
  }
  out.say("{}", table.text());
  add_idle(out, imported);
  for (const Diagnostic& note : network.notes) out.say("{}\n", to_string(note));
  return out;
}

Json figures_json(const std::vector<Figure>& list) {
  Json json = Json::array();
  for (const Figure& figure : list) {
    json.push_back({{"component", figure.component},
                    {"quantity", figure.quantity},
                    {"value", json_number(figure.value)},
                    {"unit", figure.unit},
                    {"source", figure.source}});
  }
  return json;
}

Answer describe_architecture(const Architecture& architecture, const Asking& asking) {
  Answer out;
  const std::vector<Figure> list = figures(architecture);
  if (!asking.as_text()) {
    return answer({{"kind", "architecture"},
                   {"name", architecture.name},
                   {"area_um2", json_number(area_um2(architecture))},
                   {"architecture", to_json(architecture)},
                   {"figures", figures_json(list)}});
  }
  out.say("{}\nEnergies and areas\n{}", tree(architecture), to_text(list));
  return out;
}

// Another tool's machine: what it became, what its memories keep, and what was not read.
Answer describe_imported_machine(const ImportedMachine& machine, const Asking& asking) {
  Answer out = describe_architecture(machine.architecture, asking);
  const std::vector<Level>& levels = machine.architecture.levels;
  if (!asking.as_text()) {
    Json keeps = Json::object();
    for (std::size_t l = 0; l < machine.keeps.size(); ++l) keeps[levels[l].name] = operand_list(machine.keeps[l]);
    out.record["keeps"] = keeps;
    out.record["notes"] = remarks_json(machine.remarks);
    return out;
  }
  Table table({"memory", "keeps"});
  for (std::size_t l = machine.keeps.size(); l-- > 0;) table.add({levels[l].name, operand_list(machine.keeps[l])});
  out.say("\n{}", table.text());
  for (const Remark& remark : machine.remarks)
    out.say("{}\n", to_string(Diagnostic{remark.where, to_string(remark), Severity::note}));
  return out;
}

std::string domain_text(const Parameter& parameter) {
  return std::visit(
      [](const auto& domain) -> std::string {
        using D = std::decay_t<decltype(domain)>;
        std::string text;
        if constexpr (std::is_same_v<D, RealRange>)
          return fmt::format("{} to {}{}", domain.low, domain.high, domain.log ? ", by powers" : "");
        else if constexpr (std::is_same_v<D, IntegerRange>)
          return fmt::format("{} to {}{}", domain.low, domain.high,
                             domain.step == 1 ? "" : fmt::format(" in steps of {}", domain.step));
        else if constexpr (std::is_same_v<D, OrdinalValues>) {
          for (const double value : domain.values) text += fmt::format("{}{}", text.empty() ? "" : " ", value);
        } else if constexpr (std::is_same_v<D, CategoricalValues>) {
          for (const std::string& value : domain.values) text += fmt::format("{}{}", text.empty() ? "" : " ", value);
        } else if constexpr (std::is_same_v<D, PermutationItems>) {
          text = fmt::format("an order of {} items", domain.items.size());
        } else {
          text = fmt::format("{} over {} slots", domain.product, domain.slots.size());
        }
        return text;
      },
      parameter.domain);
}

Json size_json(const SpaceSize& size) {
  return {{"points", json_number(size.points)},
          {"feasible", json_number(size.feasible)},
          {"feasible_low", json_number(size.feasible_low)},
          {"feasible_high", json_number(size.feasible_high)},
          {"share", json_number(size.points > 0 ? size.feasible / size.points : 0)},
          {"exact", size.exact}};
}

Json space_json(const Space& space) {
  Json parameters = Json::array(), constraints = Json::array();
  for (const Parameter& parameter : space.parameters())
    parameters.push_back({{"name", parameter.name}, {"values", domain_text(parameter)}});
  for (const Constraint& constraint : space.constraints()) constraints.push_back(constraint.text);
  return {{"parameters", parameters}, {"constraints", constraints}, {"size", size_json(space.count())}};
}

void add_space(Answer& out, const Space& space, const std::vector<std::string>& meanings) {
  Table table(meanings.empty() ? std::vector<std::string>{"parameter", "values"}
                               : std::vector<std::string>{"parameter", "values", "meaning"});
  for (std::size_t p = 0; p < space.parameters().size(); ++p) {
    std::vector<std::string> row = {space.parameters()[p].name, domain_text(space.parameters()[p])};
    if (p < meanings.size()) row.push_back(meanings[p]);
    table.add(std::move(row));
  }
  out.say("{}", table.text());
  if (!space.constraints().empty()) out.say("constraints\n");
  for (const Constraint& constraint : space.constraints()) out.say("  {}\n", constraint.text);
  const SpaceSize size = space.count();
  const std::string share = size.points > 0 ? percent(size.feasible / size.points) : "-";
  out.say("size: {} points, {} feasible ({}{})\n", short_number(size.points), short_number(size.feasible), share,
          size.exact ? ", counted"
                     : fmt::format(", estimated: {} to {}", short_number(size.feasible_low),
                                   short_number(size.feasible_high)));
  if (const auto closure = space.closure()) {
    out.say("nothing is feasible: closed by {} (best margin {:.4g}{})\n", closure->constraint, closure->best_margin,
            closure->nearest ? ", nearest " + space.text(*closure->nearest) : std::string());
  }
}

Answer describe_family(const std::string& name, const Asking& asking) {
  Answer out;
  const auto [family, point] = family_point(name, asking.set);
  const Architecture machine = family.instantiate(point);
  const bool is_default = point == family.default_point();
  if (!asking.as_text()) {
    Json json = {{"kind", "family"},
                 {"name", family.name()},
                 {"about", family.about()},
                 {"source", family.source()},
                 {"clock_mhz", family.clock_mhz()}};
    json["space"] = space_json(family.space());
    json["hand_design"] = {{"source", family.default_source()},
                           {"dataflow", family.baseline_name()},
                           {"dataflow_source", family.baseline_source()}};
    json["point"] = Json::object();
    for (const auto& [key, value] : named_values(family.space(), point)) json["point"][key] = value;
    json["architecture"] = to_json(machine);
    json["area_um2"] = json_number(area_um2(machine));
    json["figures"] = figures_json(family.figures(point));
    return answer(json);
  }
  out.say("family {}: {}\nsource: {}\n\n", family.name(), family.about(), family.source());
  if (!family.settings().empty()) {
    Table table({"setting", "value", "meaning"});
    for (const FamilySetting& setting : family.settings())
      table.add({setting.name, fmt::format("{}", setting.value), setting.meaning});
    out.say("{}\n", table.text());
  }
  add_space(out, family.space(), family.meanings());
  out.say("\n{}: {}\nsource: {}\n", is_default ? "hand design" : "this machine", family.space().text(point),
          family.default_source());
  if (!family.baseline_name().empty()) out.say("dataflow: {} ({})\n", family.baseline_name(), family.baseline_source());
  out.say("\n{}\nEnergies and areas\n{}", tree(machine), to_text(family.figures(point)));
  return out;
}

Answer describe_study(const Node& file, const Asking& asking) {
  Answer out;
  Diagnostics diagnostics;
  const Node document = with_preset(file, "", "");
  if (explores(document)) {
    ExplorationStudy exploration = read_exploration_study(document, diagnostics);
    for (const std::string& assignment : asking.set)
      set_exploration_value(exploration, assignment, "--set", diagnostics);
    diagnostics.raise();
    return explore_plan(Exploration(exploration), asking);
  }
  Study study = read_study(document, diagnostics);
  for (const std::string& assignment : asking.set) set_value(study, assignment, "--set", diagnostics);
  diagnostics.raise();
  const Codesign codesign(std::move(study));
  const Study& read = codesign.study();
  if (!asking.as_text()) {
    Json json = {{"kind", "study"},
                 {"family", codesign.family().name()},
                 {"objective", read.objective},
                 {"designer", read.designer},
                 {"mapper", read.mapper},
                 {"model", read.model},
                 {"trials", read.trials},
                 {read.lag ? "lag" : "batch", read.lag.value_or(read.batch)},
                 {"seed", read.seed}};
    json["workloads"] = Json::array();
    for (const Network& network : codesign.networks()) json["workloads"].push_back(network.name);
    json["unique_layers"] = codesign.unique_layers();
    json["specs"] = Json::array();
    for (const StudySpec& spec : read.specs) json["specs"].push_back(spec.text);
    json["space"] = space_json(codesign.space());
    return answer(json);
  }
  std::string names;
  for (const Network& network : codesign.networks()) names += (names.empty() ? "" : ", ") + network.name;
  out.say("study: {} on {}, objective {}\n", names, codesign.family().name(), read.objective);
  for (const StudySpec& spec : read.specs) out.say("spec: {}\n", spec.text);
  out.say("{} distinct layers; designer {}, mapper {}, {} model; {} trials {} {}\n\n", codesign.unique_layers(),
          read.designer, read.mapper, read.model, read.trials, read.lag ? "at a lag of" : "in rounds of",
          read.lag.value_or(read.batch));
  add_space(out, codesign.space(), {});
  return out;
}

Answer describe_space(const Node& document, const Asking& asking) {
  Answer out;
  Diagnostics diagnostics;
  const std::optional<Space> space = read_space(document, diagnostics);
  diagnostics.raise();
  if (!asking.as_text()) {
    Json json = {{"kind", "space"}};
    json["space"] = space_json(*space);
    return answer(json);
  }
  add_space(out, *space, {});
  return out;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What a file is, by its schema key, or by the keys it has.
std::string kind_of(const Node& document) {
  const Node* schema = document.find("schema");
  if (schema != nullptr && schema->is_scalar()) {
    for (const char* kind : {"workload", "architecture", "family", "study", "design", "mapping", "space"}) {
      if (schema->text().rfind(fmt::format("dovetail-{}/", kind), 0) == 0) return kind;
    }
    if (schema->text().rfind("timeloop-reference-case/", 0) == 0) return "design";
  }
  const auto has = [&](const char* key) { return document.find(key) != nullptr; };
  if (is_accelforge_workload(document)) return "workload";  // the formats say what it is
  if ((has("problem") || has("layer")) && (has("arch") || has("architecture"))) return "design";
  for (const char* key : {"family", "workload", "workloads", "network", "networks", "preset"})
    if (has(key)) return "study";
  if (has("compute") && has("levels") && (has("parameters") || has("default"))) return "family";
  if (has("compute") && has("levels")) return "architecture";
  if (has("parameters")) return "space";
  return "workload";
}

// A document of ours that is no workload; none for workloads of any format, and for texts that are no document of ours.
std::optional<std::string> own_kind(const std::string& file) {
  const Source source(file);
  if (is_foreign_suffix(source.suffix()) || !other_text(source).empty()) return std::nullopt;
  try {
    const Node document = load_file(file);
    const bool foreign_problem = document.find("problem") != nullptr && !is_native_document(document);
    const std::string kind = foreign_problem ? "workload" : kind_of(document);
    if (kind != "workload") return kind;
  } catch (const InputError&) {
    // The formats say what is wrong with it.
  }
  return std::nullopt;
}

Answer describe_design(const Design& design, const Asking& asking) {
  Answer out = describe_architecture(design.architecture, asking);
  if (!asking.as_text()) return out;
  std::string head = fmt::format("design: layer {} ({}), {} MACs\n\n", design.layer.name, shape_text(design.layer),
                                 macs(design.layer));
  if (design.mapping) head += loop_nest(design.layer, design.architecture, *design.mapping) + "\n";
  out.text.insert(0, head);
  return out;
}

Answer describe_parts(const Asking& asking) {
  Answer out;
  if (asking.as_text())
    out.text = part_tables_text();
  else
    out.record = part_tables_json();
  return out;
}

Imported as_imported(const Node& document) {
  Imported imported;
  imported.network = read_workload(document);
  Diagnostics diagnostics;
  imported.idle = read_idle(document, diagnostics);
  diagnostics.raise();
  return imported;
}

}  // namespace

Answer describe(const Node& document, const Asking& asking) {
  const std::string kind = kind_of(document);
  Diagnostics diagnostics;
  if (kind == "study") return describe_study(document, asking);
  if (kind == "space") return describe_space(document, asking);
  if (kind == "design") return describe_design(read_design(document), asking);
  if (kind == "workload") return describe_network(as_imported(document), asking);
  if (kind != "architecture")
    throw InputError(document.location(), "a " + kind + " is described by its name or file, not as a document");
  const std::optional<Architecture> architecture = read_architecture(document, diagnostics);
  diagnostics.raise();
  return describe_architecture(*architecture, asking);
}

Answer describe(const std::vector<std::string>& subjects, const ImportOptions& import, const Asking& asking) {
  const std::string& subject = subjects.front();
  const bool single = subjects.size() == 1 && import.from.empty();
  if (single && subject == "parts") return describe_parts(asking);
  if (single && contains(family_names(), subject) && !contains(zoo_names(), subject))
    return describe_family(subject, asking);
  if (single && !contains(zoo_names(), subject) && is_network_family(subject))
    return describe_network_family(subject, asking);
  std::error_code error;
  for (const std::string& one : subjects) {
    if (contains(zoo_names(), one) || std::filesystem::exists(one, error)) continue;
    std::vector<std::string> names = zoo_names();
    for (const std::string& name : family_names()) names.push_back(name);
    for (const std::string& name : network_family_names()) names.push_back(name);
    throw InputError({one, 0, 0, ""}, "no such file, workload or family" + suggestion(one, names));
  }
  const bool is_file = single && !contains(zoo_names(), subject) && !std::filesystem::is_directory(subject, error);
  if (is_file && is_foreign_machine(subject)) return describe_imported_machine(import_machine(subject), asking);
  const std::string kind = is_file ? own_kind(subject).value_or("workload") : "workload";
  if (kind == "family") return describe_family(subject, asking);
  if (kind == "architecture") return describe_architecture(load_architecture(subject), asking);
  if (kind == "study") return describe_study(load_file(subject), asking);
  if (kind == "space") return describe_space(load_file(subject), asking);
  if (kind == "design") return describe_design(load_design(subject), asking);
  return describe_network(import_workload(subjects, import), asking);
}

}  // namespace dovetail::verbs
