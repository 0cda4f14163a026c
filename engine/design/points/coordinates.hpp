// The coordinates that surrogates see of a point, and the kernel that fits them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include <dovetail/spaces/space/space.hpp>
#include <dovetail/surrogates/numeric/matrix.hpp>
#include <dovetail/surrogates/process/kernel.hpp>

namespace dovetail {

/// Codes every parameter of a point as numbers in about [0, 1]:
///   real, integer   (x - low) / (high - low), of the logarithms where the range says `log`
///   ordinal         the value, or its logarithm when the values are spaced more evenly there
///   categorical     one-hot (Hamming distance), one length scale
///   permutation     signs of all pairs (Kendall distance), one length scale
///   factorization   log(factor) / log(product) per slot
/// and, last, for every list of at most 16 choices that three or more categorical parameters of one group (nn,
/// nn.vision) share, the share of them at each choice. With the user's own `features` those replace the code (scaled by
/// what is seen first is the user's business: about [0, 1] is best).
class PointFeatures {
 public:
  explicit PointFeatures(const Space& space, std::function<std::vector<double>(const Point&)> custom = {});

  std::vector<double> operator()(const Point& point) const;
  Matrix matrix(std::span<const Point> points) const;
  /// The codes of `count` feasible points, the same at every call (fewer where none is found).
  Matrix draws(int count) const;

  /// Over the numbers N and the unordered choices C (a squared exponential each, multiplied): N x C with one choice,
  /// whose correlation says how much its values share; N + N x C with several, whose product vanishes where all differ
  /// (mixtures as in CoCaBO, Ru et al., ICML 2020). N is matern52 or squared_exponential; `linear` adds a linear term
  /// over all columns to the first, `additive` main effects of the ordered parameters; `product` is N x C alone with
  /// the first; `linear_noise` the linear term alone. All but the last two have one more term per shared list of
  /// choices, over the shares: how often a choice is made, wherever; and, where there are several lists, one over the
  /// choices of each: networks that add up.
  Kernel kernel(const std::string& name) const;

  int dimension() const { return static_cast<int>(numeric_.size() + tied_.size()); }  ///< length scales, not columns
  const std::vector<int>& numeric() const { return numeric_; }  ///< columns of ordered numbers in [0, 1]
  const std::vector<int>& ranges() const { return ranges_; }    ///< those that fill [0, 1]: without factors

  /// A real parameter: number `number` of a point is column `column`; x = low + u (high - low), or the same on
  /// logarithms.
  struct RealColumn {
    int number = 0, column = 0;
    double low = 0.0, high = 1.0;
    bool log = false;
    double to_unit(double value) const;
    double from_unit(double unit) const;
  };
  const std::vector<RealColumn>& reals() const { return reals_; }

  /// Categorical parameters with the same list of choices: their places among the numbers of a point, and the choices.
  struct SharedChoices {
    std::vector<int> numbers;
    int choices = 0, column = 0;  ///< the shares are at column, column + 1, ...
  };
  const std::vector<SharedChoices>& shared() const { return shared_; }

  /// The columns that only the numbers first .. first + count - 1 of a point decide: what the features of a space of
  /// these parameters alone would be, in their order. None of the user's features.
  std::vector<int> columns_of(int first, int count) const;
  bool only_real() const { return reals_.size() == space_.parameters().size(); }

 private:
  struct Code {
    enum class Kind : unsigned char { number, table, one_hot, pairs, factors } kind = Kind::number;
    int first = 0, count = 1;  // numbers of the point
    RealColumn scale;
    std::vector<double> table;
  };
  void share_choices(int column);
  KernelFactor own_choices(const SharedChoices& list) const;
  Space space_;
  std::function<std::vector<double>(const Point&)> custom_;
  std::vector<Code> codes_;
  std::vector<int> numeric_, ranges_;
  std::vector<std::vector<int>> tied_;
  std::vector<RealColumn> reals_;
  std::vector<SharedChoices> shared_;
};

}  // namespace dovetail
