// The part of a study that searches networks: what they are, what they cost, how accurate they are, what is wanted of
// that.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <dovetail/engine/study/keys/board_keys.hpp>
#include <dovetail/engine/study/keys/compress_keys.hpp>
#include <dovetail/engine/study/keys/system_keys.hpp>
#include <dovetail/engine/study/keys/trainer_keys.hpp>
#include <dovetail/engine/study/study.hpp>
#include <dovetail/workloads/text/document.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {

/// A network of the study: one of a family, whose parameters are searched, or a workload as it is.
struct StudyNetwork {
  std::string task;                      ///< its name among several; empty when it is the only one
  std::string family;                    ///< name or path of a network family; empty: `workload`
  std::string workload;                  ///< zoo name or path
  std::vector<std::string> any;          ///< several of these, of which one is chosen: the parameter nn.network
  double weight = 1.0;                   ///< of its accuracy among several
  std::map<std::string, Node> settings;  ///< of the family: input, classes, ...
  Location where;
};

/// What a network costs.
struct StudyCost {
  enum class Kind : std::uint8_t { none, table, command, mapped } kind = Kind::none;
  std::string path;                                                ///< of a table
  std::string command;                                             ///< one JSON line in, one out
  std::vector<std::string> metrics = {"latency_ms", "energy_mj"};  ///< that the command answers
  double timeout_s = 60.0;
  std::string mapping = "edp";  ///< what the mapper makes small, layer by layer
  bool convolutions = false;    ///< on tiles: products are left out
  Location where;
};

/// How accurate a network is.
struct StudyAccuracy {
  enum class Kind : std::uint8_t { none, table, command, proxy, trainer, sensitivity } kind = Kind::none;
  std::string path, key, column, cheap;  ///< of a table: a cheap fidelity's column is the surrogate's mean
  std::string command;
  double timeout_s = 3600.0;
  std::string fidelity;  ///< sent to the command
  StudyTrainer trainer;
  std::vector<std::string> sensitivities;  ///< built-in, names, documents or tables
  std::string drop = "envelope";
  std::map<std::string, double> base;  ///< of a network uncompressed, where it is not the sensitivity's
  std::string task;                    ///< of one network among several; empty: of all
  Location where;
};

/// minimize or maximize an expression over metrics.
struct StudyAim {
  std::string text;
  bool minimize = true;
  Location where;
};

/// A limit as written: `expression <= number`, and the like.
struct StudyLimit {
  std::string text;
  Location where;
  std::string follows_from =
      {};  ///< the limit that this one follows from, which is told in its place; empty: the user's own
};

/// All keys that turn a study into a search over networks.
struct StudyExploration {
  bool active = false;
  std::vector<StudyNetwork> networks;
  StudyBoards boards;
  StudyCompression compression;
  StudySystem system;
  StudyCost cost;
  std::vector<StudyAccuracy> accuracies;
  std::vector<std::pair<std::string, StudyAim>> metrics;  ///< name: expression, later ones may use earlier
  std::vector<StudyAim> aims;
  std::vector<StudyLimit> limits;
  std::vector<std::pair<std::string, Location>> stages;  ///< in their order; empty: limits, price, accuracy
  std::vector<Node> start;
  std::string preset;
};

/// A study that searches networks: the keys of every study, and its own.
struct ExplorationStudy : Study {
  StudyExploration explore;
};

/// Reads a study document that explores; mistakes are located. One point a round unless the document says otherwise.
ExplorationStudy read_exploration_study(const Node& document, Diagnostics& diagnostics);

/// Applies `path=value` as set_value does, to all keys.
void set_exploration_value(ExplorationStudy& study, const std::string& assignment, const std::string& source,
                           Diagnostics& diagnostics);

/// Whether a document has a key that only a search over networks has.
bool explores(const Node& document);

void read_network(const Node& node, StudyExploration& explore, Diagnostics& diagnostics);
void read_networks(const Node& node, StudyExploration& explore, Diagnostics& diagnostics);
void read_cost(const Node& node, StudyExploration& explore, Diagnostics& diagnostics);
void read_accuracy(const Node& node, StudyExploration& explore, Diagnostics& diagnostics);
void read_metrics(const Node& node, StudyExploration& explore, Diagnostics& diagnostics);
void read_stages(const Node& node, StudyExploration& explore, Diagnostics& diagnostics);
void read_start(const Node& node, StudyExploration& explore, Diagnostics& diagnostics);
/// {maximize: accuracy}, a list of such, or an expression that is made small.
void read_aims(const Node& node, StudyExploration& explore, Diagnostics& diagnostics);
/// A list of `expression <= number`, one alone, or metric: bound, or metric: {max, min}.
void read_limits(const Node& node, StudyExploration& explore, Diagnostics& diagnostics);

}  // namespace dovetail
