// Parallel loops: every index once, nested loops, the exception of the lowest index.
#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include <dovetail/workloads/parallel.hpp>

using namespace dovetail;

TEST_CASE("every index runs exactly once, for any number of threads") {
  for (const int threads : {0, 1, 2, 7}) {
    std::vector<int> hits(1000, 0);
    parallel_for(hits.size(), threads, [&](std::size_t i) { ++hits[i]; });
    CHECK(hits == std::vector<int>(1000, 1));
  }
  parallel_for(0, 2, [](std::size_t) { FAIL("there is nothing to do"); });
}

TEST_CASE("nested loops write to their own slots") {
  std::vector<std::vector<int>> table(8, std::vector<int>(50, 0));
  parallel_for(table.size(), 3, [&](std::size_t i) {
    parallel_for(table[i].size(), 3, [&](std::size_t j) { table[i][j] = static_cast<int>(i * 100 + j); });
  });
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (std::size_t j = 0; j < table[i].size(); ++j) REQUIRE(table[i][j] == static_cast<int>(i * 100 + j));
  }
}

TEST_CASE("the exception of the lowest index arrives after all work ended") {
  for (const int threads : {1, 4}) {
    std::atomic<int> done{0};
    std::string what;
    try {
      parallel_for(100, threads, [&](std::size_t i) {
        ++done;
        if (i % 10 == 7) throw std::runtime_error(std::to_string(i));
      });
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    CHECK(what == "7");
    CHECK(done == 100);
  }
}
