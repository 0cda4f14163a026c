// What can be chosen by name in this build (see the header).
#include <dovetail/engine/report/text/part_tables.hpp>

#include <nlohmann/json.hpp>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/engine/design/designers.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/record/store_parts.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/workloads/import/formats.hpp>

namespace dovetail {

std::vector<std::pair<std::string, std::vector<Part>>> part_tables() {
  std::vector<Part> mappers, evaluators, readers;
  for (const std::string& name : mapper_names())
    mappers.push_back({name, name == "exact" ? "also proves its optimum" : "samples mappings"});
  for (const EvaluatorRow& row : evaluator_table()) evaluators.push_back({row.name, row.about});
  for (const Format& format : formats())
    readers.push_back({std::string(format.name), std::string(format.about), std::string(format.unavailable)});
  return {{"designers", designer_parts()},
          {"mappers", std::move(mappers)},
          {"evaluators", std::move(evaluators)},
          {"stores", store_parts()},
          {"formats", std::move(readers)}};
}

nlohmann::ordered_json part_tables_json() {
  nlohmann::ordered_json json = {{"kind", "parts"}};
  for (const auto& [of, parts] : part_tables()) {
    auto list = nlohmann::ordered_json::array();
    for (const Part& part : parts) {
      list.push_back({{"name", part.name}, {"about", part.about}, {"available", part.unavailable.empty()}});
      if (!part.unavailable.empty()) list.back()["reason"] = part.unavailable;
    }
    json[of] = std::move(list);
  }
  return json;
}

std::string part_tables_text() {
  std::string text;
  for (const auto& [of, parts] : part_tables()) {
    Table table({of, "", "in this build"});
    for (const Part& part : parts)
      table.add({part.name, part.about, part.unavailable.empty() ? "yes" : part.unavailable});
    text += (text.empty() ? "" : "\n") + table.text(0);
  }
  return text;
}

}  // namespace dovetail
