// What every store promises, whatever it is kept in.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <string>

#include <dovetail/engine/record/store.hpp>

namespace dovetail::testing {

inline StudyRecord contract_study() {
  return {{{"objective", "edp"}, {"seed", "1"}}, {{"command", "optimize"}}};
}

inline StoredTrial contract_trial(std::int64_t id, double value) {
  return {{id, {{0.1, 3.0}}, TrialState::completed, {{"edp", value}}, ""}, 0.5, "{\"a\":1}"};
}

/// `address` gives the address of a store that does not exist yet, a new one for every name.
inline void check_store(const std::function<std::string(const std::string& name)>& address) {
  SUBCASE("what was put comes back to the bit, also while it is being written") {
    const auto store = open_store(address("bits"), contract_study(), false);
    store->put(contract_trial(1, 1.0 / 3.0));
    store->put({{0, {{-0.0, 1e300}}, TrialState::failed, {}, "no mapping: \"x\"\n\u00b5; DROP TABLE trial --'"},
                1e-7 / 3.0,
                ""});
    store->put({{-7, {{5e-324, 0.1}}, TrialState::completed, {{"edp", 1.7976931348623157e308}}, ""},
                0.0,
                "{\"text\":\"\\u0000\"}"});
    store->put_event("first");
    store->put_event("{\"second\":\"'\\\\\"}");
    const auto reader = read_store(address("bits"));
    const std::vector<StoredTrial> trials = reader->trials();
    REQUIRE(trials.size() == 3);
    CHECK(trials[0].trial.id == -7);
    CHECK(trials[0].trial.point.numbers[0] == 5e-324);
    CHECK(trials[0].trial.metrics.at("edp") == 1.7976931348623157e308);
    CHECK(trials[0].detail == "{\"text\":\"\\u0000\"}");
    CHECK(trials[1].trial.reason == "no mapping: \"x\"\n\u00b5; DROP TABLE trial --'");
    CHECK(trials[1].trial.state == TrialState::failed);
    CHECK(std::signbit(trials[1].trial.point.numbers[0]));
    CHECK(trials[1].trial.point.numbers[1] == 1e300);
    CHECK(trials[1].seconds == 1e-7 / 3.0);
    CHECK(trials[2].trial.metrics.at("edp") == 1.0 / 3.0);
    CHECK(trials[2].detail == "{\"a\":1}");
    CHECK(reader->events() == std::vector<std::string>{"first", "{\"second\":\"'\\\\\"}"});
    CHECK(reader->record().identity == contract_study().identity);
    CHECK(reader->record().information.at("command") == "optimize");
    CHECK(reader->trial(1)->trial.metrics == trials[2].trial.metrics);
    CHECK_FALSE(reader->trial(7).has_value());
  }
  SUBCASE("a change adds, replaces and appends at once") {
    const auto store = open_store(address("change"), contract_study(), false);
    store->put(StoreChange{
        {contract_trial(0, 1), contract_trial(1, 2)}, {{"header", "{}"}, {"command", "other"}}, {"one", "two"}});
    store->put(StoreChange{{contract_trial(1, 5)}, {{"header", "[]"}}, {"three"}});
    const auto reader = read_store(address("change"));
    CHECK(reader->trials().size() == 2);
    CHECK(reader->trial(1)->trial.metrics.at("edp") == 5.0);
    CHECK(reader->record().information == std::map<std::string, std::string>{{"command", "other"}, {"header", "[]"}});
    CHECK(store->record().information == reader->record().information);
    CHECK(reader->events() == std::vector<std::string>{"one", "two", "three"});
  }
  SUBCASE("an existing study is not touched without resume, and only its own settings resume it") {
    open_store(address("held"), contract_study(), false)->put(contract_trial(0, 1));
    CHECK_THROWS_WITH_AS(open_store(address("held"), contract_study(), false), doctest::Contains("--resume"),
                         StorageError);
    StudyRecord other = contract_study();
    other.identity["seed"] = "2";
    other.identity["model"] = "cycle";
    CHECK_THROWS_WITH_AS(open_store(address("held"), other, true),
                         doctest::Contains("seed: the store has '1', this run asks '2'"), StorageError);
    CHECK_THROWS_WITH_AS(open_store(address("held"), other, true), doctest::Contains("model"), StorageError);
    CHECK(read_store(address("held"))->record().identity == contract_study().identity);
    StudyRecord same = contract_study();
    same.information["command"] = "another";
    const auto resumed = open_store(address("held"), same, true);
    CHECK(resumed->trials().size() == 1);
    resumed->put_event("goes on");
    CHECK(resumed->events().size() == 1);
  }
  SUBCASE("a missing or still empty store starts, with or without resume") {
    CHECK(open_store(address("missing"), contract_study(), true)->trials().empty());
    StudyRecord other = contract_study();
    other.identity["seed"] = "2";
    CHECK(open_store(address("missing"), other, false)->record().identity.at("seed") == "2");
    CHECK(read_store(address("missing"))->record().identity.at("seed") == "2");
    CHECK_THROWS_AS(read_store(address("nowhere")), StorageError);
  }
  SUBCASE("one writer at a time") {
    {
      const auto first = open_store(address("written"), contract_study(), false);
      CHECK_THROWS_WITH_AS(open_store(address("written"), contract_study(), true), doctest::Contains("another run"),
                           StorageError);
      first->put(contract_trial(0, 1));
    }
    CHECK(open_store(address("written"), contract_study(), true)->trials().size() == 1);
  }
}

}  // namespace dovetail::testing
