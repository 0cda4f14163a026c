// What is listed by name can be made by that name, or says why it cannot.
#include <doctest/doctest.h>

#include <set>
#include <stdexcept>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/engine/design/designer.hpp>
#include <dovetail/engine/design/designers.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/record/store.hpp>
#include <dovetail/engine/report/text/part_tables.hpp>
#include <nlohmann/json.hpp>

using namespace dovetail;

namespace {

DesignerContext small_context() {
  DesignerContext context;
  context.space = Space({{"x", IntegerRange{0, 7, 1, false}}}, {});
  context.goal.objectives = {{"cost", true}};
  return context;
}

}  // namespace

TEST_CASE("names are told apart, and every row says what it is") {
  for (const auto& [of, parts] : part_tables()) {
    CAPTURE(of);
    CHECK(!parts.empty());
    std::set<std::string> names;
    for (const Part& part : parts) {
      CAPTURE(part.name);
      CHECK(names.insert(part.name).second);
      CHECK(!part.about.empty());
    }
  }
}

TEST_CASE("designers: what is there can be made, what is not says why") {
  for (const Part& part : designer_parts()) {
    CAPTURE(part.name);
    if (part.unavailable.empty()) {
      CHECK(make_designer(part.name, small_context())->name() == part.name);
      continue;
    }
    try {
      make_designer(part.name, small_context());
      FAIL("it was made");
    } catch (const std::invalid_argument& error) {
      CHECK(std::string(error.what()).find(part.unavailable) != std::string::npos);
    }
  }
}

TEST_CASE("mappers and evaluators are made by their names") {
  for (const std::string& name : mapper_names()) {
    CAPTURE(name);
    CHECK(make_mapper(name) != nullptr);
  }
  CHECK_THROWS_AS(make_mapper("no such mapper"), std::invalid_argument);
  for (const EvaluatorRow& row : evaluator_table()) {
    CAPTURE(row.name);
    CHECK(make_evaluator(row.name)->name() == row.name);
  }
  CHECK(make_evaluator("no such evaluator") == nullptr);
}

TEST_CASE("a table as JSON has every part, with the reason for what is missing") {
  const nlohmann::ordered_json json = part_tables_json();
  for (const auto& [of, parts] : part_tables()) {
    CHECK(json[of].size() == parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      CHECK(json[of][i]["name"] == parts[i].name);
      CHECK(json[of][i].contains("reason") == !parts[i].unavailable.empty());
    }
  }
}
