// In what two studies differ (see the header).
#include <dovetail/engine/record/identity_differences.hpp>

#include <fmt/format.h>

#include <dovetail/workloads/text/printable.hpp>

namespace dovetail {
namespace {

std::string shorten(const std::string& text) {
  return text.size() <= 60 ? text : std::string(first_letters(text, 57)) + "...";
}

}  // namespace

std::string identity_differences(const StudyRecord& stored, const StudyRecord& asked) {
  std::string text;
  const auto add = [&](const std::string& name, const std::string& have, const std::string& want) {
    text += fmt::format("\n  {}: the store has '{}', this run asks '{}'", name, shorten(have), shorten(want));
  };
  for (const auto& [name, value] : stored.identity) {
    const auto found = asked.identity.find(name);
    if (found == asked.identity.end())
      add(name, value, "nothing");
    else if (found->second != value)
      add(name, value, found->second);
  }
  for (const auto& [name, value] : asked.identity) {
    if (stored.identity.count(name) == 0) add(name, "nothing", value);
  }
  return text;
}

}  // namespace dovetail
