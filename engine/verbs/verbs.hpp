// The table of verbs: what the program does, as functions from a document and options to a record. One row per verb.
#pragma once

#include <span>
#include <string>

#include <dovetail/engine/verbs/answer.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail::verbs {

struct Verb {
  const char* name;      ///< as on the command line
  const char* about;     ///< what it does
  const char* document;  ///< what the document may be
  /// Does it. `document` is a mapping (the document itself), a name, path or address, or a list of these. `options` is
  /// a mapping of the rows of `schema`, or null. Throws UsageError, InputError, StorageError, std::invalid_argument.
  Answer (*run)(const Node& document, const Node& options, const Asking& asking);
  /// JSON Schema of its own options; every verb also takes those of common_schema.
  Json (*schema)();
};

std::span<const Verb> verbs();

/// Null: there is none of this name.
const Verb* find_verb(const std::string& name);

/// Options that every verb may be given in `run_verb`: format, seed, threads, set, dry_run.
Json common_schema();

/// The verb of this name with one document of all its options, the common ones included. Throws as Verb::run, and
/// UsageError for a verb that does not exist.
Answer run_verb(const std::string& name, const Node& document, const Node& options, Asking asking);

}  // namespace dovetail::verbs
