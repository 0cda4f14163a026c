// Accuracy predicted from what published results say of a network's size: for who has no data yet.
#pragma once

#include <memory>
#include <string>

#include <dovetail/engine/explore/stage/stage.hpp>

namespace dovetail {

/// A regression of ImageNet top-1 on parameters and image size,
///     log(100 - top1) = b0 + b1 log p + b2 log(s / 224) + b3 (log p)^2,    p in millions, s in pixels,
/// by least squares over the 1 110 rows of pytorch-image-models' results-imagenet.csv (Apache-2.0) whose names tell of
/// no further data or teacher. `cv_rmse` and `cv_mae` are its errors in points of top-1 in ten-fold cross-validation
/// (row i in fold i mod 10). Networks of equal size have equal predictions, whatever they are made of.
struct AccuracyProxy {
  static constexpr double coefficients[4] = {3.574131992053006, -0.24960315405327885, -0.293418926421736,
                                             0.0199906798247755};
  static constexpr double cv_rmse = 2.447, cv_mae = 1.776;
  static constexpr double least_millions = 0.27, most_millions = 500.0;  ///< sizes outside are taken as these
  static double top1(double parameters, double image_size);
};

std::unique_ptr<Stage> make_proxy_accuracy(const CandidateSpace& space, std::size_t network, const std::string& metric);

}  // namespace dovetail
