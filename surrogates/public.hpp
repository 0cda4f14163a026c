// What is believed: the headers of this room that programs are meant to include. Others may change without notice.
#pragma once

#include <dovetail/surrogates/classifier.hpp>  // of feasibility
#include <dovetail/surrogates/numeric/matrix.hpp>
#include <dovetail/surrogates/numeric/standard_normal.hpp>
#include <dovetail/surrogates/output_transform.hpp>
#include <dovetail/surrogates/process/gaussian_process.hpp>  // and its posterior
#include <dovetail/surrogates/process/kernel.hpp>
#include <dovetail/surrogates/process/path_sample.hpp>
#include <dovetail/surrogates/regression.hpp>  // a process that is refitted as data comes
