// The designers of a study: the one that it names, with what is known of its machines, and the one of its proof.
#pragma once

#include <memory>

#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

class Codesign;

/// Throws InputError for options that mean nothing. The study outlives its designers.
std::unique_ptr<Designer> study_designer(const Codesign& codesign, int threads);
/// Every point whose bound within the specs is below the best told, the least bound first.
std::unique_ptr<Designer> study_prover(const Codesign& codesign, int threads);

}  // namespace dovetail
