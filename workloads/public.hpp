// What is computed: the headers of this room that programs are meant to include. Others may change without notice.
#pragma once

#include <dovetail/workloads/export/native.hpp>             // networks as documents of ours
#include <dovetail/workloads/export/scalesim_topology.hpp>  // and of other tools
#include <dovetail/workloads/export/timeloop_problem.hpp>
#include <dovetail/workloads/import/formats.hpp>  // networks of any format, by file or name
#include <dovetail/workloads/layer.hpp>           // loop nests over named dimensions, with their tensors
#include <dovetail/workloads/layer_document.hpp>
#include <dovetail/workloads/network.hpp>           // graphs of layers, their totals, the zoo
#include <dovetail/workloads/text/diagnostics.hpp>  // located mistakes
#include <dovetail/workloads/text/document.hpp>     // YAML and JSON with places
