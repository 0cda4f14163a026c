// calibrate: fits models to measured rows, and says how they do on what they have not seen.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/text/document.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail::verbs {

struct CalibrateOptions {
  std::vector<std::string> automatic;
  std::string check, check_target = "target.gemmini_cycle", target = "target.cycle",
                     automatic_target = "target.gemmini_auto_cycle";
  int dim = 0, rounds = 26, folds = 5;
  std::vector<std::string> networks;  ///< columns with the measured costs of networks
  std::string key, network_family;    ///< networks given by canonical texts of this family in this column
};

const Record<CalibrateOptions>& calibrate_table();

/// The gemmini preset fitted to the measured rows of CSV files, with its error on layers left out; or, with `networks`,
/// one number per block and operator, in the form that `cost: {table: FILE}` reads. Throws UsageError and InputError.
Answer calibrate(const std::vector<std::string>& files, const CalibrateOptions& options, const Asking& asking);

/// A latency-table-case/1 document: latencies by the operator of each block, with a bias and a Gaussian process over
/// what that leaves. Throws InputError.
Answer calibrate_latencies(const Node& document, const Asking& asking);

}  // namespace dovetail::verbs
