// Every example of every `--help`, and every document that the README shows, is what it says: it runs.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/program.hpp"
#include "support/reference_data.hpp"

using namespace dovetail::testing;

namespace {

// The lines of an example that are commands of a shell.
std::vector<std::string> commands_in(const std::string& help) {
  std::vector<std::string> commands;
  const std::size_t start = help.find("Example:");
  if (start == std::string::npos) return commands;
  std::istringstream stream(help.substr(start));
  for (std::string line; std::getline(stream, line);) {
    line.erase(0, line.find_first_not_of(' '));
    for (const char* word : {"dovetail ", "echo ", "zcat ", "source "})
      if (line.rfind(word, 0) == 0) commands.push_back(line);
  }
  return commands;
}

// The blocks of a text in Markdown that are of a language: a fence opens one, the next closes it.
std::vector<std::string> blocks(const std::string& text, const std::string& language) {
  std::vector<std::string> found;
  std::istringstream stream(text);
  std::string block;
  bool inside = false, wanted = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind("```", 0) != 0) {
      if (wanted) block += line + "\n";
      continue;
    }
    if (inside && wanted) found.push_back(std::move(block));
    inside = !inside;
    wanted = inside && line == "```" + language;
    block.clear();
  }
  return found;
}

// The commands that a text quotes between backticks; those with a placeholder are forms, not commands.
std::vector<std::string> quoted_commands(const std::string& text) {
  std::vector<std::string> found;
  for (std::size_t at = 0; (at = text.find("`dovetail ", at)) != std::string::npos;) {
    const std::size_t end = text.find('`', at + 1);
    std::string command = text.substr(at + 1, end - at - 1);
    at = end + 1;
    const bool form = command.find("\xE2\x80\xA6") != std::string::npos || command.find('|') != std::string::npos;
    const bool words = std::count(command.begin(), command.end(), ' ') >= 2 && command.back() != '-';
    if (words && !form && command.find("COMMAND") == std::string::npos && command.find("STORE") == std::string::npos)
      found.push_back(std::move(command));
  }
  return found;
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string any_design() {
  std::string path;
  for (const auto& entry : std::filesystem::directory_iterator(reference_path("timeloop/cases")))
    if (path.empty() || entry.path().string() < path) path = entry.path().string();
  return read(path);
}

// Files with the names that examples have.
void write_files(const Folder& folder) {
  const std::string design = any_design();
  folder.write("design.yaml", design);
  folder.write("designs.jsonl", nlohmann::json::parse(design).dump() + "\n");
  folder.write("network.yaml", read(std::string(DOVETAIL_SOURCE_DIR) + "/tests/examples/network.yaml"));
  folder.write("study.yaml",
               "workload: mlp\nfamily: eyeriss\ntrials: 2\nmapper: random\nbudget: 50\ndesigner: random\n");
  folder.write("space.yaml",
               "parameters: [{name: x, kind: integer, low: 0, high: 9}]\ngoal: {objectives: [{metric: cost}]}\n");
  folder.write("pipeline.yaml", first_line(reference_path("nas/cases/pipelines.jsonl")));
  folder.write("cases.jsonl", first_line(reference_path("nas/cases/heterogeneous.jsonl")) + "\n");
  for (const char* line : {"$D convert dqn --to scalesim > topology.csv", "$D optimize study.yaml --store r18.db"})
    CHECK(shell(folder, line).code == 0);
  const std::string one = reference_path("dosa/rtl_one_design.csv.gz").string(),
                    designs = reference_path("dosa/rtl_designs.csv.gz").string();
  CHECK(shell(folder, "cp '" + one + "' . && zcat '" + one + "' > rows.csv && zcat '" + designs + "' > designs.csv")
            .code == 0);
}

// Why a line cannot be run to its end here; it must then still be right in its words.
bool lacks_something(const std::string& line) {
  for (const char* what : {"postgresql:", "net.onnx", "timeloop-mapper", "scale.cfg"})
    if (line.find(what) != std::string::npos) return true;
  return false;
}

// Searches say what they would do.
const char* const preamble =
    "dovetail() {\n"
    "  case \"$1 $2\" in\n"
    "    optimize*|sweep*|map*|calibrate*|\"place --workload\") \"$D\" \"$@\" --dry-run ;;\n"
    "    *) \"$D\" \"$@\" ;;\n"
    "  esac\n"
    "}\n"
    "set -o pipefail\n";

}  // namespace

TEST_CASE("every example of every --help runs") {
  const Folder folder;
  if (shell(folder, "bash -c 'zcat --version'").code != 0) {
    skip("no bash or no zcat here");
    return;
  }
  write_files(folder);
  const std::vector<std::string> commands = {"evaluate", "map",       "place",      "optimize", "sweep",
                                             "serve",    "describe",  "report",     "worker",   "explain",
                                             "convert",  "calibrate", "completions"};
  int ran = 0;
  for (const std::string& command : commands) {
    const std::vector<std::string> lines = commands_in(run(folder, {command, "--help"}).out);
    CAPTURE(command);
    CHECK(!lines.empty());
    for (const std::string& line : lines) {
      CAPTURE(line);
      if (line.find("| man ") != std::string::npos && shell(folder, "man --version").code != 0) continue;
      folder.write("example.bash", "D='" DOVETAIL_PROGRAM "'\n" + std::string(preamble) + line + "\n");
      const bool idle = line.find("dovetail worker") == 0;  // waits for its database
      const Outcome outcome = shell(folder, idle ? "timeout 5 bash example.bash" : "bash example.bash");
      CAPTURE(outcome.err);
      if (lacks_something(line))
        CHECK(outcome.code != 2);
      else
        CHECK(outcome.code == 0);
      ++ran;
    }
  }
  CHECK(ran >= 30);
}

TEST_CASE("every command that the README quotes runs") {
  const Folder folder;
  if (shell(folder, "bash -c true").code != 0) {
    skip("no bash here");
    return;
  }
  write_files(folder);
  CHECK(shell(folder, "$D optimize study.yaml --store dqn.db").code == 0);
  std::filesystem::create_directories(folder.path / "tests");
  std::filesystem::create_directory_symlink(std::string(DOVETAIL_SOURCE_DIR) + "/tests/examples",
                                            folder.path / "tests/examples");
  int ran = 0;
  for (const std::string& line : quoted_commands(read(std::string(DOVETAIL_SOURCE_DIR) + "/README.md"))) {
    CAPTURE(line);
    folder.write("example.bash", "D='" DOVETAIL_PROGRAM "'\n" + std::string(preamble) + line + "\n");
    const Outcome outcome = shell(folder, "bash example.bash");
    CAPTURE(outcome.err);
    if (lacks_something(line))
      CHECK(outcome.code != 2);
    else
      CHECK(outcome.code == 0);
    ++ran;
  }
  CHECK(ran >= 30);
}

TEST_CASE("every study that the README shows is read") {
  const Folder folder;
  const std::vector<std::string> studies = blocks(read(std::string(DOVETAIL_SOURCE_DIR) + "/README.md"), "yaml");
  CHECK(studies.size() >= 2);
  for (const std::string& study : studies) {
    CAPTURE(study);
    const Outcome outcome =
        run(folder, {"convert", folder.write("study.yaml", "schema: dovetail-study/1\n" + study), "--to", "json"});
    CAPTURE(outcome.err);
    CHECK(outcome.code == 0);
  }
}

TEST_CASE("what the README shows of the main job is what it prints") {
  const std::string readme = read(std::string(DOVETAIL_SOURCE_DIR) + "/README.md");
  const std::size_t at = readme.find("## What the main job prints");
  REQUIRE(at != std::string::npos);
  const std::vector<std::string> shown = blocks(readme.substr(at), "");
  REQUIRE(!shown.empty());
  const Folder folder;
  const Outcome plan =
      run(folder, {"optimize", "--workload", "resnet18", "--family", "eyeriss", "--trials", "30", "--dry-run"});
  CHECK(plan.code == 0);
  // The hand design's line is proven, so it is the same for every search.
  const Outcome hand = run(folder, {"map", "--workload", "resnet18", "--architecture", "eyeriss", "--format", "json"});
  REQUIRE(hand.code == 0);
  double energy = 0, cycles = 0;
  const nlohmann::json mapped = nlohmann::json::parse(hand.out);
  for (const auto& layer : mapped["layers"]) {
    energy += layer["count"].get<double>() * layer["best"]["energy_pj"].get<double>();
    cycles += layer["count"].get<double>() * layer["best"]["cycles"].get<double>();
  }
  char line[64];
  std::snprintf(line, sizeof line, "%.4e  %.4e", energy * cycles, energy);
  CAPTURE(line);
  CHECK(shown.front().find("hand design, freely mapped          " + std::string(line)) != std::string::npos);
}
