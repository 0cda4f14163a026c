// convert: documents between notations, networks between tools, schemas, studies between stores.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/import/formats.hpp>
#include <dovetail/workloads/text/document.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail::verbs {

struct ConvertOptions {
  std::string to, schema, at, store;
  ImportOptions import;
};

const Record<ConvertOptions>& convert_table();

/// Kinds of documents that have a JSON Schema.
std::vector<std::string> schema_kinds();

/// Names, files of any format, or a folder. The answer is a record, or a text where the target is one (YAML, a file of
/// another tool); `files` takes what does not fit into one text. Throws UsageError and InputError.
Answer convert(const std::vector<std::string>& paths, const ConvertOptions& options, const Asking& asking);

/// A document of ours given as a text (named in messages) in the other notation, or in the one that is asked for.
Answer convert_text(const std::string& text, const std::string& name, const ConvertOptions& options,
                    const Asking& asking);

}  // namespace dovetail::verbs
