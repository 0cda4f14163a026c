// SIGINT and SIGTERM: the first sets a flag, the second meets the system's own handler.
#include "signals.hpp"

#include <csignal>

namespace dovetail::cli {
namespace {

volatile std::sig_atomic_t caught = 0;

extern "C" void remember(int signal) {
  caught = signal;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void watch_signals() {
  std::signal(SIGINT, remember);
  std::signal(SIGTERM, remember);
}

bool interrupted() {
  return caught != 0;
}

int interrupt_exit_code() {
  return caught == 0 ? 0 : 128 + caught;
}

}  // namespace dovetail::cli
