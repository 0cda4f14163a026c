// What the store promises: nothing lost, nothing overwritten, nothing guessed.
#include <doctest/doctest.h>

#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <dovetail/engine/record/store.hpp>

using namespace dovetail;

namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "dovetail-store-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const char* name) const { return (path / name).string(); }
};

std::string bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const StudyRecord study{{{"objective", "edp"}, {"seed", "1"}}, {{"command", "optimize"}}};

StoredTrial completed(std::int64_t id, double value) {
  return {{id, {{0.1, 3.0}}, TrialState::completed, {{"edp", value}}, ""}, 0.5, "{\"a\":1}"};
}

}  // namespace

TEST_CASE("what was put comes back to the bit, also while it is being written") {
  const Folder folder;
  const std::string path = folder.file("a.db");
  const auto store = open_store(path, study, false);
  store->put(completed(1, 1.0 / 3.0));
  store->put({{0, {{-0.0, 1e300}}, TrialState::failed, {}, "no mapping: \"x\"\n"}, 0.0, ""});
  store->put_event("first");
  store->put_event("second");
  const auto reader = read_store(path);
  const std::vector<StoredTrial> trials = reader->trials();
  REQUIRE(trials.size() == 2);
  CHECK(trials[0].trial.reason == "no mapping: \"x\"\n");
  CHECK(trials[0].trial.state == TrialState::failed);
  CHECK(trials[0].trial.point.numbers[1] == 1e300);
  CHECK(trials[1].trial.metrics.at("edp") == 1.0 / 3.0);
  CHECK(trials[1].detail == "{\"a\":1}");
  CHECK(reader->events() == std::vector<std::string>{"first", "second"});
  CHECK(reader->record().identity == study.identity);
  CHECK_FALSE(reader->trial(7).has_value());
}

TEST_CASE("an existing study is not touched without resume, and only its own settings resume it") {
  const Folder folder;
  const std::string path = folder.file("a.db");
  open_store(path, study, false)->put(completed(0, 1));
  const std::string before = bytes(path);
  CHECK_THROWS_WITH_AS(open_store(path, study, false), doctest::Contains("--resume"), StorageError);
  StudyRecord other = study;
  other.identity["seed"] = "2";
  other.identity["model"] = "cycle";
  CHECK_THROWS_WITH_AS(open_store(path, other, true),
                       doctest::Contains("seed: the store has '1', this run asks '2'"), StorageError);
  CHECK_THROWS_WITH_AS(open_store(path, other, true), doctest::Contains("model"), StorageError);
  CHECK(bytes(path) == before);
  StudyRecord same = study;
  same.information["command"] = "another";
  CHECK(open_store(path, same, true)->trials().size() == 1);
}

TEST_CASE("a missing or still empty store starts, with or without resume") {
  const Folder folder;
  CHECK(open_store(folder.file("missing.db"), study, true)->trials().empty());
  std::ofstream(folder.file("zero.db")).flush();
  CHECK(open_store(folder.file("zero.db"), study, true)->trials().empty());
  open_store(folder.file("b.db"), study, false);
  StudyRecord other = study;
  other.identity["seed"] = "2";
  CHECK(open_store(folder.file("b.db"), other, false)->record().identity.at("seed") == "2");
  CHECK_THROWS_AS(read_store(folder.file("nowhere.db")), StorageError);
}

TEST_CASE("one writer at a time") {
  const Folder folder;
  const auto first = open_store(folder.file("a.db"), study, false);
  CHECK_THROWS_WITH_AS(open_store(folder.file("a.db"), study, true), doctest::Contains("another run"),
                       StorageError);
}

TEST_CASE("foreign, damaged, newer and impossible files are told apart and left alone") {
  const Folder folder;
  const std::string text = folder.file("text.db");
  std::ofstream(text)
      << "this is a shopping list, and it is longer than the header of a database file would have to be\n";
  const std::string before = bytes(text);
  CHECK_THROWS_WITH_AS(open_store(text, study, true), doctest::Contains("not a Dovetail store"),
                       StorageError);
  CHECK(bytes(text) == before);

  const std::string foreign = folder.file("foreign.db");
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(foreign.c_str(), &database) == SQLITE_OK);
  sqlite3_exec(database, "CREATE TABLE songs(name)", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  CHECK_THROWS_WITH_AS(open_store(foreign, study, true), doctest::Contains("another program"), StorageError);

  const std::string newer = folder.file("newer.db");
  open_store(newer, study, false)->put(completed(0, 1));
  REQUIRE(sqlite3_open(newer.c_str(), &database) == SQLITE_OK);
  sqlite3_exec(database, "PRAGMA user_version=99", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  CHECK_THROWS_WITH_AS(open_store(newer, study, true), doctest::Contains("schema 99"), StorageError);

  const std::string damaged = folder.file("damaged.db");
  {
    const auto store = open_store(damaged, study, false);
    for (int i = 0; i < 200; ++i) store->put(completed(i, i));
  }
  std::string image = bytes(damaged);
  for (std::size_t i = 4096; i < image.size(); ++i) image[i] = static_cast<char>(i * 31);
  std::ofstream(damaged, std::ios::binary) << image;
  CHECK_THROWS_AS(open_store(damaged, study, true), StorageError);
  std::ofstream(damaged, std::ios::binary) << image.substr(0, 6000);
  CHECK_THROWS_AS(open_store(damaged, study, true), StorageError);

  CHECK_THROWS_AS(open_store(folder.path.string(), study, false), StorageError);
  CHECK_THROWS_AS(open_store(folder.file("no/such/folder/a.db"), study, false), StorageError);
}
