// How far a study is, for whoever waits.
#pragma once

#include <cstdint>
#include <string>

#include <dovetail/engine/report/text/duration.hpp>
#include <dovetail/engine/verbs/answer.hpp>

namespace dovetail::verbs {

/// "12/40 trials  3.1/s  BEST  9 s left", told where somebody listens.
inline void tell_trials(const Asking& asking, std::int64_t done, std::int64_t total, double seconds,
                        const std::string& best) {
  if (!asking.progress) return;
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  const double left = rate > 0 ? static_cast<double>(total - done) / rate : 0;
  asking.progress(static_cast<double>(done), static_cast<double>(total),
                  fmt::format("{}/{} trials  {:.2g}/s  {}  {} left", done, total, rate, best, duration(left)));
}

}  // namespace dovetail::verbs
