// Presets: merging of study documents by key.
#include <dovetail/engine/study/presets.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dovetail/workloads/text/embedded.hpp>

namespace dovetail {
namespace embedded {
std::span<const File> presets();
}

namespace {

void put(std::vector<Node::Entry>& entries, const Node::Entry& entry) {
  std::erase_if(entries, [&](const Node::Entry& other) { return other.key == entry.key; });
  entries.push_back(entry);
}

}  // namespace

std::vector<std::string> preset_names() {
  return embedded::names(embedded::presets());
}

std::optional<std::string> preset_text(const std::string& name) {
  const embedded::File* file = embedded::find(embedded::presets(), name);
  return file == nullptr ? std::nullopt : std::optional<std::string>(file->text);
}

Node with_preset(const Node& document, const std::string& preset, const std::string& variant) {
  std::string name = preset, wanted = variant;
  Location where = {"--preset", 0, 0, ""};
  if (const Node* key = document.find("preset"); key != nullptr && preset.empty()) {
    name = key->text();
    where = key->location();
  }
  if (const Node* key = document.find("variant"); key != nullptr && wanted.empty()) wanted = key->text();
  Node base;
  if (!name.empty()) {
    const auto text = preset_text(name);
    if (!text)
      throw InputError(where, fmt::format("there is no preset {}{}", quote(name), suggestion(name, preset_names())));
    base = parse_yaml(*text, name + ".yaml");
  }
  std::vector<Node::Entry> entries;
  for (const Node::Entry& entry : base.entries()) put(entries, entry);
  const Node* variants = document.find("variants") != nullptr ? document.find("variants") : base.find("variants");
  if (!wanted.empty() && wanted != "ours") {
    const Node* chosen = variants != nullptr ? variants->find(wanted) : nullptr;
    if (chosen == nullptr) {
      std::vector<std::string> known = {"ours"};
      if (variants != nullptr)
        for (const Node::Entry& entry : variants->entries()) known.push_back(entry.key);
      throw InputError(where, fmt::format("there is no variant {}{}", quote(wanted), suggestion(wanted, known)));
    }
    for (const Node::Entry& entry : chosen->entries()) put(entries, entry);
  }
  for (const Node::Entry& entry : document.entries()) put(entries, entry);
  std::erase_if(entries, [](const Node::Entry& entry) { return entry.key == "variant" || entry.key == "variants"; });
  if (!name.empty()) put(entries, {"preset", where, Node::scalar(where, name, true)});
  return Node::mapping(document.is_mapping() ? document.location() : base.location(), std::move(entries));
}

}  // namespace dovetail
