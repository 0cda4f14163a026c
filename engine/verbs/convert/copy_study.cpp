// A study from one store to another (see the header).
#include <dovetail/engine/verbs/convert/copy_study.hpp>

#include <bit>
#include <cstdint>

#include <fmt/format.h>

#include <dovetail/engine/record/store.hpp>

namespace dovetail::verbs {
namespace {

constexpr std::size_t piece = 1000;  // trials or events at a time

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool same(const StoredTrial& a, const StoredTrial& b) {
  const auto equal = [](const auto& x, const auto& y) { return same_bits(x, y); };
  const auto pairs = [](const auto& x, const auto& y) { return x.first == y.first && same_bits(x.second, y.second); };
  return a.trial.id == b.trial.id && a.trial.state == b.trial.state && a.trial.reason == b.trial.reason &&
         a.detail == b.detail && same_bits(a.seconds, b.seconds) &&
         std::equal(a.trial.point.numbers.begin(), a.trial.point.numbers.end(), b.trial.point.numbers.begin(),
                    b.trial.point.numbers.end(), equal) &&
         std::equal(a.trial.metrics.begin(), a.trial.metrics.end(), b.trial.metrics.begin(), b.trial.metrics.end(),
                    pairs);
}

}  // namespace

Answer copy_study(const std::string& from, const std::string& to, const Asking& asking) {
  const std::unique_ptr<Store> source = read_store(from);
  tell_notes(asking, source->notes());
  const std::vector<StoredTrial> trials = source->trials();
  const std::vector<std::string> events = source->events();
  {
    const std::unique_ptr<Store> target = open_store(to, source->record(), false);
    for (std::size_t i = 0; i < trials.size(); i += piece)
      target->put(StoreChange{{trials.begin() + static_cast<std::ptrdiff_t>(i),
                               trials.begin() + static_cast<std::ptrdiff_t>(std::min(trials.size(), i + piece))},
                              {},
                              {}});
    for (std::size_t i = 0; i < events.size(); i += piece)
      target->put(StoreChange{{},
                              {},
                              {events.begin() + static_cast<std::ptrdiff_t>(i),
                               events.begin() + static_cast<std::ptrdiff_t>(std::min(events.size(), i + piece))}});
  }
  const std::unique_ptr<Store> copy = read_store(to);
  const std::vector<StoredTrial> copied = copy->trials();
  if (copied.size() != trials.size() || copy->events() != events)
    throw StorageError("the copy lacks something of the study: it cannot be relied on");
  for (std::size_t i = 0; i < trials.size(); ++i)
    if (!same(trials[i], copied[i]))
      throw StorageError(fmt::format("trial {} of the copy is another", trials[i].trial.id));
  Answer out;
  if (asking.as_text())
    out.say("{} trials and {} events copied, and compared\n", trials.size(), events.size());
  else
    out.record = {{"trials", trials.size()}, {"events", events.size()}};
  return out;
}

}  // namespace dovetail::verbs
