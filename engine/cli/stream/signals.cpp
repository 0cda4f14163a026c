// SIGINT and SIGTERM: the first sets a flag and ends a wait for input, the second meets the system's own handler.
#include "signals.hpp"

#include <csignal>

namespace dovetail::cli {
namespace {

volatile std::sig_atomic_t caught = 0;

extern "C" void remember(int signal) {
  caught = signal;
}

}  // namespace

void watch_signals() {
  struct sigaction action = {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESETHAND;  // without SA_RESTART: reading a line gives up
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
  return caught != 0;
}

int interrupt_exit_code() {
  return caught == 0 ? 0 : 128 + caught;
}

}  // namespace dovetail::cli
