// Codes that turn choices without an order into numbers whose squared distance means something.
#pragma once

#include <span>
#include <vector>

namespace dovetail {

/// One-hot code over sqrt(2): the squared distance of two codes is 1 when the choices differ (Hamming,
/// overlap kernel).
void append_one_hot(int choice, int count, std::vector<double>& features);

/// Signs of all pairs: position[i] gives where item i stands. The squared distance is the share of discordant
/// pairs, the normalised Kendall distance (Jiao & Vert, ICML 2015; the squared exponential of it is the
/// Mallows kernel).
void append_pair_signs(std::span<const double> position, std::vector<double>& features);

/// Positions scaled so that the largest possible squared distance is 1 (Spearman's distance).
void append_positions(std::span<const double> position, std::vector<double>& features);

/// How many features each code appends.
int pair_sign_count(int items);

}  // namespace dovetail
