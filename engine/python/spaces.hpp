// A space and the document that reads it again.
#pragma once

#include <dovetail/spaces/space/space.hpp>

#include "convert.hpp"

namespace dovetail::python {

struct SpaceValue {
  explicit SpaceValue(Space space);
  Space space;
  Json document() const;  ///< {parameters, constraints}
};

}  // namespace dovetail::python
