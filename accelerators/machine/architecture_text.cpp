// A machine as an architect reads it: a tree of memories with their figures in columns.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/machine/numbers_text.hpp>

namespace dovetail {
namespace {

using detail::figure;
using detail::thousands;

constexpr std::size_t columns = 6;
using Row = std::array<std::string, columns>;

// How many letters a text takes on the screen (UTF-8 continuation bytes take none).
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string instances_text(std::int64_t instances, std::int64_t x, std::int64_t y) {
  return instances == 1 ? "1" : fmt::format("{} ({} x {})", thousands(instances), x, y);
}

std::string bandwidth_text(const Level& level) {
  std::string text;
  auto add = [&](const std::optional<double>& words, const char* what) {
    if (!words) return;
    if (!text.empty()) text += " + ";
    text += figure(*words) + what;
  };
  add(level.read_bandwidth, " rd");
  add(level.write_bandwidth, " wr");
  add(level.shared_bandwidth, " rd/wr");
  return text.empty() ? "unlimited" : text;
}

std::string energy_text(const Level& level) {
  const AccessEnergy& energy = level.energy;
  std::string text = energy.read_pj == energy.fill_pj && energy.read_pj == energy.update_pj
                         ? figure(energy.read_pj)
                         : fmt::format("{} rd, {} fill, {} upd", figure(energy.read_pj), figure(energy.fill_pj),
                                       figure(energy.update_pj));
  if (level.block_size > 1) text += fmt::format(" / {} words", level.block_size);
  if (energy.leak_pj_per_cycle > 0.0) text += fmt::format(" + {}/cycle leak", figure(energy.leak_pj_per_cycle));
  if (energy.idle_pj_per_cycle > 0.0) text += fmt::format(" + {}/cycle idle", figure(energy.idle_pj_per_cycle));
  return text;
}

std::string compute_energy_text(const Compute& compute) {
  std::string text = figure(compute.energy_per_op_pj);
  if (compute.idle_pj_per_cycle > 0.0) text += fmt::format(" + {}/cycle idle", figure(compute.idle_pj_per_cycle));
  return text;
}

// What most levels do not have.
std::string remarks(const Level& level) {
  std::string text;
  auto add = [&](const std::string& remark) {
    if (!text.empty()) text += ", ";
    text += remark;
  };
  if (level.cluster_size > 1) add(fmt::format("{} share an access", level.cluster_size));
  if (level.multiple_buffering != 1.0) add(fmt::format("{}-fold buffered", figure(level.multiple_buffering)));
  if (level.min_utilization > 0.0) add(fmt::format("filled at least {} %", figure(100.0 * level.min_utilization)));
  if (level.network.energy_per_hop_pj > 0.0 || level.network.router_energy_pj > 0.0) {
    add(fmt::format("network {} pJ/hop, {} pJ/router", figure(level.network.energy_per_hop_pj),
                    figure(level.network.router_energy_pj)));
  }
  const std::int64_t latency = level.network.fill_latency_cycles + level.network.drain_latency_cycles;
  if (latency > 0) add(fmt::format("network latency {} cycles", thousands(latency)));
  if (!level.gated_by.empty()) add(fmt::format("gated by zeros of {}", fmt::join(level.gated_by, ", ")));
  return text;
}

}  // namespace

std::string tree(const Architecture& architecture) {
  const double area = area_um2(architecture);
  std::vector<Row> rows = {{"", "instances", "capacity each", "words/cycle each", "pJ per access", "um^2 each"}};
  std::vector<std::string> ends = {""};
  std::size_t depth = 0;
  auto name = [&](const std::string& own) {
    std::string branch = depth == 0 ? own : std::string(3 * (depth - 1), ' ') + "\u2514\u2500 " + own;
    ++depth;
    return branch;
  };
  for (std::size_t i = architecture.levels.size(); i-- > 0;) {
    const Level& level = architecture.levels[i];
    const std::string capacity =
        level.capacity_words ? fmt::format("{} x {} bit = {}", thousands(*level.capacity_words), level.word_bits,
                                           detail::bytes(static_cast<double>(*level.capacity_words) * level.word_bits))
                             : fmt::format("unbounded x {} bit", level.word_bits);
    rows.push_back({name(level.name), instances_text(level.instances, level.mesh_x, level.mesh_y), capacity,
                    bandwidth_text(level), energy_text(level), figure(level.area_per_instance_um2)});
    ends.push_back(remarks(level));
  }
  const Compute& compute = architecture.compute;
  rows.push_back({name(compute.name), instances_text(compute.instances, compute.mesh_x, compute.mesh_y),
                  fmt::format("{} bit", compute.word_bits), "1 MAC", compute_energy_text(compute),
                  figure(compute.area_per_instance_um2)});
  ends.push_back(compute.adder_energy_pj > 0.0 ? fmt::format("adder {} pJ", figure(compute.adder_energy_pj)) : "");

  std::array<std::size_t, columns> widths{};
  for (const Row& row : rows) {
    for (std::size_t c = 0; c < columns; ++c) widths[c] = std::max(widths[c], width(row[c]));
  }
  std::string text =
      fmt::format("{}: {} multipliers{}{}{}\n", architecture.name.empty() ? "machine" : architecture.name,
                  thousands(compute.instances), area > 0.0 ? fmt::format(", {} mm^2", figure(area / 1e6)) : "",
                  architecture.link_transfers ? ", neighbours pass data on" : "",
                  architecture.machine.empty() ? "" : fmt::format(", cycle model {}", architecture.machine));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < columns; ++c) {
      line += rows[r][c] + std::string(widths[c] - width(rows[r][c]) + 2, ' ');
    }
    line += ends[r];
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace dovetail
