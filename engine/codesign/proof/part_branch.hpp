// Parts of a part of a space whose layers have chosen: where they disagree, then shapes, then what is left.
#pragma once

#include <optional>

#include <dovetail/engine/codesign/proof/space_part.hpp>

namespace dovetail {

/// What a part turns into.
struct Branches {
  std::vector<SpacePart> parts;
  std::optional<Point> ask;  ///< a machine that should be looked at before; the part is then its only part
};

class PartBranch {
 public:
  PartBranch(const Codesign& codesign, const UsedLayers& uses)
      : codesign_(codesign),
        uses_(uses),
        space_(codesign.space()) {}

  /// `asks`: whether the best machine that holds what all layers want may be asked about first.
  Branches branch(SpacePart part, bool asks) const;
  /// The best machine, as far as bounds show, that holds what the layers want.
  std::optional<Point> machine(const SpacePart& part) const;

 private:
  bool by_disagreement(const SpacePart& part, Branches& out) const;
  void without_room(const SpacePart& part, Branches& out) const;
  void by_shape(const SpacePart& part, Branches& out) const;
  void by_parameter(const SpacePart& part, Branches& out) const;
  void narrow(const SpacePart& part, ShapeClass own, Branches& out) const;
  void cut(const SpacePart& part, std::size_t parameter, double last, Branches& out) const;
  void inherit(const SpacePart& part, Box box, std::shared_ptr<ClassCosts> costs, Branches& out) const;
  double wanted(const SpacePart& part, std::size_t level) const;
  double step(std::size_t parameter) const;
  int capacity_of(const SpacePart& part, std::size_t parameter) const;

  const Codesign& codesign_;
  const UsedLayers& uses_;
  const Space& space_;
};

}  // namespace dovetail
