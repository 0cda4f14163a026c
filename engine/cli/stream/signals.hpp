// SIGINT and SIGTERM: the first asks the work to end at the next safe place, the second ends at once.
#pragma once

namespace dovetail::cli {

/// Installs the handlers.
void watch_signals();

/// Whether a signal has asked us to stop.
bool interrupted();

/// 130 or 143 after a signal, 0 without one.
int interrupt_exit_code();

}  // namespace dovetail::cli
