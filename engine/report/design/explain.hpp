// Why a mapping costs what it costs: what binds its time, where its energy goes, what stays put, and what would help.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include <dovetail/accelerators/evaluator.hpp>
#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/mapping/mapping.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// Something that takes time of its own: the multipliers, or one limit of one level.
struct TimeBound {
  std::string level;     ///< name of the level, or of the compute units
  std::string resource;  ///< "compute", "read bandwidth", "write bandwidth", "shared bandwidth"
  double cycles = 0.0;   ///< that it alone would take
  double needed = 0.0,
         available = 0.0;  ///< words per cycle per instance while computing at full speed; 0 for compute
};

/// A part of the energy.
struct EnergyTerm {
  std::string where;   ///< level, network or compute units
  std::string tensor;  ///< empty when it is no tensor's
  double energy_pj = 0.0, share = 0.0;
};

/// How a kept tensor is used at a level.
struct KeptTensor {
  std::string level, tensor;
  std::int64_t tile_words = 0;
  bool home = false;                ///< the tensor lives here, whole, and nothing fills it
  double held_steps = 1.0;          ///< steps of the loops outside during which the tile stays
  std::vector<std::string> held;    ///< those loops, innermost first, such as "Q 4"
  std::int64_t sharing = 1;         ///< instances that get (or add up) the same words at the same time
  double transfers_per_word = 0.0;  ///< outermost level only: how often a word of the tensor crosses its boundary
  std::vector<std::string> causes;  ///< outermost level only: loops that make it cross again
};

/// A single change and what it does, measured with the evaluator: ratios of new to old.
struct Remedy {
  std::string change;
  double edp = 1.0, energy = 1.0, cycles = 1.0;
};

/// The explanation in figures. When the design is invalid, `evaluation` has the violations and the rest is empty.
struct Explanation {
  Evaluation evaluation;
  std::vector<TimeBound> time;  ///< longest first
  std::int64_t used_multipliers = 0;
  std::vector<std::string> array;        ///< "X uses 12 of 14 Spads", per fan-out
  std::vector<EnergyTerm> energy;        ///< largest first
  std::vector<KeptTensor> reuse;         ///< outermost level first
  std::vector<Remedy> mapping_remedies;  ///< other mappings one step away that are better, best first
  std::vector<Remedy> machine_remedies;  ///< other machines one step away with the same mapping
};

/// Explains a mapping. Tries every swap of two temporal loops of a level, every move of a prime factor to another list
/// and every change of one keep bit (some hundred evaluations), and twice every bandwidth.
Explanation explain(const Layer& layer, const Architecture& architecture, const Mapping& mapping,
                    const Evaluator& evaluator);

/// The explanation in words.
std::string to_text(const Layer& layer, const Architecture& architecture, const Explanation& explanation);

nlohmann::ordered_json to_json(const Explanation& explanation);

}  // namespace dovetail
