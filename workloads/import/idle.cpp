#include <dovetail/workloads/import/idle.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>

namespace dovetail {
namespace {

std::int64_t add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}

std::int64_t times(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::int64_t>::max() : product;
}

// The same words in the same order under another shape, or nothing at all at inference.
bool is_view(std::string_view operation) {
  static const std::set<std::string_view> all = {"Constant", "ConstantOfShape", "Dropout", "Flatten", "Identity",
                                                 "Reshape",  "Shape",           "Size",    "Squeeze", "Unsqueeze"};
  return all.contains(operation);
}

// Words that change their place: as many are read as are written.
bool is_move(std::string_view operation) {
  static const std::set<std::string_view> all = {"Concat",       "DepthToSpace", "Expand",  "Gather", "GatherElements",
                                                 "GatherND",     "Pad",          "Slice",   "Split",  "Tile",
                                                 "SpaceToDepth", "Transpose",    "Upsample"};
  return all.contains(operation);
}

// Operations per element, counted from the operator's definition (ONNX, Operators.md) with constants folded.
std::int64_t operations_per_element(std::string_view operation) {
  static const std::map<std::string_view, std::int64_t> all = {
      {"Softmax", 5},             // maximum, difference, exponential, sum, quotient
      {"LogSoftmax", 5},          // maximum, difference, exponential, sum, difference of the logarithm
      {"LayerNormalization", 7},  // sum, difference, square, sum, quotient, scale, shift
      {"GroupNormalization", 7},
      {"InstanceNormalization", 7},
      {"MeanVarianceNormalization", 5},
      {"SkipLayerNormalization", 8},
      {"RMSNormalization", 4},  // square, sum, quotient, scale
      {"SimplifiedLayerNormalization", 4},
      {"BatchNormalization", 2},  // scale, shift
      {"Gelu", 5},                // x / sqrt 2, error function, + 1, times x, times 1/2
      {"FastGelu", 8},
      {"QuickGelu", 5},
      {"Sigmoid", 4},  // negation, exponential, + 1, reciprocal
      {"Silu", 5},
      {"Swish", 5},
      {"HardSigmoid", 4},
      {"HardSwish", 5},
      {"Elu", 3},
      {"Selu", 4},
      {"Mish", 5},
      {"Clip", 2},
      {"LeakyRelu", 2},
      {"PRelu", 2},
      {"LRN", 4}};
  const auto found = all.find(operation);
  return found != all.end() ? found->second : 1;
}

}  // namespace

IdleWork idle_work(const IdleOperator& idle) {
  if (is_view(idle.operation)) return {};
  IdleWork work{idle.elements_read, idle.elements_written, 0};
  if (is_move(idle.operation)) {
    work.words_read = work.words_written;
  } else {
    // One operation per result for two operands of its size, per operand element for a reduction.
    const bool two_operands = work.words_read <= 2 * work.words_written;
    const std::int64_t elements = two_operands ? work.words_written : work.words_read;
    work.operations = times(operations_per_element(idle.operation), elements);
  }
  return work;
}

std::vector<IdleGroup> idle_groups(const std::vector<IdleOperator>& idle) {
  std::vector<IdleGroup> groups;
  for (const IdleOperator& one : idle) {
    auto group =
        std::find_if(groups.begin(), groups.end(), [&](const IdleGroup& g) { return g.operation == one.operation; });
    if (group == groups.end()) group = groups.insert(group, IdleGroup{one.operation, 0, 0, {}});
    const IdleWork work = idle_work(one);
    ++group->count;
    group->unsized += one.elements_written == 0 ? 1 : 0;
    group->work = {add(group->work.words_read, work.words_read), add(group->work.words_written, work.words_written),
                   add(group->work.operations, work.operations)};
  }
  std::stable_sort(groups.begin(), groups.end(), [](const IdleGroup& a, const IdleGroup& b) {
    return add(a.work.words_read, a.work.words_written) > add(b.work.words_read, b.work.words_written);
  });
  return groups;
}

IdleWork idle_total(const std::vector<IdleGroup>& groups) {
  IdleWork total;
  for (const IdleGroup& group : groups) {
    total = {add(total.words_read, group.work.words_read), add(total.words_written, group.work.words_written),
             add(total.operations, group.work.operations)};
  }
  return total;
}

double idle_share(const Network& network, const IdleWork& idle) {
  const double left_out = static_cast<double>(idle.words_read) + static_cast<double>(idle.words_written);
  double all = left_out;
  for (const NetworkLayer* each : layers(network)) {
    for (const Tensor& tensor : each->layer.tensors)
      all += static_cast<double>(each->repeat) * static_cast<double>(elements(each->layer, tensor));
  }
  return all > 0 ? left_out / all : 0.0;
}

}  // namespace dovetail
