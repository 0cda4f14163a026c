// Every feasible point of a finite space, in lexicographic order, listed in growing pieces.
#include <dovetail/engine/exhaustive_designer.hpp>

#include <set>
#include <stdexcept>
#include <variant>

namespace dovetail {
namespace {

class ExhaustiveDesigner final : public Designer {
 public:
  explicit ExhaustiveDesigner(const DesignerContext& context) : space_(context.space) {
    for (const Parameter& parameter : space_.parameters()) {
      if (std::holds_alternative<RealRange>(parameter.domain)) {
        throw std::invalid_argument("the exhaustive designer needs a finite space; '" + parameter.name +
                                    "' is real");
      }
    }
  }

  std::string name() const override { return "exhaustive"; }

  std::vector<Point> suggest(int count) override {
    std::vector<Point> points;
    while (static_cast<int>(points.size()) < count) {
      if (next_ == list_.size() && !extend()) break;
      const Point& point = list_[next_++];
      if (told_.count(point) == 0) points.push_back(point);
    }
    return points;
  }

  void update(std::span<const Trial> completed) override {
    for (const Trial& trial : completed) told_.insert(trial.point);
  }

 private:
  // Lists four times as many points as before; false when the space has no more.
  bool extend() {
    if (complete_) return false;
    limit_ = limit_ == 0 ? 1024 : limit_ * 4;
    const std::size_t before = list_.size();
    list_ = space_.enumerate(limit_);
    complete_ = list_.size() < limit_;
    return list_.size() > before;
  }

  Space space_;
  std::vector<Point> list_;
  std::size_t next_ = 0, limit_ = 0;
  bool complete_ = false;
  std::set<Point> told_;  ///< including trials that were never asked for
};

}  // namespace

std::unique_ptr<Designer> make_exhaustive_designer(const DesignerContext& context) {
  return std::make_unique<ExhaustiveDesigner>(context);
}

}  // namespace dovetail
