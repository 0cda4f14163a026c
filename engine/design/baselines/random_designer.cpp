// Uniform draws from the feasible set, without repetition.
#include <dovetail/engine/design/baselines/random_designer.hpp>

#include <dovetail/engine/design/points/fresh_points.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t random_stream = 0x72616e646f6d;  // "random"

class RandomDesigner final : public Designer {
 public:
  explicit RandomDesigner(const DesignerContext& context)
      : seed_(context.seed),
        points_(context.space, context.admits) {}

  std::string name() const override { return "random"; }

  std::vector<Point> suggest(int count) override {
    return points_.take(count, [&] {
      Random random(seed_, {random_stream, suggested_++});
      return points_.draw(random);
    });
  }

  void update(std::span<const Trial> completed) override {
    for (const Trial& trial : completed) points_.remember(trial.point);
  }

  std::string memory() const override { return points_.memory(); }
  void restore(const std::string& memory) override { points_.restore(memory); }
  bool accept(int count, std::span<const Point> points) override {
    suggested_ += points_.took(count, points);
    return true;
  }

 private:
  std::uint64_t seed_;
  std::uint64_t suggested_ = 0;
  FreshPoints points_;
};

}  // namespace

std::unique_ptr<Designer> make_random_designer(const DesignerContext& context) {
  return std::make_unique<RandomDesigner>(context);
}

}  // namespace dovetail
