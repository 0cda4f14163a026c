// Turns, and the inner designer of each.
#include <dovetail/engine/design/around/alternate_designer.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

#include <dovetail/engine/design/around/merit.hpp>
#include <dovetail/engine/design/points/fresh_points.hpp>
#include <dovetail/engine/design/points/held_space.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t alternate_stream = 0x616c7465726e;  // "altern"

struct Turn {
  std::vector<std::string> groups;  ///< empty: all
  std::int64_t count = 1;
  bool free = false;  ///< limits do not count
};

[[noreturn]] void bad_turns(const std::string& text) {
  throw std::invalid_argument(fmt::format(
      "alternate: turns={}; expected groups and counts such as 'all 1, hw 10' or 'nn 50 free, hw 50'", text));
}

std::vector<Turn> read_turns(const std::string& text) {
  std::vector<Turn> turns;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    std::istringstream words(part);
    std::string groups, count, word;
    if (!(words >> groups >> count)) bad_turns(text);
    Turn turn;
    if (words >> word) {
      if (word != "free") bad_turns(text);
      turn.free = true;
    }
    if (count.empty() || count.size() > 9 || count.find_first_not_of("0123456789") != std::string::npos)
      bad_turns(text);
    turn.count = std::stoll(count);
    if (turn.count < 1) bad_turns(text);
    if (groups != "all") {
      std::istringstream names(groups);
      for (std::string name; std::getline(names, name, '+');) turn.groups.push_back(name);
    }
    turns.push_back(std::move(turn));
  }
  if (turns.empty()) bad_turns(text);
  return turns;
}

class AlternateDesigner final : public Designer {
 public:
  explicit AlternateDesigner(DesignerContext context)
      : context_(std::move(context)),
        points_(context_.space, context_.admits) {
    std::string turns = "all 1, hw 10";
    if (const auto found = context_.options.find("turns"); found != context_.options.end()) {
      turns = found->second;
      context_.options.erase(found);
    }
    if (const auto found = context_.options.find("inner"); found != context_.options.end()) {
      inner_name_ = found->second;
      context_.options.erase(found);
    }
    if (inner_name_ == "alternate") throw std::invalid_argument("alternate: inner=alternate would never end");
    turns_ = read_turns(turns);
    make_designer(inner_name_, context_);  // its options are checked now
  }

  std::string name() const override { return "alternate"; }

  std::vector<Point> suggest(int count) override {
    return points_.take(count, [&]() -> std::optional<Point> {
      for (std::size_t tries = 0; tries <= turns_.size(); ++tries) {
        if (used_ >= turns_[turn_].count) next_turn();
        if (std::optional<Point> point = in_turn()) {
          ++used_;
          return point;
        }
        next_turn();
      }
      Random random(context_.seed, {alternate_stream, suggested_++});
      return points_.draw(random);
    });
  }

  void update(std::span<const Trial> completed) override {
    for (const Trial& trial : completed) {
      points_.remember(trial.point);
      told_.push_back(trial);
    }
    if (inner_) inner_->update(known(completed));
  }

 private:
  void next_turn() {
    turn_ = (turn_ + 1) % turns_.size();
    used_ = 0;
    inner_.reset();
  }

  Goal goal_of(const Turn& turn) const {
    Goal goal = context_.goal;
    if (turn.free) goal.specs.clear();
    return goal;
  }

  // Without limits only trials with an objective can be compared.
  const Trial* best() const {
    const Goal goal = goal_of(turns_[(turn_ + turns_.size() - 1) % turns_.size()]);
    const Trial* result = nullptr;
    std::optional<Merit> most;
    for (const Trial& trial : told_) {
      const std::optional<Merit> value = merit(goal, trial);
      if (!value || (most && !(*most < *value))) continue;
      most = value;
      result = &trial;
    }
    return result;
  }

  // The trials of the turn's space.
  std::vector<Trial> known(std::span<const Trial> trials) const {
    std::vector<Trial> inside;
    for (const Trial& trial : trials)
      if (space_->contains(trial.point)) inside.push_back(trial);
    return inside;
  }

  void begin_turn() {
    const Turn& turn = turns_[turn_];
    DesignerContext context = context_;
    context.goal = goal_of(turn);
    if (!turn.groups.empty()) {
      Random random(context_.seed, {alternate_stream, 1, suggested_++});
      const Trial* incumbent = best();
      const std::optional<Point> base =
          incumbent != nullptr ? std::optional<Point>(incumbent->point) : context_.space.sample(random);
      if (!base) return;
      std::vector<HeldParameter> held;
      const auto& parameters = context_.space.parameters();
      for (int p = 0; p < static_cast<int>(parameters.size()); ++p) {
        const Parameter& parameter = parameters[static_cast<std::size_t>(p)];
        const bool moves =
            std::find(turn.groups.begin(), turn.groups.end(), group_of(parameter.name)) != turn.groups.end();
        if (!moves && width(parameter) == 1)
          held.push_back({p, base->numbers[static_cast<std::size_t>(context_.space.offset(p))]});
      }
      if (held.size() == parameters.size()) return;  // nothing moves
      context.space = held_space(context_.space, held);
    }
    space_ = context.space;
    inner_ = make_designer(inner_name_, context);
    inner_->update(known(told_));
  }

  std::optional<Point> in_turn() {
    if (!inner_) begin_turn();
    if (!inner_) return std::nullopt;
    constexpr int tries = 50;  // it does not know the points that other turns left pending
    for (int i = 0; i < tries; ++i) {
      std::vector<Point> points = inner_->suggest(1);
      if (points.empty()) return std::nullopt;
      if (!points_.known(points.front())) return std::move(points.front());
    }
    return std::nullopt;
  }

  DesignerContext context_;
  std::string inner_name_ = "bayes";
  std::vector<Turn> turns_;
  std::size_t turn_ = 0;
  std::int64_t used_ = 0;
  FreshPoints points_;
  std::optional<Space> space_;
  std::unique_ptr<Designer> inner_;
  std::vector<Trial> told_;
  std::uint64_t suggested_ = 0;
};

}  // namespace

std::unique_ptr<Designer> make_alternate_designer(const DesignerContext& context) {
  return std::make_unique<AlternateDesigner>(context);
}

}  // namespace dovetail
