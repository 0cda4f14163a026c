#include <dovetail/workloads/import/imported.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace dovetail {

std::string to_string(const Remark& remark) {
  if (remark.subject.empty()) return remark.text;
  return fmt::format("{} {}{}: {}", remark.count, remark.subject, remark.count == 1 ? "" : "s", remark.text);
}

void add_remark(std::vector<Remark>& remarks, std::string_view kind, std::string_view subject, std::string_view text,
                const Location& where, std::int64_t count) {
  for (Remark& remark : remarks) {
    if (remark.kind != kind) continue;
    remark.count += count;
    return;
  }
  remarks.push_back({std::string(kind), std::string(subject), std::string(text), count, where});
}

NetworkBuilder::Place NetworkBuilder::add(NetworkLayer layer, const Location& where) {
  for (const std::string& wrong : check(layer.layer))
    diagnostics_.error(where, fmt::format("layer {}: {}", quote(layer.layer.name), wrong));
  if (++layers_ == most_operators + 1)
    diagnostics_.error(where, fmt::format("more than {} layers in one network", most_operators));
  const std::size_t vertex = boost::num_vertices(imported_.network.graph);
  if (layers_ <= most_operators) boost::add_vertex(std::move(layer), imported_.network.graph);
  entries_.push_back({false, where, vertex, {}});
  return entries_.size() - 1;
}

NetworkBuilder::Place NetworkBuilder::add_idle(IdleOperator idle, const Location& where) {
  if (imported_.idle.size() == 10 * most_operators)
    diagnostics_.error(where, fmt::format("more than {} operators in one network", 10 * most_operators));
  if (imported_.idle.size() <= 10 * most_operators) imported_.idle.push_back(std::move(idle));
  entries_.push_back({true, where, 0, {}});
  return entries_.size() - 1;
}

void NetworkBuilder::read(Place reader, Place written) {
  std::vector<Place>& reads = entries_[reader].reads;
  if (std::find(reads.begin(), reads.end(), written) == reads.end()) reads.push_back(written);
}

void NetworkBuilder::read_previous() {
  if (entries_.size() > 1) read(entries_.size() - 1, entries_.size() - 2);
}

// Kahn's algorithm: places such that each comes after what it reads; shorter than entries_ when there is a cycle.
std::vector<NetworkBuilder::Place> NetworkBuilder::order() {
  std::vector<std::size_t> missing(entries_.size());
  std::vector<std::vector<Place>> readers(entries_.size());
  std::vector<Place> order;
  for (Place place = 0; place < entries_.size(); ++place) {
    missing[place] = entries_[place].reads.size();
    if (missing[place] == 0) order.push_back(place);
    for (const Place written : entries_[place].reads) readers[written].push_back(place);
  }
  for (std::size_t next = 0; next < order.size(); ++next) {
    for (const Place reader : readers[order[next]]) {
      if (--missing[reader] == 0) order.push_back(reader);
    }
  }
  if (order.size() == entries_.size()) return order;
  const Place stuck = static_cast<Place>(
      std::find_if(missing.begin(), missing.end(), [](std::size_t m) { return m > 0; }) - missing.begin());
  diagnostics_.error(entries_[stuck].where, "what this layer reads depends on the layer itself");
  return {};
}

void NetworkBuilder::connect(const std::vector<Place>& order) {
  // Per place the layers whose results it passes on: its own for a layer, all that it reads for an idle operator.
  std::vector<std::vector<std::size_t>> passes(entries_.size());
  std::size_t kept = 0;
  for (const Place place : order) {
    std::vector<std::size_t> sources;
    for (const Place written : entries_[place].reads)
      sources.insert(sources.end(), passes[written].begin(), passes[written].end());
    std::sort(sources.begin(), sources.end());
    sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
    kept += sources.size();
    if (kept > most_edges) {
      diagnostics_.error(entries_[place].where, fmt::format("more than {} edges in the graph", most_edges));
      return;
    }
    if (entries_[place].idle) {
      passes[place] = std::move(sources);
      continue;
    }
    for (const std::size_t source : sources) boost::add_edge(source, entries_[place].vertex, imported_.network.graph);
    passes[place] = {entries_[place].vertex};
  }
}

void NetworkBuilder::name_apart() {
  if (const std::int64_t renamed = make_names_unique(imported_.network); renamed > 0)
    add_remark(imported_.remarks, "doubled-name", "layer", "the name occurs before; a suffix tells them apart", {},
               renamed);
}

void NetworkBuilder::finish(const Location& file) {
  if (diagnostics_.failed()) return;
  if (layers_ == 0) {
    diagnostics_.error(file, "there is no layer with multiply-accumulates in it");
    return;
  }
  connect(order());
  name_apart();
  try {
    totals(imported_.network);
  } catch (const std::overflow_error& error) {
    diagnostics_.error(entries_.front().where, error.what());
  }
}

std::int64_t make_names_unique(Network& network) {
  std::unordered_set<std::string> taken;
  const std::size_t count = boost::num_vertices(network.graph);
  for (std::size_t i = 0; i < count; ++i) {
    std::string& name = network.graph[i].layer.name;
    if (name.empty()) name = fmt::format("layer{}", i + 1);
  }
  std::unordered_map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < count; ++i) taken.insert(network.graph[i].layer.name);
  std::int64_t renamed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::string& name = network.graph[i].layer.name;
    std::size_t& times = seen[name];
    if (++times == 1) continue;
    std::string fresh = fmt::format("{}_{}", name, times);
    while (taken.contains(fresh)) fresh = fmt::format("{}_{}", name, ++times);
    taken.insert(fresh);
    name = std::move(fresh);
    ++renamed;
  }
  return renamed;
}

void append(Imported& first, Imported next) {
  LayerGraph& graph = first.network.graph;
  const std::size_t before = boost::num_vertices(graph);
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < before; ++i) {
    if (boost::out_degree(i, graph) == 0) ends.push_back(i);
  }
  const LayerGraph& added = next.network.graph;
  for (std::size_t i = 0; i < boost::num_vertices(added); ++i) boost::add_vertex(added[i], graph);
  for (const auto& edge : boost::make_iterator_range(boost::edges(added)))
    boost::add_edge(before + boost::source(edge, added), before + boost::target(edge, added), graph);
  for (std::size_t i = 0; i < boost::num_vertices(added); ++i) {
    if (boost::in_degree(i, added) > 0) continue;
    for (const std::size_t end : ends) boost::add_edge(end, before + i, graph);
  }
  for (const Remark& remark : next.remarks)
    add_remark(first.remarks, remark.kind, remark.subject, remark.text, remark.where, remark.count);
  first.idle.insert(first.idle.end(), next.idle.begin(), next.idle.end());
  first.network.notes.insert(first.network.notes.end(), next.network.notes.begin(), next.network.notes.end());
}

}  // namespace dovetail
