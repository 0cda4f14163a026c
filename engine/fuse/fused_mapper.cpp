// One network's best schedule (see the header).
#include <dovetail/engine/fuse/fused_mapper.hpp>

#include <fmt/format.h>

#include <dovetail/engine/fuse/schedule_search.hpp>

namespace dovetail {

FusedMapResult map_fused(const FusedMapRequest& request) {
  std::optional<KnownSchedule> best;
  return ScheduleSearch(request).solve(best);
}

std::string group_name(const FusedStep& step) {
  return fmt::format("{}-{} nb={}{} {}", step.first, step.last, step.bands, step.pinned ? " pinned" : "",
                     step.retain ? "retain" : "recompute");
}

}  // namespace dovetail
