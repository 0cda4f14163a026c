// The exact mapper measured: time to 1 % and to proof, root bounds, whole networks, keep sets, the other mappers.
//
// usage: mapper [PART...] [MACHINE...], parts: layers masks simba eyeriss network bounds others threads; default all;
//        mapper reference FOLDER: every design document of a folder, its mapping ignored, with and without free bypass.
// One core, thread CPU seconds unless said; every line also says the ratio of the root bound to the optimum.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/engine/bound/layer_bound.hpp>
#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/map/network/network_mapper.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/spaces/space/random.hpp>
#include <dovetail/workloads/network.hpp>

#include "clocks.hpp"

namespace {

using namespace dovetail;

Layer conv(const char* name, std::int64_t k, std::int64_t c, std::int64_t p, std::int64_t q, std::int64_t r,
           std::int64_t s, std::int64_t stride = 1, std::int64_t batch = 1) {
  return make_conv({.name = name,
                    .batch = batch,
                    .in_channels = c,
                    .out_channels = k,
                    .out_height = p,
                    .out_width = q,
                    .kernel_height = r,
                    .kernel_width = s,
                    .stride_height = stride,
                    .stride_width = stride});
}

std::vector<Layer> layers() {
  return {conv("rn18 conv2_x", 64, 64, 56, 56, 3, 3),
          conv("rn18 conv3_x", 128, 128, 28, 28, 3, 3),
          conv("rn18 conv4_x", 256, 256, 14, 14, 3, 3),
          conv("rn18 conv5_x", 512, 512, 7, 7, 3, 3),
          conv("rn18 conv3_1 /2", 128, 64, 28, 28, 3, 3, 2),
          conv("rn50 64-256@56", 256, 64, 56, 56, 1, 1),
          conv("rn50 1024-256@14", 256, 1024, 14, 14, 1, 1),
          conv("rn50 2048-512@7", 512, 2048, 7, 7, 1, 1),
          conv("DQN conv1", 32, 4, 20, 20, 8, 8, 4),
          conv("DQN conv2", 64, 32, 9, 9, 4, 4, 2),
          conv("AlexNet conv1", 96, 3, 55, 55, 11, 11, 4),
          conv("AlexNet conv2", 128, 48, 27, 27, 5, 5),
          make_matmul({.name = "GEMM 512", .rows = 512, .columns = 512, .depth = 512}),
          make_matmul({.name = "BERT 512x768x768", .rows = 512, .columns = 768, .depth = 768}),
          make_matmul({.name = "BERT ffn", .rows = 512, .columns = 3072, .depth = 768})};
}

Level level(const char* name, std::int64_t mesh_x, std::int64_t mesh_y, std::optional<std::int64_t> words,
            std::int64_t block, std::optional<double> read, std::optional<double> write, AccessEnergy energy) {
  Level made;
  made.name = name;
  made.mesh_x = mesh_x;
  made.mesh_y = mesh_y;
  made.instances = mesh_x * mesh_y;
  made.capacity_words = words;
  made.block_size = block;
  made.read_bandwidth = read;
  made.write_bandwidth = write;
  made.energy = energy;
  return made;
}

// Not inlined: GCC 12 -O3 -march=native folds {x, x, x, 0.0} into a broadcast of x on machines with AVX-512.
[[gnu::noinline]] AccessEnergy access(double read_pj, double fill_pj, double update_pj) {
  AccessEnergy energy;
  energy.read_pj = read_pj;
  energy.fill_pj = fill_pj;
  energy.update_pj = update_pj;
  energy.leak_pj_per_cycle = 0.0;
  return energy;
}
[[gnu::noinline]] AccessEnergy flat(double pj) {
  return access(pj, pj, pj);
}

Architecture machine(const char* name, std::int64_t x, std::int64_t y, double mac_pj, std::vector<Level> levels) {
  Architecture made;
  made.name = name;
  made.compute.mesh_x = x;
  made.compute.mesh_y = y;
  made.compute.instances = x * y;
  made.compute.energy_per_op_pj = mac_pj;
  made.levels = std::move(levels);
  made.levels.back().is_dram = true;
  return made;
}

struct Case {
  Architecture architecture;
  std::vector<unsigned> keep;  ///< W = 1, I = 2, O = 4; empty: everything everywhere
  bool search = false;         ///< all keep sets
};

Case eyeriss168() {
  return {
      machine("Eyeriss168", 14, 12, 1.0,
              {level("Spad", 14, 12, 220, 1, 2, 2, flat(0.95)), level("GlobalBuffer", 1, 1, 65536, 4, 16, 16, flat(26)),
               level("DRAM", 1, 1, std::nullopt, 4, 4, 4, flat(800))}),
      {},
      false};
}
Case gemmini16() {
  return {machine("Gemmini16", 16, 16, 0.5,
                  {level("WReg", 16, 16, 2, 1, std::nullopt, std::nullopt, flat(0.02)),
                   level("UnifiedBuffer", 1, 1, 131072, 16, 64, 8, flat(40)),
                   level("DRAM", 1, 1, std::nullopt, 8, 16, 16, flat(512))}),
          {1, 6, 7},
          false};
}
Case ws32() {
  Case made{machine("WS32", 32, 32, 0.3,
                    {level("WReg", 32, 32, 2, 1, std::nullopt, std::nullopt, flat(0.02)),
                     level("UnifiedBuffer", 1, 1, 1048576, 32, 96, 64, flat(110)),
                     level("DRAM", 1, 1, std::nullopt, 16, 32, 32, flat(1024))}),
            {1, 6, 7},
            false};
  made.architecture.levels[0].multiple_buffering = made.architecture.levels[1].multiple_buffering = 2.0;
  return made;
}
Case nvdla() {
  return {machine("NVDLA 4 levels", 16, 16, 0.4,
                  {level("WReg", 16, 16, 1, 1, std::nullopt, std::nullopt, flat(0.01)),
                   level("AccBuf", 1, 16, 512, 1, 2, 2, flat(0.6)),
                   level("GlobalBuffer", 1, 1, 262144, 16, 64, 32, flat(48)),
                   level("DRAM", 1, 1, std::nullopt, 8, 16, 8, flat(512))}),
          {1, 4, 3, 7},
          false};
}
Case cluster() {
  return {machine("cluster 4 levels", 16, 16, 0.5,
                  {level("Spad", 16, 16, 64, 1, 3, 2, access(0.5, 0.55, 0.6)),
                   level("ClusterBuf", 4, 4, 4096, 4, 8, 8, access(5.0, 5.5, 5.5)),
                   level("GlobalBuffer", 1, 1, 131072, 8, 32, 32, access(42.0, 44.0, 46.0)),
                   level("DRAM", 1, 1, std::nullopt, 8, 8, 8, access(1400.0, 1500.0, 1500.0))}),
          {},
          false};
}
Case simba() {
  return {machine("Simba 6 levels", 32, 32, 0.25,
                  {level("WReg", 32, 32, 1, 1, std::nullopt, std::nullopt, flat(0.01)),
                   level("AccBuf", 32, 4, 128, 1, 4, 4, flat(0.35)), level("WBuf", 4, 4, 4096, 8, 64, 8, flat(6.5)),
                   level("InBuf", 4, 4, 8192, 8, 32, 16, flat(7.5)),
                   level("GlobalBuffer", 1, 1, 65536, 16, 32, 32, flat(40)),
                   level("DRAM", 1, 1, std::nullopt, 8, 16, 16, flat(512))}),
          {1, 4, 1, 2, 6, 7},
          false};
}
Case eyeriss_split() {
  Case made{machine("Eyeriss split", 14, 12, 1.0,
                    {level("PsumSpad", 14, 12, 16, 1, 2, 2, access(0.4, 0.45, 0.45)),
                     level("WeightSpad", 14, 12, 192, 1, 2, 2, access(0.9, 1.1, 1.1)),
                     level("InputSpad", 14, 12, 12, 1, 2, 2, access(0.3, 0.35, 0.35)),
                     level("GlobalBuffer", 1, 1, 65536, 4, 16, 16, access(24.0, 28.0, 28.0)),
                     level("DRAM", 1, 1, std::nullopt, 4, 8, 8, flat(800))}),
            {4, 1, 2, 6, 7},
            false};
  made.architecture.levels[3].network.energy_per_hop_pj = 0.05;
  return made;
}

MapRequest request(const Case& on, const Layer& layer) {
  MapRequest made;
  made.layer = layer;
  made.architecture = on.architecture;
  made.bypass = on.search ? Bypass::search : on.keep.empty() ? Bypass::none : Bypass::fixed;
  for (const unsigned keep : on.keep) {
    LevelRules rules;
    rules.must_keep = keep;
    rules.must_bypass = 7U & ~keep;
    made.rules.levels.push_back(rules);
  }
  return made;
}

struct Row {
  double total = 0.0, root = 0.0, gap = 0.0;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Row measure(const Case& on, const Layer& layer, std::optional<double> time_s = {}) {
  MapRequest asked = request(on, layer);
  asked.time_s = time_s;
  const double start = process_seconds();
  ExactSearch search(asked);
  const double prepared = process_seconds();
  search.solve();
  const double end = process_seconds();
  const double best = search.best() ? search.best()->objective : 0.0;
  const double gap = best > 0.0 ? 1.0 - search.lower_bound() / best : 1.0;
  fmt::print(
      "{:<18} {:<17} total {:8.4f} s  tables {:7.4f} s  root {:6.4f}  best {:.4e}  gap {:6.4f}  {} "
      "evaluations {} labels {}\n",
      on.architecture.name, layer.name, end - start, prepared - start, best > 0.0 ? search.root_bound() / best : 0.0,
      best, gap, search.stopped(), search.evaluations(), search.labels());
  std::fflush(stdout);
  return {end - start, search.root_bound() / best, gap};
}

// CPU seconds until the mapper knows that its answer is within 1 % of the optimum.
double known_to_one_percent(const Case& on, const Layer& layer) {
  MapRequest asked = request(on, layer);
  asked.gap = 0.01;
  asked.time_s = 20.0;
  const double start = process_seconds();
  ExactSearch(asked).solve();
  return process_seconds() - start;
}

void summary(const std::string& name, std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  fmt::print("== {}: median {:.4f} s, worst {:.4f} s\n", name, seconds[seconds.size() / 2], seconds.back());
  std::fflush(stdout);
}

// Three levels, everything kept; sizes, bandwidths and energies drawn as in the reference study of hardware bounds.
Case random_machine(Random& random) {
  const auto between = [&](double low, double high) {  // uniform in the logarithm
    return low * std::pow(high / low, random.uniform());
  };
  const auto x = static_cast<std::int64_t>(4 + random.below(29)), y = static_cast<std::int64_t>(4 + random.below(29));
  const double spad = std::floor(between(16, 1000)), buffer = std::floor(between(4096, 262144));
  const double port = std::exp2(static_cast<double>(random.below(5))),
               dram = std::exp2(static_cast<double>(random.below(5)));
  return {machine("random", x, y, 1.0,
                  {level("Spad", x, y, static_cast<std::int64_t>(spad), 1, 2, 2, flat(0.06 * std::sqrt(spad))),
                   level("GlobalBuffer", 1, 1, static_cast<std::int64_t>(buffer), 4, 4 * port, 4 * port,
                         flat(0.1 * std::sqrt(buffer))),
                   level("DRAM", 1, 1, std::nullopt, 4, dram, dram, flat(800))}),
          {},
          false};
}

// The bound of a hardware point over all mappings, against the proven optimum. Times are of tables that know the sizes
// of the machine's memories; `first` is the first question.
void hardware_bounds(const std::string& name, const std::vector<MapRequest>& requests) {
  std::map<std::string, std::unique_ptr<LayerBound>> tables;
  std::vector<double> shares, plain, energies, cycles, microseconds, first;
  std::size_t unproven = 0, above = 0;
  for (const MapRequest& asked : requests) {
    ExactSearch search(asked);
    search.solve();
    if (!search.best()) continue;
    if (search.stopped() != "proven") {
      ++unproven;
      continue;
    }
    std::unique_ptr<LayerBound>& own = tables[asked.layer.name];
    if (!own) own = std::make_unique<LayerBound>(asked.layer);
    constexpr int repeats = 200;
    double start = process_seconds();
    CompulsoryCost bound = (*own)(asked.architecture, asked.rules, asked.bypass);
    first.push_back((process_seconds() - start) * 1e6);
    start = process_seconds();
    for (int k = 0; k < repeats; ++k) bound = (*own)(asked.architecture, asked.rules, asked.bypass);
    microseconds.push_back((process_seconds() - start) / repeats * 1e6);
    const double share = bound.energy_pj * bound.cycles / search.best()->objective;
    shares.push_back(share);
    const CompulsoryCost compulsory = compulsory_cost(asked.layer, asked.architecture, asked.rules);
    plain.push_back(compulsory.energy_pj * compulsory.cycles / search.best()->objective);
    energies.push_back(bound.energy_pj / search.best()->energy_pj);
    cycles.push_back(bound.cycles / search.best()->cycles);
    above += share > 1.0 ? 1 : 0;
  }
  fmt::print(
      "== bound of {} over {} points: min {:.3f}, median {:.3f} of the optimum (energy {:.3f}, cycles {:.3f} "
      "of its; "
      "compulsory alone min {:.3f}, median {:.3f}), median {:.2f} us, worst {:.2f} us, first {:.0f} us, {} "
      "above, {} unproven\n",
      name, shares.size(), *std::min_element(shares.begin(), shares.end()), median(shares), median(energies),
      median(cycles), *std::min_element(plain.begin(), plain.end()), median(plain), median(microseconds),
      *std::max_element(microseconds.begin(), microseconds.end()), median(first), above, unproven);
  std::fflush(stdout);
}

void hardware_bounds(std::size_t points) {
  const std::vector<Layer> all = layers();
  std::vector<MapRequest> drawn;
  Random random(2026, {1});
  for (std::size_t n = 0; n < points; ++n) {
    const Case on = random_machine(random);
    drawn.push_back(request(on, all[n % all.size()]));
  }
  hardware_bounds("random machines", drawn);
  for (const char* name : {"eyeriss", "gemmini", "nvdla"}) {
    const Family family = load_family(name);
    drawn.clear();
    for (std::size_t n = 0; n < points; ++n) {
      const Point point = *family.space().sample(random);
      MapRequest asked;
      asked.layer = all[n % all.size()];
      asked.architecture = family.instantiate(point);
      asked.rules = family.rules(asked.layer, point);
      asked.bypass = Bypass::fixed;
      asked.time_s = 2.0;
      drawn.push_back(asked);
    }
    hardware_bounds(name, drawn);
  }
}

// Best so far of the other mappers over the proven optimum, the median of five seeds.
void other_mappers() {
  const Case on = eyeriss168();
  std::vector<std::vector<double>> all;
  const std::vector<std::int64_t> budgets = {100, 1000, 10000};
  fmt::print("{:<17} {:<10} {:>9} {:>9} {:>9}\n", "best / optimum", "mapper", 100, 1000, 10000);
  for (const Layer& layer : layers()) {
    MapRequest asked = request(on, layer);
    ExactSearch search(asked);
    search.solve();
    const double optimum = search.best()->objective;
    for (const std::string& name : mapper_names()) {
      if (name == "exact") continue;
      std::string line;
      for (const std::int64_t budget : budgets) {
        if (name == "bayes" && budget > 1000) continue;  // seconds for each suggestion
        std::vector<double> found;
        for (std::uint64_t seed = 1; seed <= (name == "bayes" && budget > 100 ? 1U : 5U); ++seed) {
          asked.budget = budget;
          asked.seed = seed;
          const MapResult result = make_mapper(name)->map(asked);
          found.push_back(result.mapping ? result.objective / optimum : std::numeric_limits<double>::infinity());
        }
        line += fmt::format(" {:9.3f}", median(found));
      }
      fmt::print("{:<17} {:<10}{}\n", layer.name, name, line);
      std::fflush(stdout);
    }
  }
}

// One thread against two, side by side; wall-clock, least of three. Processor seconds tell what the second thread
// costs, and all of them over those of the first thread how evenly the work was divided, whoever else uses the machine.
void two_threads(const Case& on, const Layer& layer) {
  double wall[2] = {1e9, 1e9}, cpu[2] = {1e9, 1e9}, all = 0.0, first = 0.0;
  for (int round = 0; round < 3; ++round) {
    for (const int threads : {1, 2}) {
      MapRequest asked = request(on, layer);
      asked.threads = threads;
      const double start = wall_seconds(), used = process_seconds(), own = thread_seconds();
      ExactSearch(asked).solve();
      wall[threads - 1] = std::min(wall[threads - 1], wall_seconds() - start);
      cpu[threads - 1] = std::min(cpu[threads - 1], process_seconds() - used);
      if (threads == 1) continue;
      all += process_seconds() - used;
      first += thread_seconds() - own;
    }
  }
  fmt::print("{:<18} {:<17} one {:.4f} s, two {:.4f} s: {:.2f}x; processor {:.4f} and {:.4f} s, divided {:.2f}\n",
             on.architecture.name, layer.name, wall[0], wall[1], wall[0] / wall[1], cpu[0], cpu[1], all / first);
  std::fflush(stdout);
}

// What the exact mapper knows of users' own machines after ten seconds, beside the best of the others at the same
// budgets as in the tests, and with a hundred times that.
void reference(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  fmt::print("{:<12} {:<7} {:>12} {:>8} {:>9} {:>10} {:>12} {:>10}\n", "case", "bypass", "objective", "gap", "seconds",
             "ended by", "others / it", "x 100");
  int proven = 0, all = 0;
  for (const auto& file : files) {
    const Design design = load_design(file.string());
    for (const Bypass bypass : {Bypass::none, Bypass::search}) {
      MapRequest asked;
      asked.layer = design.layer;
      asked.architecture = design.architecture;
      asked.bypass = bypass;
      asked.seed = 1;
      asked.time_s = 10.0;
      const double start = process_seconds();
      const MapResult exact = make_mapper("exact")->map(asked);
      const double seconds = process_seconds() - start;
      asked.time_s.reset();
      double others[2] = {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
      for (const std::string& name : {"hillclimb", "annealing", "evolution"}) {
        for (const int more : {0, 1}) {
          asked.budget = more == 0 ? 4000 : 400'000;
          const MapResult other = make_mapper(name)->map(asked);
          if (other.mapping) others[more] = std::min(others[more], other.objective / exact.objective);
        }
      }
      proven += exact.proven ? 1 : 0;
      ++all;
      fmt::print("{:<12} {:<7} {:12.5e} {:7.2f}% {:9.2f} {:>10} {:12.4f} {:10.4f}\n", file.stem().string(),
                 bypass == Bypass::none ? "none" : "search", exact.objective, 100.0 * exact.gap(), seconds,
                 exact.stopped, others[0], others[1]);
      std::fflush(stdout);
    }
  }
  fmt::print("{} of {} proven\n", proven, all);
}

}  // namespace

int main(int count, char** arguments) {
  std::set<std::string> parts(arguments + 1, arguments + count);
  const auto wanted = [&](const char* part) { return parts.empty() || parts.contains(part); };
  if (count == 3 && std::string(arguments[1]) == "reference") {
    reference(arguments[2]);
    return 0;
  }
  // A machine named beside the parts: only that one.
  const auto chosen = [&](const Case& on) { return parts.size() <= 1 || parts.contains(on.architecture.name); };
  if (wanted("layers")) {
    for (const Case& on : {eyeriss168(), gemmini16(), ws32(), nvdla(), cluster()}) {
      if (!chosen(on)) continue;
      std::vector<double> seconds, near;
      for (const Layer& layer : layers()) {
        seconds.push_back(measure(on, layer, 20.0).total);
        near.push_back(known_to_one_percent(on, layer));
      }
      summary(on.architecture.name, seconds);
      summary(on.architecture.name + ", known within 1 %", near);
    }
  }
  if (wanted("masks")) {
    std::vector<double> seconds;
    for (const Layer& layer : layers()) {
      Case on = eyeriss168();
      on.search = true;
      seconds.push_back(measure(on, layer, 20.0).total);
    }
    summary("Eyeriss168, all keep sets", seconds);
  }
  if (wanted("eyeriss")) {
    std::vector<double> seconds;
    for (const Layer& layer : layers()) {
      if (layer.name.starts_with("rn18")) seconds.push_back(measure(eyeriss_split(), layer, 20.0).total);
    }
    summary("Eyeriss split", seconds);
  }
  if (wanted("network")) {
    const Network network = load_workload("resnet50");
    for (const Case& on : {gemmini16(), ws32(), eyeriss168(), nvdla()}) {
      if (!chosen(on)) continue;
      NetworkMapRequest asked;
      asked.architecture = on.architecture;
      for (const UniqueLayer& unique : unique_layers(network)) {
        const MapRequest one = request(on, unique.layer);
        asked.layers.push_back({unique.layer, unique.count, one.rules});
        asked.bypass = one.bypass;
      }
      const double start = process_seconds();
      const NetworkMapResult found = map_network(asked);
      fmt::print(
          "ResNet-50 on {:<16} {} layers {:8.4f} s  EDP {:.6e} bound {:.6e} {} {} prices {} "
          "evaluations\n",
          on.architecture.name, asked.layers.size(), process_seconds() - start, found.objective, found.lower_bound,
          found.proven ? "proven" : "not proven", found.prices, found.evaluations);
      std::fflush(stdout);
    }
  }
  if (wanted("bounds")) hardware_bounds(200);
  if (wanted("others")) other_mappers();
  if (wanted("threads")) {
    Case all = eyeriss168();
    all.search = true;
    for (const std::size_t n : {std::size_t{0}, std::size_t{8}}) {
      two_threads(eyeriss168(), layers()[n]);
      two_threads(nvdla(), layers()[n]);
      two_threads(all, layers()[n]);
    }
  }
  if (wanted("simba")) {
    for (const Layer& layer : {conv("conv4_x batch 4", 256, 256, 14, 14, 3, 3, 1, 4), layers()[3], layers()[12]})
      measure(simba(), layer, 10.0);
  }
  return 0;
}
