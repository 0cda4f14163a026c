// The names that expressions over parameters may use (symbols); the slots themselves are in point_slot.hpp.
#pragma once

#include <dovetail/spaces/point_slot.hpp>
