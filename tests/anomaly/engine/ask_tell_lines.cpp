// Whatever lines come in: one answer each, no crash, no lost trial. DOVETAIL_LINES sets another number of them.
#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include <dovetail/engine/study/ask_tell.hpp>

using namespace dovetail;
using Json = nlohmann::ordered_json;

TEST_CASE("malformed, truncated and random lines lose nothing") {
  const char* wanted = std::getenv("DOVETAIL_LINES");
  const int lines = wanted ? std::atoi(wanted) : 100000;
  std::vector<Parameter> parameters{{"x", RealRange{0.0, 1.0, false}}, {"flow", CategoricalValues{{"ws", "os"}}}};
  DesignerContext context{Space(std::move(parameters), {}), {}, 1, 1, {}, {}, {}};
  context.goal.objectives.push_back({"f", true});
  AskTell session("random", context);
  Random random(7);
  std::map<std::int64_t, double> truth;  // what was told and answered with ok
  std::set<std::int64_t> asked;
  const std::vector<std::string> seeds{
      R"({"ask": 1})",
      R"({"ask": 0})",
      R"({"tell": [{"id": 3, "metrics": {"f": 0.25}}]})",
      R"({"tell": [{"id": 1, "failed": "crash é"}]})",
      R"({"tell": [{"point": {"x": 0.5, "flow": "ws"}, "metrics": {"f": NaN}}]})",
      R"({"tell": [{"id": 2, "metrics": {"f": 1e999}}, {"id": 4, "metrics": {"f": -1}}]})"};
  const std::string letters = "{}[]\",:0123456789eE+-.aksteluinfdNI\\ \t\x01\x7f\xff\xc3\xa9";
  for (int i = 0; i < lines; ++i) {
    std::string line = seeds[random.below(seeds.size())];
    const std::uint64_t kind = random.below(6);
    if (kind == 0) line = line.substr(0, random.below(line.size() + 1));
    if (kind == 1)
      for (std::uint64_t k = random.below(4) + 1; k > 0; --k)
        line[random.below(line.size())] = letters[random.below(letters.size())];
    if (kind == 2) {
      line.clear();
      for (std::uint64_t k = random.below(60); k > 0; --k) line += letters[random.below(letters.size())];
    }
    if (kind == 3) line += seeds[random.below(seeds.size())];
    double value = 0.0;
    std::int64_t id = -1;
    if (kind == 4 && !session.trials().empty()) {  // an honest outcome among the noise
      id = static_cast<std::int64_t>(random.below(session.trials().size()));
      value = random.uniform();
      line = Json{{"tell", {{{"id", id}, {"metrics", {{"f", value}}}}}}}.dump();
    }
    const std::string text = answer_line(session, line);
    CHECK(text.find('\n') == std::string::npos);
    const Json reply = Json::parse(text);
    CHECK((reply.contains("error") || reply.contains("trials") || reply.contains("ok")));
    if (reply.contains("trials"))
      for (const Json& trial : reply["trials"]) CHECK(asked.insert(trial["id"].get<std::int64_t>()).second);
    if (id >= 0 && reply.contains("ok")) truth[id] = value;
  }
  for (const auto& [id, value] : truth) CHECK(session.trials()[static_cast<std::size_t>(id)].metrics.at("f") == value);
  for (const std::int64_t id : asked) CHECK(session.trials()[static_cast<std::size_t>(id)].id == id);
  CHECK(truth.size() > 10);
  MESSAGE("lines: " << lines << ", trials: " << session.trials().size() << ", told: " << truth.size());
}
