// Messages: collected, located, and with the nearest right word.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <dovetail/workloads/text/diagnostics.hpp>

using namespace dovetail;

TEST_CASE("the nearest word is found by edit distance") {
  const std::vector<std::string> words = {"kernel", "stride", "pad", "groups", "P"};
  CHECK(nearest("kernal", words) == "kernel");
  CHECK(nearest("stirde", words) == "stride");
  CHECK(nearest("KERNEL", words) == "kernel");
  CHECK_FALSE(nearest("banana", words));
  CHECK_FALSE(nearest("", words));
  CHECK_FALSE(nearest("x", words));
  CHECK_FALSE(nearest(std::string(100000, 'a'), words));
  CHECK(suggestion("pda", words) == "; did you mean 'pad'?");
  CHECK(suggestion("zzz", words) == ", allowed are 'kernel', 'stride', 'pad', 'groups', 'P'");
}

TEST_CASE("all messages of an input arrive together") {
  Diagnostics diagnostics;
  CHECK_NOTHROW(diagnostics.raise());
  diagnostics.note({"f", 9, 1}, "a remark");
  CHECK_NOTHROW(diagnostics.raise());
  diagnostics.error({"f", 3, 5}, "first");
  diagnostics.error({"f", 0, 0, "/a/0"}, "second");
  try {
    diagnostics.raise();
    FAIL("no error");
  } catch (const InputError& error) {
    CHECK(error.diagnostics().size() == 2);
    CHECK(std::string(error.what()) == "f:3:5: first\nf:#/a/0: second");
  }
  CHECK(diagnostics.notes().size() == 1);
  CHECK(to_string(diagnostics.notes()[0]) == "f:9:1: note: a remark");
}

TEST_CASE("a flood of mistakes is counted, not printed") {
  Diagnostics diagnostics;
  for (int i = 0; i < 1000; ++i) diagnostics.error({"f", i + 1, 1}, "wrong");
  try {
    diagnostics.raise();
  } catch (const InputError& error) {
    CHECK(error.diagnostics().size() == Diagnostics::max_messages + 1);
    CHECK(error.diagnostics().back().message == "and 800 more mistakes");
  }
}

TEST_CASE("words of the user are repeated safely") {
  CHECK(quote("a\nb") == "'a\\x0ab'");
  CHECK(quote(std::string(1000, 'x')).size() < 80);
}
