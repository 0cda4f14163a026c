// Every reader under libFuzzer: any bytes are read or refused with a message, never more. `--reader=NAME` chooses one.
//
//   cmake --preset fuzz && cmake --build --preset fuzz
//   build/fuzz/tests/fuzz_readers --reader=timeloop -runs=1000000 -timeout=1 -rss_limit_mb=512 [FOLDER WITH SEEDS]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <dovetail/accelerators/import/machine_formats.hpp>
#include <dovetail/accelerators/import/scalesim_machine.hpp>
#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/accelerators/systolic/document.hpp>
#include <dovetail/accelerators/tiles/tile_document.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/spaces/network/network_family.hpp>
#include <dovetail/workloads/import/formats.hpp>
#include <dovetail/workloads/network.hpp>

namespace {

using namespace dovetail;
using Reader = std::function<void(const std::string& text)>;

void imported(const std::string& text, std::string_view format) {
  static const std::map<std::string_view, std::string> suffixes = {
      {"scalesim", ".csv"}, {"maestro", ".m"}, {"onnx", ".onnx"}};
  ImportOptions options;
  options.from = format;
  const auto suffix = suffixes.find(format);
  import_source(Source("fuzzed" + (suffix == suffixes.end() ? ".yaml" : suffix->second), text), options);
}

template <class Read>
Reader document(Read read) {
  return [read](const std::string& text) {
    Diagnostics diagnostics;
    read(parse_document(text, "fuzzed.yaml"), diagnostics);
    diagnostics.raise();
  };
}

std::map<std::string, Reader> readers() {
  std::map<std::string, Reader> all;
  for (const Format& format : formats()) {
    if (format.unavailable.empty())
      all[std::string(format.name)] = [name = format.name](const std::string& text) { imported(text, name); };
  }
  all["yaml"] = [](const std::string& text) { parse_yaml(text, "fuzzed.yaml"); };
  all["json"] = [](const std::string& text) { parse_json(text, "fuzzed.json"); };
  all["design"] = [](const std::string& text) { read_design(parse_document(text, "fuzzed.yaml")); };
  all["family"] = [](const std::string& text) { read_family(text, "fuzzed.yaml"); };
  all["network-family"] = [](const std::string& text) { read_network_family(parse_document(text, "fuzzed.yaml")); };
  all["architecture"] = document([](const Node& node, Diagnostics& d) { read_architecture(node, d); });
  all["systolic"] = document([](const Node& node, Diagnostics& d) { read_systolic(node, d); });
  all["tile-case"] = document([](const Node& node, Diagnostics& d) { read_tile_case(node, d); });
  all["scalesim-machine"] = [](const std::string& text) {
    Diagnostics diagnostics;
    read_scalesim_machine(Source("fuzzed.cfg", text), diagnostics);
    diagnostics.raise();
  };
  for (const MachineFormat& format : machine_formats()) {
    all[std::string(format.name) + "-machine"] = [&format](const std::string& text) {
      import_machine(format, Source("fuzzed.yaml", text));
    };
  }
  return all;
}

Reader chosen;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** words) {
  const std::string_view option = "--reader=";
  const std::map<std::string, Reader> all = readers();
  for (int i = 1; i < *count; ++i) {
    const std::string_view word = (*words)[i];
    if (!word.starts_with(option)) continue;
    const auto found = all.find(std::string(word.substr(option.size())));
    if (found != all.end()) chosen = found->second;
  }
  if (chosen) return 0;
  for (const auto& [name, reader] : all) std::printf("--reader=%s\n", name.c_str());
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    chosen(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const InputError&) {  // the only way to refuse
  }
  return 0;
}
