// describe of network families.
#include <dovetail/engine/verbs/look/describe.hpp>

#include <filesystem>

#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/spaces/network/network_family.hpp>
#include <dovetail/spaces/space/point_json.hpp>
#include <dovetail/workloads/text/embedded.hpp>

namespace dovetail::verbs {

bool is_network_family(const std::string& name_or_path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(name_or_path, error))
    return embedded::find(embedded::network_families(), name_or_path) != nullptr;
  try {
    const Node* schema = nullptr;
    const Node document = load_file(name_or_path);
    schema = document.find("schema");
    return schema != nullptr && schema->text().rfind("dovetail-network-family/", 0) == 0;
  } catch (const InputError&) {
    return false;
  }
}

Answer describe_network_family(const std::string& name_or_path, const Asking& asking) {
  Answer out;
  const NetworkFamily family = load_network_family(name_or_path);
  const SpaceSize size = family.space().count();
  Random random(asking.seed, {0x73616d70});
  const Point sample = family.draw(random).value_or(family.default_point());
  const Totals all = totals(family.instantiate(sample));
  if (!asking.as_text()) {
    Json parameters = Json::array(), constraints = Json::array();
    for (std::size_t p = 0; p < family.space().parameters().size(); ++p)
      parameters.push_back({{"name", family.space().parameters()[p].name}, {"meaning", family.meanings()[p]}});
    for (const Constraint& constraint : family.space().constraints()) constraints.push_back(constraint.text);
    return answer({{"kind", "network family"},
                   {"name", family.name()},
                   {"about", family.about()},
                   {"source", family.source()},
                   {"from_memory", family.from_memory()},
                   {"parameters", parameters},
                   {"constraints", constraints},
                   {"networks", json_number(size.feasible)},
                   {"exact", size.exact},
                   {"sample",
                    {{"point", to_json(family.space(), sample)},
                     {"key", family.key(sample)},
                     {"layers", all.layers},
                     {"macs", all.macs},
                     {"parameters", all.parameters},
                     {"workload", family.document(sample)}}}});
  }
  out.say("network family {}: {}\nsource: {}\n", family.name(), family.about(), family.source());
  if (!family.from_memory().empty()) out.say("from memory, not looked up: {}\n", family.from_memory());
  for (const NetworkSetting& setting : family.settings())
    out.say("setting {} = {}: {}\n", setting.name, setting.value, setting.meaning);
  Table table({"parameter", "values", "meaning"});
  for (std::size_t p = 0; p < family.space().parameters().size(); ++p) {
    const Parameter& parameter = family.space().parameters()[p];
    std::string values;
    if (const auto* range = std::get_if<IntegerRange>(&parameter.domain))
      values = fmt::format("{} to {}", range->low, range->high);
    if (const auto* list = std::get_if<OrdinalValues>(&parameter.domain))
      for (const double value : list->values) values += fmt::format("{}{}", values.empty() ? "" : " ", value);
    if (const auto* list = std::get_if<CategoricalValues>(&parameter.domain))
      for (const std::string& value : list->values) values += (values.empty() ? "" : " ") + value;
    table.add({parameter.name, values, family.meanings()[p]});
  }
  out.say("\n{}", table.text());
  out.say(
      "networks: {}{}\n",
      size.exact && size.feasible < 9e15 ? fmt::format("{:.0f}", size.feasible) : fmt::format("{:.4g}", size.feasible),
      size.exact ? ", counted" : fmt::format(", estimated: {:.4g} to {:.4g}", size.feasible_low, size.feasible_high));
  out.say("\na sample: {}\n{}: {} layers, {} MACs, {} parameters\n", family.space().text(sample), family.key(sample),
          all.layers, all.macs, all.parameters);
  return out;
}

}  // namespace dovetail::verbs
