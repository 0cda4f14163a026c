#include <dovetail/accelerators/machine/architecture.hpp>

#include <fmt/format.h>

#include <cmath>
#include <set>

#include <dovetail/workloads/limits.hpp>

namespace dovetail {

std::int64_t fanout_x(const Architecture& architecture, int level) {
  const std::int64_t inner = level == 0 ? architecture.compute.mesh_x : architecture.levels[level - 1].mesh_x;
  return inner / architecture.levels[level].mesh_x;
}

std::int64_t fanout_y(const Architecture& architecture, int level) {
  const std::int64_t inner = level == 0 ? architecture.compute.mesh_y : architecture.levels[level - 1].mesh_y;
  return inner / architecture.levels[level].mesh_y;
}

std::optional<std::int64_t> usable_capacity(const Level& level) {
  if (!level.capacity_words) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(static_cast<double>(*level.capacity_words) / level.multiple_buffering));
}

double area_um2(const Architecture& architecture) {
  double total = architecture.compute.area_per_instance_um2 * static_cast<double>(architecture.compute.instances);
  for (const Level& level : architecture.levels) {
    total += level.area_per_instance_um2 * static_cast<double>(level.instances);
  }
  return total;
}

double idle_pj_per_cycle(const Level& level) {
  return level.energy.idle_pj_per_cycle * static_cast<double>(level.instances);
}

double idle_pj_per_cycle(const Compute& compute) {
  return compute.idle_pj_per_cycle * static_cast<double>(compute.instances);
}

double idle_pj_per_cycle(const Architecture& architecture) {
  double total = idle_pj_per_cycle(architecture.compute);
  for (const Level& level : architecture.levels) total += idle_pj_per_cycle(level);
  return total;
}

int find_level(const Architecture& architecture, std::string_view name) {
  for (std::size_t i = 0; i < architecture.levels.size(); ++i) {
    if (architecture.levels[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

std::vector<std::string> check(const Architecture& architecture) {
  std::vector<std::string> wrong;
  auto require = [&](bool holds, std::string_view format, const auto&... arguments) {
    if (!holds) wrong.push_back(fmt::vformat(format, fmt::make_format_args(arguments...)));
  };
  require(!architecture.levels.empty(), "the architecture has no storage levels");
  require(architecture.levels.size() <= max_levels, "{} storage levels, allowed are {}", architecture.levels.size(),
          max_levels);
  const Compute& compute = architecture.compute;
  require(compute.mesh_x >= 1 && compute.mesh_y >= 1 && compute.instances == compute.mesh_x * compute.mesh_y,
          "{}: {} instances, but mesh_x x mesh_y = {} x {}", compute.name, compute.instances, compute.mesh_x,
          compute.mesh_y);
  std::set<std::string> names;
  std::int64_t inner_x = compute.mesh_x, inner_y = compute.mesh_y;
  for (const Level& level : architecture.levels) {
    require(!level.name.empty(), "a level has no name");
    require(names.insert(level.name).second, "level {} is named twice", level.name);
    require(level.mesh_x >= 1 && level.mesh_y >= 1 && level.instances == level.mesh_x * level.mesh_y,
            "{}: {} instances, but mesh_x x mesh_y = {} x {}", level.name, level.instances, level.mesh_x, level.mesh_y);
    require(level.mesh_x < 1 || inner_x % level.mesh_x == 0, "{}: mesh_x {} does not divide the inner mesh_x {}",
            level.name, level.mesh_x, inner_x);
    require(level.mesh_y < 1 || inner_y % level.mesh_y == 0, "{}: mesh_y {} does not divide the inner mesh_y {}",
            level.name, level.mesh_y, inner_y);
    require(!level.capacity_words || *level.capacity_words >= 0, "{}: capacity_words {} is negative", level.name,
            level.capacity_words.value_or(0));
    require(level.block_size >= 1, "{}: block_size {} is below 1", level.name, level.block_size);
    require(level.cluster_size >= 1, "{}: cluster_size {} is below 1", level.name, level.cluster_size);
    require(level.multiple_buffering >= 1.0, "{}: multiple_buffering {} is below 1", level.name,
            level.multiple_buffering);
    for (const auto& bandwidth : {level.read_bandwidth, level.write_bandwidth, level.shared_bandwidth}) {
      require(!bandwidth || *bandwidth > 0.0, "{}: a bandwidth of {} words per cycle", level.name,
              bandwidth.value_or(0.0));
    }
    require(level.gated_by.empty() || level.instances == compute.instances,
            "{}: gated_by, but an access of one of its {} instances may serve several of {} units", level.name,
            level.instances, compute.instances);
    inner_x = level.mesh_x;
    inner_y = level.mesh_y;
  }
  return wrong;
}

}  // namespace dovetail
