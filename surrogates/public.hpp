// What is believed: the headers of this room that programs are meant to include. Others may change without notice.
#pragma once

#include <dovetail/surrogates/classifier.hpp>        // of feasibility
#include <dovetail/surrogates/gaussian_process.hpp>  // and its posterior
#include <dovetail/surrogates/kernel.hpp>
#include <dovetail/surrogates/matrix.hpp>
#include <dovetail/surrogates/output_transform.hpp>
#include <dovetail/surrogates/path_sample.hpp>
#include <dovetail/surrogates/regression.hpp>  // a process that is refitted as data comes
#include <dovetail/surrogates/standard_normal.hpp>
