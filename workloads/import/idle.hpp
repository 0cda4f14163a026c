// What operators without multiply-accumulates read, write and compute.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <dovetail/workloads/import/imported.hpp>

namespace dovetail {

/// Words moved and operations done. An operation is one addition, multiplication, comparison, division or
/// elementary function of one element.
struct IdleWork {
  std::int64_t words_read = 0, words_written = 0, operations = 0;
};

/// The work of one operator: nothing for views (Reshape, Flatten, Dropout at inference, ...), words alone for
/// moves (Transpose, Concat, Gather, ...), else operations per element by the operator's definition: 5 for
/// Softmax (maximum, difference, exponential, sum, quotient), 7 for LayerNormalization, one for additions,
/// activations that are one function, and operators that are not known. Elements are those of the result, or
/// of the operands where these are more than two of its size: pooling and reductions take one operation per
/// element that they read.
IdleWork idle_work(const IdleOperator& idle);

/// All operators of one operation.
struct IdleGroup {
  std::string operation;
  std::int64_t count = 0, unsized = 0;  ///< unsized: with elements that the file does not say
  IdleWork work;
};

/// The operators of a network by operation, those with the most words first; ties in the order of the file.
/// Sums stop at 2^63 - 1.
std::vector<IdleGroup> idle_groups(const std::vector<IdleOperator>& idle);

/// Everything together.
IdleWork idle_total(const std::vector<IdleGroup>& groups);

/// The share of words that are left out when only layers are counted: those of the idle operators in all
/// words that the network must move when every operator and layer reads its operands and writes its result
/// once, in [0, 1].
double idle_share(const Network& network, const IdleWork& idle);

}  // namespace dovetail
