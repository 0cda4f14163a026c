// The gallery: a short study document per published system, as a new user would run it.
#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include <nlohmann/json.hpp>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

TEST_CASE("every document of the gallery runs and finds a design") {
  const Folder folder;
  std::set<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(DOVETAIL_SOURCE_DIR) + "/tests/examples/gallery"))
    files.insert(entry.path().string());
  REQUIRE(files.size() >= 6);
  for (const std::string& file : files) {
    CAPTURE(file);
    const Outcome outcome = run(folder, {"optimize", file, "--format", "json"});
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(Json::parse(outcome.out)["best"].is_object());
    CHECK(run(folder, {"describe", file}).code == 0);
  }
}
