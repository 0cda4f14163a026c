// The layers that `map` maps, and what is said of them.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/report/design/idle_price.hpp>
#include <dovetail/engine/verbs/map/map.hpp>

namespace dovetail::verbs {

/// The operators without multiply-accumulates of the network, and their price on the machine.
struct Idle {
  std::vector<IdleGroup> groups;
  IdleWork work;
  IdlePrice price;
  bool vector_unit = false;  ///< that computes them
};

/// A layer to be mapped, and what it is mapped on.
struct MapJob {
  std::string name;
  std::int64_t count = 1;
  MapRequest request;
  MapResult result;
  std::string failure;   ///< why the model that decides took no mapping
  std::string screened;  ///< how the search of the loop model ended, where another evaluator then decided
  Json cycle;            ///< of cycle_json, when the cycle model decided
};

/// All layers of a request.
struct MapWork {
  std::vector<MapJob> jobs;
  std::string title;
  Idle idle;
};

MapWork work_of_networks(const std::vector<std::string>& workloads, const MapOptions& options, const Asking& asking);
MapWork work_of_files(const std::vector<std::string>& files, const MapOptions& options, const Asking& asking);
MapWork work_of_document(const Node& document, const MapOptions& options, const Asking& asking);

/// The mapped layers in the form that is asked for.
Answer mapped_answer(const MapWork& work, const MapOptions& options, double seconds, const Asking& asking);

}  // namespace dovetail::verbs
