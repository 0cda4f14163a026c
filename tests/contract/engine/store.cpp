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
  CHECK_THROWS_WITH_AS(open_store(path, other, true), doctest::Contains("seed: the store has '1', this run asks '2'"),
                       StorageError);
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
  CHECK_THROWS_WITH_AS(open_store(folder.file("a.db"), study, true), doctest::Contains("another run"), StorageError);
}

TEST_CASE("a change is recorded whole or not at all") {
  const Folder folder;
  const std::string path = folder.file("a.db");
  const auto store = open_store(path, study, false);
  store->put(StoreChange{{completed(0, 1), completed(1, 2)}, {{"header", "{}"}}, {"told both"}});
  // A failure in the middle: another connection takes the table of events away.
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, "ALTER TABLE events RENAME TO gone", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK_THROWS_AS(store->put(StoreChange{{completed(0, 5), completed(2, 3)}, {}, {"told"}}), StorageError);
  REQUIRE(sqlite3_exec(database, "ALTER TABLE gone RENAME TO events", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
  CHECK(store->trials().size() == 2);
  CHECK(store->trial(0)->trial.metrics.at("edp") == 1.0);
  store->put(completed(2, 3));  // the chain goes on where it was
  const auto reader = read_store(path);
  CHECK(reader->trials().size() == 3);
  CHECK(reader->record().information.at("header") == "{}");
  CHECK(reader->notes().empty());
}

namespace {

void edit(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

std::string finished(const Folder& folder) {
  const std::string path = folder.file("finished.db");
  const auto store = open_store(path, study, false);
  for (int i = 0; i < 40; ++i) {
    StoredTrial pending = completed(i, i);
    pending.trial.state = TrialState::pending;
    store->put(StoreChange{{pending}, {}, {"ask " + std::to_string(i)}});
    store->put(StoreChange{{completed(i, 1.0 / (i + 1))}, {}, {"tell " + std::to_string(i)}});
  }
  store->put_information("result", "done");
  return path;
}

}  // namespace

TEST_CASE("a writer that was killed before its log was there has lost nothing") {
  const Folder folder;
  const std::string path = folder.file("young.db");
  { const auto store = open_store(path, study, false); }
  {
    // The file says that a log is a part of it (offset 18 of SQLite's file format), and none was made yet.
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(18);
    file.write("\2\2", 2);
  }
  const auto again = open_store(path, study, true);
  CHECK(again->trials().empty());
  CHECK(again->notes().empty());
}

TEST_CASE("what was changed, removed or cut off is named") {
  struct Edit {
    const char *sql, *named;
  };
  for (const Edit& at : {
           Edit{"UPDATE trials SET metrics='{\"edp\":0.25}' WHERE id=17", "trial 17 "},
           Edit{"UPDATE trials SET seconds=0.25 WHERE id=3", "trial 3 "},
           Edit{"UPDATE trials SET id=99 WHERE id=5", "trial 5 is missing"},
           Edit{"DELETE FROM trials WHERE id=12", "trial 12 is missing"},
           Edit{"DELETE FROM trials WHERE id>=38", "trial 38 is missing; trial 39 is missing"},
           Edit{"UPDATE events SET text='tell 8' WHERE text='tell 7'", "event 16 "},
           Edit{"UPDATE identity SET value='2' WHERE name='seed'", "identity seed "},
           Edit{"UPDATE information SET value='never' WHERE name='result'", "information result "},
           Edit{"INSERT INTO information VALUES('baseline','{}')", "information baseline was never recorded"},
           Edit{"DELETE FROM chain WHERE position > 160; DELETE FROM information WHERE name='result'",
                "the last 4 of 164 records are missing, all after trial 39"},
           Edit{"UPDATE chain SET content=content+1 WHERE record='event 3'", "event 3 "},
           Edit{"DELETE FROM chain WHERE position=50", "record"},
           Edit{"DELETE FROM seal", "seal"},
           Edit{"UPDATE seal SET link=link+1", "seal"},
       }) {
    CAPTURE(at.sql);
    const Folder folder;
    const std::string path = finished(folder);
    CHECK(read_store(path)->trials().size() == 40);
    edit(path, at.sql);
    CHECK_THROWS_WITH_AS(read_store(path), doctest::Contains(at.named), StorageError);
    const std::string before = bytes(path);
    CHECK_THROWS_AS(open_store(path, study, true), StorageError);
    CHECK(bytes(path) == before);
  }
}

TEST_CASE("a flipped bit is told, or changes nothing") {
  const Folder folder;
  const std::string path = finished(folder), image = bytes(path), copy = folder.file("copy.db");
  const auto whole = read_store(path);
  const std::vector<StoredTrial> trials = whole->trials();
  const std::vector<std::string> events = whole->events();
  int told = 0;
  std::uint64_t state = 1;
  for (int flip = 0; flip < 400; ++flip) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    std::string changed = image;
    const std::size_t bit = static_cast<std::size_t>(state >> 20) % (8 * image.size());
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    std::ofstream(copy, std::ios::binary) << changed;
    try {
      const auto reader = read_store(copy);
      CAPTURE(bit);
      CHECK(reader->events() == events);
      CHECK(reader->record().identity == whole->record().identity);
      CHECK(reader->record().information == whole->record().information);
      const std::vector<StoredTrial> read = reader->trials();
      REQUIRE(read.size() == trials.size());
      for (std::size_t i = 0; i < read.size(); ++i) {
        CHECK(read[i].trial.metrics == trials[i].trial.metrics);
        CHECK(read[i].trial.point == trials[i].trial.point);
        CHECK(read[i].trial.state == trials[i].trial.state);
        CHECK(read[i].seconds == trials[i].seconds);
        CHECK(read[i].detail == trials[i].detail);
      }
    } catch (const StorageError&) {
      ++told;
    }
  }
  CHECK(told > 30);  // most of a small file is space that nothing uses
}

TEST_CASE("a store of the first schema opens, says that it has no checksums, and goes on") {
  const Folder folder;
  const std::string path = folder.file("old.db");
  edit(path,
       "CREATE TABLE identity(name TEXT PRIMARY KEY, value TEXT NOT NULL);"
       "CREATE TABLE information(name TEXT PRIMARY KEY, value TEXT NOT NULL);"
       "CREATE TABLE trials(id INTEGER PRIMARY KEY, state TEXT NOT NULL, point TEXT NOT NULL, metrics TEXT NOT NULL,"
       " reason TEXT NOT NULL, seconds REAL NOT NULL, detail TEXT NOT NULL);"
       "CREATE TABLE events(id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL);"
       "INSERT INTO identity VALUES('objective','edp'),('seed','1');"
       "INSERT INTO trials VALUES(0,'completed','[0.5]','{\"edp\":2.0}','',0.0,'');"
       "PRAGMA application_id=1146506324; PRAGMA user_version=1");
  CHECK(read_store(path)->trials().size() == 1);
  REQUIRE(read_store(path)->notes().size() == 1);
  CHECK(read_store(path)->notes()[0].find("checksums") != std::string::npos);
  open_store(path, study, true)->put(completed(1, 1));
  CHECK(read_store(path)->trials().size() == 2);
}

TEST_CASE("a copy without the log of a store in work is not taken for an empty one") {
  const Folder folder;
  const std::string path = folder.file("a.db"), copy = folder.file("copy.db");
  const auto store = open_store(path, study, false);
  for (int i = 0; i < 5; ++i) store->put(completed(i, i));
  std::filesystem::copy_file(path, copy);
  CHECK_THROWS_WITH_AS(read_store(copy), doctest::Contains("copy.db-wal"), StorageError);
  CHECK_THROWS_WITH_AS(open_store(copy, study, true), doctest::Contains("copy.db-wal"), StorageError);
  // With the log it is whole.
  std::filesystem::copy_file(path + "-wal", copy + "-wal");
  CHECK(read_store(copy)->trials().size() == 5);
  // Part of it came through: that more may be missing is said.
  const std::string part = folder.file("part.db");
  edit(path, "PRAGMA wal_checkpoint(FULL)");
  std::filesystem::copy_file(path, part);
  CHECK(read_store(part)->trials().size() == 5);
  REQUIRE(read_store(part)->notes().size() == 1);
  CHECK(read_store(part)->notes()[0].find("may be missing") != std::string::npos);
}

TEST_CASE("foreign, damaged, newer and impossible files are told apart and left alone") {
  const Folder folder;
  const std::string text = folder.file("text.db");
  std::ofstream(text)
      << "this is a shopping list, and it is longer than the header of a database file would have to be\n";
  const std::string before = bytes(text);
  CHECK_THROWS_WITH_AS(open_store(text, study, true), doctest::Contains("not a Dovetail store"), StorageError);
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
