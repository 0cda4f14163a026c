// The table of the Gemmini preset's constants.
#include <dovetail/accelerators/gemmini/constants.hpp>

namespace dovetail {

const std::vector<GemminiConstant>& gemmini_constants() {
  using G = GemminiConstants;
  static const std::vector<GemminiConstant> table = {
      {"beat", &G::beat, 1.0, 2.5},
      {"packet", &G::packet, 0.0, 3.0},
      {"move_in", &G::move_in, 0.0, 16.0},
      {"pad_block", &G::pad_block, 0.0, 8.0},
      {"zero_row", &G::zero_row, 0.0, 4.0},
      {"store_packet", &G::store_packet, 0.2, 16.0},
      {"load_latency", &G::load_latency, 0.0, 400.0},
      {"execute_latency", &G::execute_latency, 0.0, 400.0},
      {"store_latency", &G::store_latency, 0.0, 400.0},
      {"host_conv", &G::host_conv, 50.0, 1500.0},
      {"host_matmul", &G::host_matmul, 50.0, 1500.0},
      {"slot", &G::slot, 0.0, 400.0},
      {"window", &G::window, 0.0, 40.0},
      {"read_llc", &G::read_llc, 0.0, 40.0},
      {"read_dram", &G::read_dram, 0.0, 80.0},
      {"write_llc", &G::write_llc, 0.0, 80.0},
      {"write_dram", &G::write_dram, 0.0, 160.0},
      {"read_row", &G::read_row, 0.0, 120.0},
      {"write_row", &G::write_row, 0.0, 400.0},
      {"read_same", &G::read_same, 0.0, 40.0},
      {"write_same", &G::write_same, 0.0, 60.0},
      {"cold_dram", &G::cold_dram, 0.0, 1.0},
      {"overlap", &G::overlap, 0.0, 1.0},
      {"l2_lines", &G::l2_lines, 1024.0, 32768.0},
      {"llc_lines", &G::llc_lines, 8192.0, 262144.0},
      {"offset", &G::offset, 0.0, 63.0, false},
      {"conflict", &G::conflict, 0.0, 1.0},
  };
  return table;
}

}  // namespace dovetail
