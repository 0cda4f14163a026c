// What networks run on and what that costs: the headers of this room that programs are meant to include. Others may
// change without notice.
#pragma once

#include <dovetail/accelerators/cycle/cycle_model.hpp>  // cycle level: stalls, fill, drain
#include <dovetail/accelerators/cycle/trace.hpp>
#include <dovetail/accelerators/evaluation.hpp>
#include <dovetail/accelerators/evaluator.hpp>   // the interface of every model of cost
#include <dovetail/accelerators/evaluators.hpp>  // by name
#include <dovetail/accelerators/export/timeloop_design.hpp>
#include <dovetail/accelerators/import/machine_formats.hpp>
#include <dovetail/accelerators/import/timeloop_design.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>  // closed form
#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/machine/technology.hpp>  // energies and areas with their sources
#include <dovetail/accelerators/mapping/design.hpp>      // layer, machine and mapping as one document
#include <dovetail/accelerators/mapping/mapping.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/accelerators/systolic/document.hpp>    // SCALE-Sim's array
#include <dovetail/accelerators/tiles/tile_document.hpp>  // tilings of FPGAs
