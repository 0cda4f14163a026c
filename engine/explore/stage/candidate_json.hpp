// Candidates as JSON: what a user's command is asked, and what reports say.
#pragma once

#include <nlohmann/json.hpp>

#include <dovetail/engine/explore/stage/candidate.hpp>

namespace dovetail {

/// {"point": {name: value}, "networks": [workload documents]}: the question of a command; `architecture` where there is
/// one.
nlohmann::ordered_json candidate_question(const CandidateSpace& space, const NetworkCandidate& candidate);

/// The workload document of a network, searched or not.
nlohmann::ordered_json network_document(const CandidateNetwork& network);

}  // namespace dovetail
