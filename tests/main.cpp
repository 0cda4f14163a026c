// The main function shared by every test program. It ends with 77, which CTest calls skipped, when all that ran passed
// and something could not be checked.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "support/reference_data.hpp"

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int code = context.run();
  if (context.shouldExit() || code != 0 || dovetail::testing::skipped_checks == 0) return code;
  return dovetail::testing::skipped_exit;
}
