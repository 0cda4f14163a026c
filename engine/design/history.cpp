// Taking over, asking again, and a sample of whether both are the same.
#include <dovetail/engine/design/history.hpp>

#include <algorithm>

namespace dovetail {
namespace {

constexpr int most_points = 8;          // of a round that is asked for again
constexpr std::size_t short_for = 300;  // trials: fitting anew costs little

// The calls up to `end`; the memory as it was then.
bool accept_until(Designer& designer, const DesignerHistory& history, std::size_t end, std::string& memory) {
  for (std::size_t i = 0; i < end; ++i) {
    if (const auto* trials = std::get_if<std::vector<Trial>>(&history[i])) {
      designer.update(*trials);
      continue;
    }
    const auto& call = std::get<Suggested>(history[i]);
    if (!designer.accept(call.count, call.points)) return false;
    if (call.memory) memory = *call.memory;
  }
  return true;
}

}  // namespace

bool has_memories(const DesignerHistory& history) {
  const auto first = std::find_if(history.begin(), history.end(),
                                  [](const auto& call) { return std::holds_alternative<Suggested>(call); });
  return first == history.end() || std::get<Suggested>(*first).memory.has_value();
}

bool take_over(Designer& designer, const DesignerHistory& history) {
  std::string memory;
  if (!has_memories(history) || !accept_until(designer, history, history.size(), memory)) return false;
  if (!memory.empty()) designer.restore(memory);
  return true;
}

std::optional<bool> repeats_itself(const std::function<std::unique_ptr<Designer>()>& make,
                                   const DesignerHistory& history) {
  if (!has_memories(history)) return std::nullopt;
  std::optional<std::size_t> chosen;
  std::size_t trials = 0;
  for (std::size_t i = 0; i < history.size(); ++i) {
    const auto* call = std::get_if<Suggested>(&history[i]);
    if (call == nullptr || call->points.empty()) continue;
    trials += call->points.size();
    if (call->count <= most_points && (!call->memory || trials <= short_for)) chosen = i;
  }
  if (!chosen) return std::nullopt;
  const std::unique_ptr<Designer> designer = make();
  std::string memory;
  if (!accept_until(*designer, history, *chosen, memory)) return std::nullopt;
  if (!memory.empty()) designer->restore(memory);
  const auto& call = std::get<Suggested>(history[*chosen]);
  return designer->suggest(call.count) == call.points;
}

bool ask_again(Designer& designer, const DesignerHistory& history) {
  for (const auto& step : history) {
    if (const auto* trials = std::get_if<std::vector<Trial>>(&step)) {
      designer.update(*trials);
      continue;
    }
    const auto& call = std::get<Suggested>(step);
    if (designer.suggest(call.count) != call.points) return false;
  }
  return true;
}

}  // namespace dovetail
