// Seconds for timings: of one thread, of all threads of this process, and on the wall.
#pragma once

#include <ctime>

inline double clock_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Other programs on the machine do not count.
inline double thread_seconds() {
  return clock_seconds(CLOCK_THREAD_CPUTIME_ID);
}
inline double process_seconds() {
  return clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}
inline double wall_seconds() {
  return clock_seconds(CLOCK_MONOTONIC);
}
