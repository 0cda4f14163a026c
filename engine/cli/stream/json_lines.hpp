// JSON lines: one document a line on stdin, one answer a line on stdout.
#pragma once

#include <functional>

#include <nlohmann/json_fwd.hpp>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail::cli {

/// Answers every line of stdin in order, flushed; a bad line answers {"error": …} in its place, and the exit code is
/// then that of wrong input. The number `question` of a line is repeated in its answer.
int answer_lines(const std::function<nlohmann::ordered_json(const Node&)>& answer);

}  // namespace dovetail::cli
