// The proof of a whole space of machines measured: how its bound rises against processor seconds of all threads.
//
// usage: space_proof WORKLOAD FAMILY [--gap 0.01] [--threads 2] [--effort LABELS] [--bounds] [NAME=VALUE ...]
//
// NAME=VALUE give a good machine of the space, whose best mappings are known when the clock starts; without them it is
// the one nearest to the hand design. With --bounds no machine is looked at: the incumbent stays, only the bound rises.
#include <fmt/format.h>

#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/codesign/proof/space_proof.hpp>
#include <dovetail/engine/study/study.hpp>
#include <dovetail/workloads/text/document.hpp>

#include "clocks.hpp"

namespace {

using namespace dovetail;

Study study_of(const std::string& text) {
  Diagnostics diagnostics;
  Study study = read_study(parse_yaml(text, "study.yaml"), diagnostics);
  diagnostics.raise();
  study.folder.clear();
  return study;
}

struct Asked {
  std::string workload, family, values;
  SpaceProof::Limits limits;
};

Asked asked_of(const std::vector<std::string>& words) {
  Asked asked;
  asked.limits.gap = 0.01;
  asked.limits.threads = 2;
  asked.limits.effort = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const bool more = i + 1 < words.size();
    if (word == "--bounds")
      asked.limits.ask = false;
    else if (word == "--gap" && more)
      asked.limits.gap = std::atof(words[++i].c_str());
    else if (word == "--threads" && more)
      asked.limits.threads = std::atoi(words[++i].c_str());
    else if (word == "--effort" && more)
      asked.limits.effort = std::atoll(words[++i].c_str());
    else if (const std::size_t equal = word.find('='); equal != std::string::npos)
      asked.values += (asked.values.empty() ? "" : ", ") + word.substr(0, equal) + ": " + word.substr(equal + 1);
    else if (asked.workload.empty())
      asked.workload = word;
    else
      asked.family = word;
  }
  return asked;
}

}  // namespace

int main(int count, char** words) {
  Asked asked = asked_of({words + 1, words + count});
  if (asked.family.empty()) {
    fmt::print(stderr,
               "usage: space_proof WORKLOAD FAMILY [--gap G] [--threads N] [--effort L] [--bounds] [NAME=VALUE ...]\n");
    return 2;
  }
  const std::string text = "workload: " + asked.workload + "\nfamily: " + asked.family;
  const Codesign codesign(study_of(text));
  const Codesign given(study_of(text + "\nfixed: {" + asked.values + "}"));
  Codesign::Limits limits;
  limits.threads = asked.limits.threads;
  const DesignPoint good = *codesign.evaluate(given.nearest_to_hand(), Codesign::Dataflow::free, limits);
  double best = good.objective;
  fmt::print("{} on {}: {} has {:.5e}, known after {:.1f} s\n", asked.workload, asked.family,
             codesign.space().text(good.point), best, process_seconds());
  const double start = process_seconds(), wall = wall_seconds();
  SpaceProof proof(codesign);
  double spent = 0.0;  // on machines
  int machines = 0;
  const auto line = [&](double bound) {
    fmt::print(
        "{:7.2f} s ({:.2f} of machines), wall {:.1f} s: bound {:.5e}, gap {:.2f} % of {:.5e}; {} searches, {} labels, "
        "{} machines\n",
        process_seconds() - start, spent, wall_seconds() - wall, bound, 100.0 * (1.0 - bound / best), best,
        proof.searches(), proof.effort(), machines);
    std::fflush(stdout);
  };
  asked.limits.reached = line;
  if (!proof.known(asked.limits)) {
    fmt::print("no proof of this space\n");
    return 1;
  }
  fmt::print("{} classes\n", proof.classes());
  proof.expect(good);
  proof.prove(good.point, good.lower_bound);
  while (const auto machine = proof.next(best, asked.limits)) {
    const double before = process_seconds();
    limits.incumbent = best;
    limits.unseen = true;
    const DesignPoint design = *codesign.evaluate(*machine, Codesign::Dataflow::free, limits);
    proof.prove(*machine,
                design.mapped || design.pruned ? design.lower_bound : std::numeric_limits<double>::infinity());
    ++machines;
    if (design.feasible() && design.objective < best) {
      best = design.objective;
      fmt::print("better: {} has {:.5e}\n", codesign.space().text(*machine), best);
    }
    spent += process_seconds() - before;
  }
  line(proof.lower_bound(best));
  for (const SpaceProof::Open& part : proof.open(best))
    fmt::print("open: {}: {:.5e} ({:.2f} %), {} parts\n", part.what, part.bound, 100.0 * (1.0 - part.bound / best),
               part.parts);
  return 0;
}
