// The calls that a designer has had, and how another one gets to where they led without searching again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// A `suggest`: what was asked, what was answered, and the designer's memory after it where that had changed.
struct Suggested {
  int count = 0;
  std::vector<Point> points;
  std::optional<std::string> memory;
};

/// Calls of `suggest` and `update` in their order.
using DesignerHistory = std::vector<std::variant<Suggested, std::vector<Trial>>>;

/// Whether the history has memories, so that it can be taken over.
bool has_memories(const DesignerHistory& history);

/// Brings a new designer to where the history led. Recorded points are taken as they are. False when the designer has
/// to be asked again from the start (a new one: this one was told some of it).
bool take_over(Designer& designer, const DesignerHistory& history);

/// Whether a new designer gives the last points again that it can be asked for at little cost: those after which its
/// memory was as before (nothing was fitted), or of a short history the last ones. None when there are no such points.
std::optional<bool> repeats_itself(const std::function<std::unique_ptr<Designer>()>& make,
                                   const DesignerHistory& history);

/// Brings a new designer to where the history led by asking it everything again; false when it answers other points.
bool ask_again(Designer& designer, const DesignerHistory& history);

}  // namespace dovetail
