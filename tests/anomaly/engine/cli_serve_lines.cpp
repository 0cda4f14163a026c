// `dovetail serve` fed a hundred thousand broken lines with honest ones among them: an answer each, nothing lost.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include <nlohmann/json.hpp>

#include <dovetail/spaces/space/random.hpp>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

const char* const space =
    "parameters:\n"
    "  - {name: x, kind: real, low: 0, high: 1}\n"
    "  - {name: flow, kind: categorical, values: [ws, os]}\n"
    "goal: {objectives: [{metric: f}]}\n";

// A line that is no request: cut short, garbled, or the wrong thing.
std::string broken_line(dovetail::Random& random) {
  static const std::vector<std::string> seeds{R"({"ask": 1})", R"({"tell": [{"id": 0, "metrics": {"f": 0.25}}]})",
                                              R"({"tell": [{"id": 1, "failed": "x"}]})"};
  static const std::string letters = "{}[]\",:0123456789eE+-.aksteluinfdNI\\ \t\x01\x7f\xff\xc3\xa9";
  std::string line = seeds[random.below(seeds.size())];
  const std::uint64_t kind = random.below(3);
  if (kind == 0) return line.substr(0, 1 + random.below(line.size() - 1));
  if (kind == 1) return line.replace(random.below(2), 1, "?");
  line = "!";
  for (std::uint64_t k = random.below(60); k > 0; --k) line += letters[random.below(letters.size())];
  return line;
}

std::vector<Json> answers(const std::string& text) {
  std::vector<Json> result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) result.push_back(Json::parse(line));
  return result;
}

}  // namespace

TEST_CASE("a hundred thousand broken lines") {
  const Folder folder;
  const std::string document = folder.write("space.yaml", space), store = folder.file("s.db");
  dovetail::Random random(11);
  std::string input;
  constexpr int lines = 100000, honest = 20;
  for (int i = 0; i < honest; ++i) {
    for (int k = 0; k < lines / honest; ++k) input += broken_line(random) + "\n";
    input += "{\"ask\": 1}\n{\"tell\": [{\"id\": " + std::to_string(i) +
             ", \"metrics\": {\"f\": " + std::to_string(100 - i) + "}}]}\n";
  }
  const Outcome outcome = run(folder, {"serve", document, "--designer", "random", "--store", store}, input);
  CHECK(outcome.code == 0);
  const std::vector<Json> replies = answers(outcome.out);
  REQUIRE(replies.size() == static_cast<std::size_t>(lines + 2 * honest));
  CHECK(std::count_if(replies.begin(), replies.end(), [](const Json& reply) { return reply.contains("error"); }) ==
        lines);

  const Outcome again =
      run(folder, {"serve", document, "--designer", "random", "--store", store, "--resume"}, "{\"tell\": []}\n");
  const std::vector<Json> best = answers(again.out);
  REQUIRE(best.size() == 1);
  CHECK(best[0]["best"]["id"] == honest - 1);
  CHECK(best[0]["best"]["metrics"]["f"] == 100 - (honest - 1));

  // The session is a related study of the next: its best point is asked first, also after a resume.
  const std::string next = folder.file("next.db");
  const Outcome first = run(folder, {"serve", document, "--related", store, "--store", next}, "{\"ask\": 1}\n");
  CHECK(first.code == 0);
  CHECK(answers(first.out).at(0)["trials"][0]["point"] == best[0]["best"]["point"]);
  CHECK(run(folder, {"serve", document, "--related", store, "--store", next, "--resume"}, "{\"ask\": 1}\n").code == 0);
  CHECK(run(folder, {"serve", document, "--store", next, "--resume"}, "{\"ask\": 1}\n").code == 6);
}
