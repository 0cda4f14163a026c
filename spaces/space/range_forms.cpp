#include <dovetail/spaces/space/range_forms.hpp>

#include <algorithm>

namespace dovetail {
namespace {

Node word(const Location& where, const char* text) {
  return Node::scalar(where, text, false);
}

bool all_numbers(const Node& list) {
  return !list.items().empty() && std::all_of(list.items().begin(), list.items().end(), [](const Node& item) {
    return item.is_scalar() && !item.quoted() && item.as_number().has_value();
  });
}

}  // namespace

Node spelled_out(const Node& parameter) {
  if (!parameter.is_mapping()) return parameter;
  const bool has_kind = parameter.find("kind") != nullptr;
  std::vector<Node::Entry> entries;
  for (const Node::Entry& entry : parameter.entries()) {
    const Node& value = entry.value;
    const bool range =
        (entry.key == "integer" || entry.key == "real") && value.is_sequence() && value.items().size() == 2;
    const bool list = value.is_sequence() && (entry.key == "choices" || (entry.key == "values" && !has_kind));
    if (range) {
      if (!has_kind) entries.push_back({"kind", entry.where, word(entry.where, entry.key.c_str())});
      entries.push_back({"low", value.items()[0].location(), value.items()[0]});
      entries.push_back({"high", value.items()[1].location(), value.items()[1]});
    } else if (list) {
      const bool ordinal = entry.key == "values" && all_numbers(value);
      if (!has_kind) entries.push_back({"kind", entry.where, word(entry.where, ordinal ? "ordinal" : "categorical")});
      entries.push_back({"values", entry.where, value});
    } else if (entry.key != "meaning") {
      entries.push_back(entry);
    }
  }
  return Node::mapping(parameter.location(), std::move(entries));
}

}  // namespace dovetail
