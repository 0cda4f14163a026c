// Every verb gives, from a document and options, the record that its command prints as JSON.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include <dovetail/engine/study/study.hpp>
#include <dovetail/engine/verbs/verbs.hpp>

#include "support/program.hpp"
#include "support/reference_data.hpp"

using namespace dovetail;
using namespace dovetail::testing;
using Json = nlohmann::ordered_json;

namespace {

// A record without what differs from run to run.
Json steady(Json json) {
  if (json.is_object()) {
    for (const char* key : {"seconds", "estimated_seconds", "seconds_per_trial", "estimated_memory_mb", "worker"})
      json.erase(key);
    for (auto& [key, value] : json.items()) value = steady(value);
  } else if (json.is_array()) {
    for (Json& value : json) value = steady(value);
  }
  return json;
}

// The same question to a verb and to its command.
struct Question {
  const char* verb;
  std::string document, options;   ///< of the verb, YAML
  std::vector<std::string> words;  ///< of the command, behind its name
};

std::vector<Question> questions(const Folder& folder) {
  std::string design;
  for (const auto& entry : std::filesystem::directory_iterator(reference_path("timeloop/cases")))
    if (design.empty() || entry.path().string() < design) design = entry.path().string();
  const std::string study = folder.write(
      "study.yaml", "workload: mlp\nfamily: eyeriss\ndesigner: random\ntrials: 2\nmapper: random\nbudget: 50\n");
  const std::string space = folder.write(
      "space.yaml", "parameters: [{name: x, kind: integer, low: 0, high: 9}]\ngoal: {objectives: [{metric: cost}]}\n");
  return {
      {"evaluate", design, "", {design}},
      {"evaluate", design, "{model: loop, imperfect_factors: true}", {design, "--imperfect-factors"}},
      {"explain", design, "", {design}},
      {"map",
       "mlp",
       "{architecture: eyeriss, mapper: random, budget: 50, seed: 3, bypass: none}",
       {"--workload", "mlp", "--architecture", "eyeriss", "--mapper", "random", "--budget", "50", "--seed", "3",
        "--bypass", "none"}},
      {"optimize", study, "{seed: 4, set: [trials=3]}", {study, "--seed", "4", "--trials", "3"}},
      {"optimize", study, "{set: [batch=1, gap=0.5]}", {study, "--batch", "1", "--gap", "0.5"}},
      {"sweep", study, "{hold: true, grid: ['hw.pe_x=8,14']}", {study, "--hold", "--grid", "hw.pe_x=8,14"}},
      {"describe", "dqn", "", {"dqn"}},
      {"describe", study, "{set: [trials=7]}", {study, "--set", "trials=7"}},
      {"describe", space, "", {space}},
      {"convert", study, "{to: json}", {study, "--to", "json"}},
      {"convert", "", "{schema: study}", {"--schema", "study"}},
  };
}

}  // namespace

TEST_CASE("a verb's record is what its command prints") {
  const Folder folder;
  for (const Question& question : questions(folder)) {
    CAPTURE(question.verb);
    CAPTURE(question.options);
    const Node document = question.document.empty() ? Node() : Node::scalar({}, question.document, true);
    const Node options = question.options.empty() ? Node() : parse_yaml(question.options, "options");
    const verbs::Answer answer = verbs::run_verb(question.verb, document, options, verbs::Asking());
    std::vector<std::string> words = {question.verb};
    words.insert(words.end(), question.words.begin(), question.words.end());
    if (std::find(words.begin(), words.end(), "--to") == words.end()) words.insert(words.end(), {"--format", "json"});
    const Outcome printed = run(folder, words);
    CHECK(printed.code == static_cast<int>(answer.end));
    CHECK(steady(Json::parse(printed.out, nullptr, false)) == steady(answer.record));
  }
}

TEST_CASE("every verb says what it takes, and refuses what it does not") {
  const Folder folder;
  std::set<std::string> names;
  for (const verbs::Verb& verb : verbs::verbs()) {
    CAPTURE(verb.name);
    CHECK(names.insert(verb.name).second);
    CHECK(verb.schema()["properties"].is_object());
    CHECK(run(folder, {verb.name, "--help"}).code == 0);
    try {
      verbs::run_verb(verb.name, Node(), parse_yaml("{no_such_option: 1}", "options"), verbs::Asking());
      FAIL("no message");
    } catch (const InputError& error) {
      CHECK(std::string(error.what()).find("no_such_option") != std::string::npos);
    }
  }
  CHECK_THROWS_AS(verbs::run_verb("optimise", Node(), Node(), verbs::Asking()), verbs::UsageError);
}

TEST_CASE("a key of a study is a flag, with the key's help") {
  const Folder folder;
  const std::string help = run(folder, {"optimize", "--help"}).out;
  for (const auto& [key, property] : study_schema()["properties"].items()) {
    if (!property.contains("type") || property["type"] == "object") continue;
    if (key == "workloads" || key == "from" || key == "dims") continue;  // --workload, and what imports take
    std::string flag = "--" + (key == "specs" ? std::string("spec") : key);
    std::replace(flag.begin(), flag.end(), '_', '-');
    CAPTURE(flag);
    CHECK(help.find(flag) != std::string::npos);
  }
}
