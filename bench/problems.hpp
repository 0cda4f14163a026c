// Constrained and mixed test problems with known optima: what the optimizers of this field are compared on.
//
// Definitions follow the literature's sources named beside them (pressure vessel, spring and welded beam: the variants
// of Coello 2000; Gardner et al. 2014; Gramacy et al. 2016; Gelbart et al. 2014; Letham et al. 2019; Eriksson &
// Poloczek 2021; Keane 1994; Sandgren 1990; Casmopolitan, Wan et al. 2021; COMBO, Oh et al. 2019; Mueller & Day 2019;
// SBArchOpt).
#pragma once

#include "problems/choices.hpp"
#include "problems/engineering.hpp"
#include "problems/rough.hpp"
#include "problems/smooth.hpp"
#include "problems/tiles.hpp"

namespace problems {

/// The recorded problems, then some beyond them, so that nothing is tuned to those.
inline std::vector<Problem> all() {
  std::vector<Problem> result{pressure_vessel(), spring(),           gardner2(),      gramacy(),         branin_disk(),
                              simionescu(),      hartmann6_norm(),   ackley10(false), ackley10(true),    keane(),
                              gear_train(),      func2c(),           ackley53(false), ackley53(true),    labs50(),
                              pest_control(),    pest_control(true), mueller02(),     alimo(),           hc_branin(),
                              tile_edp(),        welded_beam(),      speed_reducer(), rosenbrock_disk(), g8()};
  for (Problem& problem : rough_problems()) result.push_back(std::move(problem));
  return result;
}

}  // namespace problems
