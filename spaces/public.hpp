// What may be chosen: the headers of this room that programs are meant to include. Others may change without notice.
#pragma once

#include <dovetail/spaces/expression/expression.hpp>  // constraints over names
#include <dovetail/spaces/family/family.hpp>          // machines with parameters
#include <dovetail/spaces/mapping/map_space.hpp>      // mappings of a layer on a machine
#include <dovetail/spaces/mapping/mapping_rules.hpp>
#include <dovetail/spaces/network/network_family.hpp>  // networks with parameters
#include <dovetail/spaces/space/point_json.hpp>
#include <dovetail/spaces/space/random.hpp>  // streams named by their use
#include <dovetail/spaces/space/space.hpp>   // parameters, constraints, points; sampled, counted, listed
#include <dovetail/spaces/space/space_document.hpp>
#include <dovetail/spaces/system/machine_system.hpp>  // several machines under shared budgets
