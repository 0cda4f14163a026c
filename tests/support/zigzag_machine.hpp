// A small ZigZag machine of our own, 4 x 2 units, and ZigZag's own files where they are.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/reference_data.hpp"

namespace dovetail::testing {

inline const std::string zigzag_machine = R"(name: small
memories:
  o_reg:
    size: 32
    r_cost: 0.25
    w_cost: 0.5
    area: 0
    latency: 1
    operands: [O]
    ports:
      - {name: r_port_1, type: read, bandwidth_min: 16, bandwidth_max: 16, allocation: ["O, tl"]}
      - {name: r_port_2, type: read, bandwidth_min: 16, bandwidth_max: 16, allocation: ["O, th"]}
      - {name: w_port_1, type: write, bandwidth_min: 16, bandwidth_max: 16, allocation: ["O, fh", "O, fl"]}
    served_dimensions: [D2]
  w_reg:
    size: 64
    r_cost: 0.125
    w_cost: 0.375
    area: 2
    latency: 1
    operands: [I2]
    ports:
      - {name: r_port_1, type: read, bandwidth_min: 8, bandwidth_max: 8, allocation: ["I2, tl"]}
      - {name: w_port_1, type: write, bandwidth_min: 8, bandwidth_max: 8, allocation: ["I2, fh"]}
    served_dimensions: []
  sram:
    size: 65536
    r_cost: 40
    w_cost: 48
    area: 0
    latency: 2
    operands: [I1, O]
    ports:
      - {name: r_port_1, type: read, bandwidth_min: 32, bandwidth_max: 128, allocation: ["I1, tl", "O, tl", "O, th"]}
      - {name: w_port_1, type: write, bandwidth_min: 32, bandwidth_max: 128, allocation: ["I1, fh", "O, fh", "O, fl"]}
    served_dimensions: [D1, D2]
  dram:
    size: 10000000000
    r_cost: 700
    w_cost: 750
    area: 0
    latency: 1
    operands: [I1, I2, O]
    ports:
      - name: rw_port_1
        type: read_write
        bandwidth_min: 64
        bandwidth_max: 64
        allocation:
          - I1, fh
          - I1, tl
          - I2, fh
          - I2, tl
          - O, fh
          - O, tl
          - O, fl
          - O, th
    served_dimensions: [D1, D2]
operational_array:
  unit_energy: 0.75 # pJ
  unit_area: 1
  dimensions: [D1, D2]
  sizes: [4, 2]
)";

/// The text with the first `from` replaced; the text must have it.
inline std::string changed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t found = text.find(from);
  REQUIRE_MESSAGE(found != std::string::npos, from);
  return text.replace(found, from.size(), to);
}

/// A hardware file of ZigZag's, NAME.yaml; empty, and said, where it is not.
inline std::string zigzag_file(const std::string& name) {
  std::ifstream file(reference_path("import/zigzag/zigzag/inputs/hardware/" + name + ".yaml"), std::ios::binary);
  if (!file) skip("there is no " + name + ".yaml of ZigZag");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// ZigZag's tpu_like.yaml without the first of the two keys `ports` of one memory, which is of an older form.
inline std::string zigzag_tpu() {
  std::string text = zigzag_file("tpu_like");
  const std::size_t first = text.find("    ports:\n      - fh:");
  if (first != std::string::npos) text.erase(first, text.find("    ports:\n", first + 1) - first);
  return text;
}

}  // namespace dovetail::testing
