// A study as a document that reads back to the same trials anywhere: for workers on other machines.
#pragma once

#include <functional>
#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include <dovetail/engine/study/study.hpp>

namespace dovetail {

/// The keys of the study's table that have another value than by default, in the table's order; of those with a reading
/// of their own only such that are one value.
nlohmann::ordered_json study_values(const Study& study);

/// Every key of the study that decides trials. Left out: `store` and `time`, which are the proposer's, and the command
/// of `evaluator`, because whoever runs a command says so himself.
nlohmann::ordered_json study_document(const Study& study);

/// Document and files of a study in one text, "dovetail-packed-study/1": networks (as descriptors of ours) and family
/// where they are files. Throws InputError when one cannot be read.
std::string pack_study(const Study& study);

/// The study of such a text. Its files are written into `folder`, which outlives the study. `name` stands in messages.
/// Throws InputError.
Study unpack_study(const std::string& text, const std::string& folder, const std::string& name);

}  // namespace dovetail
