// What a job of a co-design study gives: a design, and the trial with the texts that its record keeps.
#pragma once

#include <functional>
#include <optional>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/record/queue.hpp>

namespace dovetail {

struct JobOutcome {
  StoredTrial record;
  DesignPoint design;
};

/// The outcome of a job on so many threads; it does not depend on them. None when stopped.
std::optional<JobOutcome> evaluate_job(const Codesign& codesign, const Job& job, int threads,
                                       const std::function<bool()>& stop);

}  // namespace dovetail
