// A session that is killed at any moment: log and table agree, and the next session goes on.
#include <doctest/doctest.h>

#include <random>
#include <set>

#include <nlohmann/json.hpp>

#include <dovetail/engine/record/store.hpp>
#include "support/program.hpp"

using namespace dovetail;
using Json = nlohmann::json;

namespace {

// Asks and tells of a session, written down in advance: ids are counted from 0.
std::string calls(int rounds, int batch) {
  std::string text;
  for (int round = 0, id = 0; round < rounds; ++round) {
    text += Json{{"ask", batch}}.dump() + "\n";
    Json told = Json::array();
    for (int i = 0; i < batch; ++i, ++id) told.push_back({{"id", id}, {"metrics", {{"y", 1.0 / (id + 1)}}}});
    text += Json{{"tell", told}}.dump() + "\n";
  }
  return text;
}

const char* const space =
    "parameters: [{name: x, kind: real, low: 0, high: 1}, {name: n, kind: integer, low: 1, high: 64}]\n"
    "goal: {objectives: [{metric: y}]}\n";

}  // namespace

TEST_CASE("after a kill every outcome in the log is completed in the table") {
  std::mt19937 random(3);
  for (int kill = 0; kill < 8; ++kill) {
    CAPTURE(kill);
    const testing::Folder folder;
    folder.write("space.yaml", space);
    const std::vector<std::string> words{"serve", "space.yaml", "--designer", "random", "--store", "s.db", "--resume"};
    {
      testing::Program program(folder, words, calls(40, 100));
      std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 300));
      program.signal(SIGKILL);
      program.wait();
    }
    const testing::Outcome after = testing::run(folder, words, "{\"tell\": []}\n{\"ask\": 1}\n");
    CHECK(after.code == 0);
    const auto store = read_store(folder.file("s.db"));
    std::set<std::int64_t> told, asked;
    std::int64_t next = 0;
    for (const std::string& text : store->events()) {
      const Json event = Json::parse(text);
      if (event.contains("tell"))
        for (const Json& entry : event["tell"]) told.insert(entry["id"].get<std::int64_t>());
      else
        for (std::size_t i = 0; i < event["points"].size(); ++i) asked.insert(next++);
    }
    CHECK(store->trials().size() == asked.size());
    for (const StoredTrial& stored : store->trials())
      CHECK((stored.trial.state == TrialState::completed) == (told.count(stored.trial.id) != 0));
    const Json best = Json::parse(after.out.substr(0, after.out.find('\n')))["best"];
    if (!told.empty()) CHECK(best["id"] == *told.rbegin());
  }
}

TEST_CASE("nothing there, not found and everything tried are three answers") {
  const testing::Folder folder;
  const auto serve = [&](const std::string& document, const std::string& lines) {
    folder.write("space.yaml", document + "goal: {objectives: [{metric: y}]}\n");
    return testing::run(folder, {"serve", "space.yaml"}, lines);
  };
  const std::string integer = "parameters: [{name: x, kind: integer, low: 1, high: 3}]\n";
  const testing::Outcome empty = serve(integer + "constraints: ['x > 5']\n", "{\"ask\": 1}\n");
  CHECK(empty.code == 4);
  CHECK(empty.err.find("x > 5") != std::string::npos);
  CHECK(empty.err.find("not proven") == std::string::npos);
  CHECK(empty.out.empty());
  const testing::Outcome equality = serve(
      "parameters: [{name: x, kind: real, low: 0, high: 1}, {name: z, kind: real, low: 0, high: 1}]\n"
      "constraints: ['x * x + z == 1.25', 'x > z']\n",
      "{\"ask\": 1}\n");
  const bool refused = equality.code == 3 && equality.err.find("equality of real numbers") != std::string::npos;
  CHECK((refused || equality.out.find("\"x\"") != std::string::npos));
  const testing::Outcome all = serve(integer, "{\"ask\": 5}\n{\"ask\": 1}\n");
  CHECK(all.code == 0);
  const Json first = Json::parse(all.out.substr(0, all.out.find('\n')));
  CHECK(first["trials"].size() == 3);
  CHECK(first["exhausted"] == true);
}
