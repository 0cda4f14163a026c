// A network family's descriptor (schema dovetail-network-family/1) as it stands in its file: texts and places.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include <dovetail/spaces/family/family_document.hpp>
#include <dovetail/spaces/network/network_names.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// A choice of the search, or with loops a family of them: depth, kernel[1] to kernel[14].
struct NetworkParameterText {
  enum class Kind { integer, ordinal, categorical } kind = Kind::integer;
  std::string name, meaning;
  Location where;
  std::vector<LoopText> loops;
  Formula low, high, when;
  std::int64_t step = 1;
  std::vector<double> values;
  std::vector<std::string> choices;
};

/// A condition between parameters, or with loops one per round.
struct NetworkConstraintText {
  std::vector<LoopText> loops;
  Formula require;
};

struct AlternativeText;

/// One step of a network: what it computes, from what, how often and when.
struct StatementText {
  enum class Kind {
    conv,       ///< `in` -> `out` channels
    depthwise,  ///< of all channels
    linear,     ///< `in` -> `out`, of all elements
    pool,       ///< no layer: `size` x `size` windows, or the whole map (empty `size`)
    upsample,   ///< no layer: `size` times higher and wider
    add,        ///< no layer: the sum of what it reads
    concat,     ///< no layer: the channels of all it reads
    take,       ///< no layer: the first `size` channels
    pass,       ///< no layer: what it reads (skip, free)
    none,       ///< no layer: zeros of the shape that it reads
    group,      ///< `body`, in order
    choose,     ///< the alternative that the parameter `selector` names
  } kind = Kind::pass;
  std::string name;
  Location where;
  std::vector<LoopText> loops;
  Formula when;
  std::vector<Formula> after;  ///< what is read; empty: what stands before
  Formula in, out, kernel, stride, pad, groups, dilation, size, selector;
  std::vector<StatementText> body;
  std::vector<AlternativeText> alternatives;
};

/// What a value of `selector` chooses.
struct AlternativeText {
  std::string value;
  StatementText statement;
};

/// What a table of costs by block and operator knows a part of the network by.
struct BlockText {
  std::vector<LoopText> loops;
  Formula block, operation, channels, when;
};

struct NetworkFamilyText {
  std::string name, about, source, from_memory;
  Location where;
  Formula input;
  struct Setting {
    std::string name, meaning;
    Location where;
    double value = 0.0;
  };
  std::vector<Setting> settings;
  std::vector<NetworkParameterText> parameters;
  std::vector<NetworkConstraintText> constraints;
  std::vector<std::pair<std::string, Formula>> definitions;
  std::vector<StatementText> statements;
  Formula stratify, key;
  std::vector<BlockText> blocks;
  std::vector<std::pair<std::string, Node>> defaults;
};

/// Reads the descriptor; every mistake goes to `diagnostics`.
NetworkFamilyText read_network_family_text(const Node& node, Diagnostics& diagnostics);

/// JSON Schema of dovetail-network-family/1.
nlohmann::ordered_json network_family_schema();

}  // namespace dovetail
