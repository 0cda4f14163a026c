// What leaves the program: a result that does not arrive is never exit 0, files are whole or not there, and nothing of
// a user's names is obeyed by a terminal or a spreadsheet.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

const std::string examples = std::string(DOVETAIL_SOURCE_DIR) + "/tests/examples/";
const std::string search = " --workload mlp --family eyeriss --mapper random --budget 20 --designer random --trials 2 ";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A terminal obeys these bytes and characters; a line end and a tab it may.
bool is_harmless(const std::string& text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) return false;
  }
  for (const char* mark : {"\u202e", "\u2066", "\u200f", "\u061c", "\u009b", "\u0085"})
    if (has(text, mark)) return false;
  return true;
}

const char* const names = R"yaml(schema: dovetail-workload/1
name: "net \e[31m\u202e"
source: "a \u009b31m"
layers:
- {name: "bell\a and \e]0;title\a", matmul: 4x4 * 4x4}
- {name: "=1+1", matmul: 4x4 * 4x2}
- {name: "\u2066@SUM(A1)", matmul: 4x2 * 2x2}
- {name: " +A1", matmul: 2x2 * 2x2}
- {name: "tab\tand\nline", matmul: 2x4 * 4x2}
)yaml";

}  // namespace

TEST_CASE("a full device or a closed stdout is exit 6 with the reason, for every command and form") {
  const Folder folder;
  folder.write("space.yaml",
               "parameters: [{name: x, kind: integer, low: 1, high: 9}]\ngoal: {objectives: [{metric: c}]}\n");
  folder.write("rows.csv", "a,b\n");
  REQUIRE(shell(folder, "\"$D\" optimize" + search + "--store s.db").code == 0);
  const std::string design = "'" + examples + "design.yaml' ";
  std::vector<std::string> lines = {
      "--help",
      "--version",
      "map --help",
      "evaluate " + design,
      "evaluate " + design + "--format json",
      "evaluate " + design + "--format csv",
      "evaluate " + design + "--dry-run",
      "map " + design + "--mapper random --budget 20",
      "map " + design + "--mapper random --budget 20 --format jsonl",
      "optimize" + search,
      "optimize" + search + "--format json",
      "optimize" + search + "--dry-run",
      "sweep" + search + "--hold --grid hw.pe_x=12,14",
      "sweep" + search + "--hold --grid hw.pe_x=12,14 --format csv",
      "sweep" + search + "--hold --grid hw.pe_x=12,14 --format jsonl",
      "describe mlp",
      "describe eyeriss --format json",
      "report s.db",
      "report s.db --format csv",
      "explain " + design,
      "convert mlp",
      "convert --schema study",
      "completions bash",
      "completions man",
  };
  for (const std::string& line : lines) {
    CAPTURE(line);
    const Outcome full = shell(folder, "\"$D\" " + line + " >/dev/full");
    CHECK(full.code == 6);
    CHECK(has(full.err, "stdout: cannot be written: No space left on device"));
  }
  for (const char* line : {"describe mlp", "convert mlp --format json"}) {
    const Outcome closed = shell(folder, std::string("\"$D\" ") + line + " >&-");
    CHECK(closed.code == 6);
    CHECK(has(closed.err, "stdout: cannot be written"));
  }
  CHECK(shell(folder, "echo '{\"ask\": 1}' | \"$D\" serve space.yaml --designer random >/dev/full").code == 6);
  CHECK(shell(folder, "tr '\\n' ' ' <" + design + " | \"$D\" evaluate - >/dev/full").code == 6);
  // Who cannot be told is not told; the result is there.
  const Outcome deaf = shell(folder, "\"$D\" describe mlp 2>/dev/full");
  CHECK(deaf.code == 0);
  CHECK(has(deaf.out, "workload mlp"));
}

TEST_CASE("a store is never what a closed stdout was") {
  const Folder folder;
  const Outcome outcome = shell(folder, "\"$D\" optimize" + search + "--store s.db >&-");
  CHECK(outcome.code == 6);
  CHECK(run(folder, {"report", folder.file("s.db")}).code == 0);
}

TEST_CASE("files are written whole, or not at all and with exit 6") {
  const Folder folder;
  const std::string map = "\"$D\" map --workload mlp --architecture eyeriss --mapper random --budget 20 ";
  CHECK(shell(folder, map + "--out /dev/null/nowhere").code == 6);
  const Outcome limited = shell(folder, "ulimit -f 1; " + map + "--out files >/dev/null");
  CHECK(limited.code == 6);
  CHECK(has(limited.err, "files/"));
  for (const auto& entry : std::filesystem::directory_iterator(folder.file("files"))) {
    CAPTURE(entry.path().string());
    const std::string text = read(entry.path().string());
    REQUIRE(!text.empty());
    CHECK(text.back() == '\n');
    if (entry.path().extension() == ".json") CHECK(Json::accept(text));
    CHECK((entry.path().extension() == ".json" || entry.path().extension() == ".txt"));
  }
  REQUIRE(shell(folder, "\"$D\" optimize" + search + "--store s.db").code == 0);
  const Outcome page = shell(folder, "\"$D\" report s.db --html /dev/full");
  CHECK(page.code == 6);
  CHECK(has(page.err, "/dev/full: cannot be written"));
  CHECK(std::filesystem::is_character_file("/dev/full"));
  CHECK(shell(folder, "ulimit -f 1; \"$D\" report s.db --html page.html").code == 6);
  CHECK(!std::filesystem::exists(folder.file("page.html")));
}

TEST_CASE("names never reach a terminal as commands, nor a spreadsheet as formulas") {
  const Folder folder;
  const std::string file = folder.write("names.yaml", names);
  const std::string map = "\"$D\" map --workload names.yaml --architecture eyeriss --mapper random --budget 20 ";
  for (const char* form : {"text", "csv", "json", "jsonl"}) {
    CAPTURE(form);
    const Outcome mapped = shell(folder, map + "--out files-" + form + " --format " + form);
    CHECK(is_harmless(mapped.out));
    CHECK(is_harmless(mapped.err));
  }
  const Outcome csv = shell(folder, map + "--format csv");
  for (const char* start : {"\n=", "\n@", "\n+", "\n +"}) {
    CAPTURE(start);
    CHECK(!has(csv.out, start));
  }
  CHECK(has(csv.out, "\n'=1+1,"));
  for (const char* command : {"\"$D\" describe names.yaml", "\"$D\" describe names.yaml --format json",
                              "\"$D\" convert names.yaml", "\"$D\" convert names.yaml --to yaml"}) {
    CAPTURE(command);
    const Outcome outcome = shell(folder, command);
    CHECK(outcome.code == 0);
    CHECK(is_harmless(outcome.out));
  }
  // The same document, whatever it looks like.
  const Outcome yaml = shell(folder, "\"$D\" convert names.yaml --to yaml");
  folder.write("again.yaml", yaml.out);
  CHECK(Json::parse(shell(folder, "\"$D\" convert names.yaml --to json").out) ==
        Json::parse(shell(folder, "\"$D\" convert again.yaml --to json").out));
  const Outcome wrong = run(folder, {"describe", "no\x1b[31m such \u202e file"});
  CHECK(wrong.code == 3);
  CHECK(is_harmless(wrong.err));
  // Reasons of a user's simulator are names as well.
  folder.write("rude.sh", "while read -r line; do printf '%s\\n' '{\"failed\": \"\\u001b[2J \\u202e=1+1\"}'; done\n");
  const Outcome rude =
      shell(folder, "\"$D\" sweep" + search + "--hold --grid hw.pe_x=12 --format csv --evaluator 'sh rude.sh'");
  CHECK(is_harmless(rude.out));
  CHECK(is_harmless(rude.err));
}

TEST_CASE("one rule for stdout: text, unless --format says otherwise; lines in are answered with lines") {
  const Folder folder;
  const std::string design = "'" + examples + "design.yaml' ";
  for (const std::string& line : {"evaluate " + design, "map " + design + "--mapper random --budget 20",
                                  "sweep" + search + "--hold --grid hw.pe_x=12,14", "optimize" + search,
                                  std::string("describe mlp"), "explain " + design}) {
    CAPTURE(line);
    const Outcome text = shell(folder, "\"$D\" " + line);
    CHECK(text.code == 0);
    CHECK(!Json::accept(text.out));
    const Outcome json = shell(folder, "\"$D\" " + line + " --format json");
    CHECK(json.code == 0);
    CHECK(Json::accept(json.out));
  }
  const Json rows =
      Json::parse(shell(folder, "\"$D\" sweep" + search + "--hold --grid hw.pe_x=12,14 --format json").out);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1]["best"]["hw.pe_x"] == 14);
  const Outcome lines = shell(folder, "\"$D\" convert " + design + "--format jsonl | \"$D\" evaluate -");
  CHECK(lines.code == 0);
  CHECK(Json::parse(lines.out)["valid"] == true);
}

TEST_CASE("an option that means nothing to a command is refused") {
  const Folder folder;
  const std::string design = "'" + examples + "design.yaml' ";
  for (const std::string& line : std::vector<std::string>{
           "evaluate " + design + "--seed 3", "evaluate " + design + "--out d", "describe mlp --format csv",
           "describe mlp --out d", "convert mlp --seed 1", "convert mlp --to json --format json",
           "map " + design + "--candidates 3", "map " + design + "--dataflow baseline",
           "map " + design + "--nests --format json", "explain " + design + "--out d",
           "optimize" + search + "--evaluator-timeout 3", "completions bash --format json",
           std::string("report s.db --html p.html --format json"), std::string("evaluate - --format csv")}) {
    CAPTURE(line);
    const Outcome outcome = shell(folder, "\"$D\" " + line);
    CHECK(outcome.code == 2);
    CHECK(has(outcome.err, "error: "));
  }
}

TEST_CASE("the cycle model's timeline is written where it is asked for") {
  const Folder folder;
  const Outcome outcome = run(folder, {"evaluate", examples + "design.yaml", "--model", "cycle", "--out", "d"});
  REQUIRE(outcome.code == 0);
  CHECK(Json::parse(read(folder.file("d/trace.json"))).contains("traceEvents"));
}

TEST_CASE("a mistake gets the hint that its user needs") {
  const Folder folder;
  REQUIRE(shell(folder, "\"$D\" optimize" + search + "--store s.db").code == 0);
  const Outcome store = run(folder, {"describe", "s.db"});
  CHECK(store.code == 3);
  CHECK(has(store.err, "dovetail report"));
  const Outcome pretty =
      shell(folder, "\"$D\" convert '" + examples + "design.yaml' --format json | \"$D\" evaluate -");
  CHECK(pretty.code == 3);
  CHECK(has(pretty.err, "one document per line"));
  folder.write("e.yaml", "name: n\nlayers:\n- {einsum: \"nc,kc->nk\", dims: {n: 4, c: 4, k: 4}}\n");
  CHECK(has(run(folder, {"describe", "e.yaml"}).err, "'O[n,k] += A[n,c] * B[k,c]'"));
  folder.write("u.yaml", "name: n\nlayers:\n- {einsum: \"Ö[ß] += Ä[ß] * Ü[ß]\", dims: {ß: 4}}\n");
  const Outcome letters = run(folder, {"describe", "u.yaml"});
  CHECK(letters.code == 3);
  CHECK(has(letters.err, "names are letters a to z"));
  CHECK(Json(letters.err).dump().find("\\ufffd") == std::string::npos);
  const Outcome setting =
      run(folder, {"optimize", "--workload", "mlp", "--family", "eyeriss", "--dry-run", "--set", "hw.global_wrds=3"});
  CHECK(has(setting.err, "'hw.global_words'"));
  CHECK(
      has(run(folder, {"optimize", "--workload", "mlp", "--family", "eyeriss", "--dry-run", "--set", "hw.zzzz=3"}).err,
          "settings are hw.pes, hw.pe_words, hw.global_words"));
}
