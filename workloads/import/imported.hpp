// What an importer makes of a foreign file: a network, and what its owner should be told once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {

/// A remark of an importer: one of a kind, with how often it applies.
struct Remark {
  std::string kind;     ///< a short word: rounded-up, no-mac, unread-key
  std::string subject;  ///< what is counted, in the singular: layer, row, column, key; empty: the text says it all
  std::string text;     ///< "the stride does not divide; SCALE-Sim rounds up"
  std::int64_t count = 1;
  Location where;  ///< of the first
};

/// "7 layers: the stride does not divide; SCALE-Sim rounds up".
std::string to_string(const Remark& remark);

/// An operator that does no multiply-accumulates (pooling, addition, softmax): listed, never counted. What reads it
/// reads what it read.
struct IdleOperator {
  std::string name, operation;
  std::int64_t elements_read = 0, elements_written = 0;  ///< of all operands and results; 0: the file does not say
};

/// A network as it was imported.
struct Imported {
  Network network;
  std::vector<Remark> remarks;  ///< one per kind, in the order of their first occurrence
  std::vector<IdleOperator> idle;
};

/// Adds one occurrence of a remark.
void add_remark(std::vector<Remark>& remarks, std::string_view kind, std::string_view subject, std::string_view text,
                const Location& where, std::int64_t count = 1);

/// Builds the graph of an imported network: vertices in the order they are added, edges through idle operators, a
/// suffix for names that occur twice, a message for what no network may be.
///
///     NetworkBuilder builder(imported, diagnostics);
///     const auto conv = builder.add({make_conv(shape)}, where);
///     const auto relu = builder.add_idle({"relu1", "Relu"}, where);
///     builder.read(relu, conv);  // relu reads conv
///     builder.finish(source.start());
class NetworkBuilder {
 public:
  using Place = std::size_t;
  static constexpr std::size_t most_operators = 10'000;  ///< layers and idle operators of a network, each
  static constexpr std::size_t most_edges = 1'000'000;

  NetworkBuilder(Imported& imported, Diagnostics& diagnostics) : imported_(imported), diagnostics_(diagnostics) {}

  /// A layer that is not legal (dovetail::check) is an error at `where`.
  Place add(NetworkLayer layer, const Location& where);
  Place add_idle(IdleOperator idle, const Location& where);
  /// `reader` reads what `written` writes; in any order, before finish().
  void read(Place reader, Place written);
  /// The last place that was added reads the one before it, if there is one.
  void read_previous();
  std::size_t size() const { return entries_.size(); }

  /// Completes the network. A cycle, no layer at all (said at `file`) and totals above 2^63 - 1 are errors.
  void finish(const Location& file);

 private:
  struct Entry {
    bool idle = false;
    Location where;
    std::size_t vertex = 0;  ///< in the graph, of a layer
    std::vector<Place> reads;
  };
  std::vector<Place> order();
  void connect(const std::vector<Place>& order);
  void name_apart();

  Imported& imported_;
  Diagnostics& diagnostics_;
  std::vector<Entry> entries_;
  std::size_t layers_ = 0;
};

/// Appends the layers of `next`, whose first layers read the last ones of `first`. Remarks add up by kind.
void append(Imported& first, Imported next);

/// Gives names that occur twice a suffix; the number of layers that were renamed.
std::int64_t make_names_unique(Network& network);

}  // namespace dovetail
