// Drawing first, then asking the designer.
#include <dovetail/engine/explore/first_draws.hpp>

#include <set>

namespace dovetail {
namespace {

constexpr std::uint64_t draws_stream = 0x6669727374;  // "first"
constexpr int tries = 200;

class FirstDrawsDesigner final : public Designer {
 public:
  FirstDrawsDesigner(std::unique_ptr<Designer> designer, FirstDraws draws)
      : designer_(std::move(designer)),
        draws_(std::move(draws)) {}

  std::string name() const override { return designer_->name(); }

  std::vector<Point> suggest(int count) override {
    std::vector<Point> points;
    while (static_cast<int>(points.size()) < count) {
      std::optional<Point> point;
      const bool later = draws_.every > 0 && ++suggested_ % draws_.every == 0;
      if (draws_.count < 0 || drawn_ < draws_.count || later) point = drawn();
      if (!point) point = asked();
      if (!point) break;
      known_.insert(*point);
      points.push_back(std::move(*point));
    }
    return points;
  }

  void update(std::span<const Trial> completed) override {
    for (const Trial& trial : completed) known_.insert(trial.point);
    designer_->update(completed);
  }

 private:
  std::optional<Point> drawn() {
    Random random(draws_.seed, {draws_stream, static_cast<std::uint64_t>(drawn_++)});
    for (int i = 0; i < tries; ++i) {
      std::optional<Point> point = draws_.draw(random);
      if (point && known_.count(*point) == 0) return point;
    }
    return std::nullopt;
  }

  // It does not know the draws that are pending.
  std::optional<Point> asked() {
    for (int i = 0; i < tries; ++i) {
      std::vector<Point> points = designer_->suggest(1);
      if (points.empty()) return std::nullopt;
      if (known_.count(points.front()) == 0) return points.front();
    }
    return std::nullopt;
  }

  std::unique_ptr<Designer> designer_;
  FirstDraws draws_;
  int drawn_ = 0, suggested_ = 0;
  std::set<Point> known_;
};

}  // namespace

std::unique_ptr<Designer> with_first_draws(std::unique_ptr<Designer> designer, FirstDraws draws) {
  return std::make_unique<FirstDrawsDesigner>(std::move(designer), std::move(draws));
}

}  // namespace dovetail
