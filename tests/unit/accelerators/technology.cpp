// Technology figures at the cited points, monotone where they must be, scaled as documented, replaceable.
#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include <dovetail/accelerators/machine/technology.hpp>

using namespace dovetail;

TEST_CASE("curves go through their points, follow power laws between them, and extend the last one") {
  const Curve square_root({{1.0, 2.0}, {16.0, 8.0}});
  CHECK(square_root(1.0) == doctest::Approx(2.0));
  CHECK(square_root(16.0) == 8.0);
  CHECK(square_root(4.0) == doctest::Approx(4.0));
  CHECK(square_root(64.0) == doctest::Approx(16.0));
  CHECK(square_root(0.25) == doctest::Approx(1.0));
  CHECK(Curve(3.5)(77.0) == 3.5);
  CHECK(Curve()(5.0) == 0.0);
  CHECK(square_root.scaled(0.5)(4.0) == doctest::Approx(2.0));
  CHECK_THROWS_AS(Curve({{2.0, 1.0}, {1.0, 1.0}}), std::invalid_argument);
  CHECK_THROWS_AS(Curve({{0.0, 1.0}}), std::invalid_argument);
  CHECK_THROWS_AS(Curve(std::vector<std::pair<double, double>>{}), std::invalid_argument);
  CHECK_THROWS_AS(Curve(-1.0), std::invalid_argument);
}

TEST_CASE("Horowitz's table at 45 nm, 0.9 V") {
  const Technology technology(45.0);
  CHECK(technology.voltage() == 0.9);
  CHECK(technology.value("multiply.int.energy_pj", 8) == doctest::Approx(0.2));
  CHECK(technology.value("multiply.int.energy_pj", 32) == doctest::Approx(3.1));
  CHECK(technology.value("multiply.int.energy_pj", 16) == doctest::Approx(std::sqrt(0.2 * 3.1)));
  CHECK(technology.adder(parse_number_format("int8")).energy_pj == doctest::Approx(0.03));
  CHECK(technology.adder(parse_number_format("int32")).energy_pj == doctest::Approx(0.1));
  CHECK(technology.adder(parse_number_format("fp16")).energy_pj == doctest::Approx(0.4));
  CHECK(technology.mac(parse_number_format("fp32"), parse_number_format("fp32")).energy_pj == doctest::Approx(4.6));
  CHECK(technology.mac(parse_number_format("int8"), parse_number_format("int32")).area_um2 ==
        doctest::Approx(282 + 137));
  CHECK(technology.sram(8 * 8192, 64).energy_pj == doctest::Approx(10.0));
  CHECK(technology.sram(32 * 8192, 64).energy_pj == doctest::Approx(20.0));
  CHECK(technology.sram(1024 * 8192, 64).energy_pj == doctest::Approx(100.0));
  CHECK(technology.dram("ddr3", 64).energy_pj == doctest::Approx(1300.0));
}

TEST_CASE("a 0.5 KB register file costs one 16-bit multiply-accumulate, as in the Eyeriss paper") {
  for (double node : {28.0, 45.0, 65.0}) {
    const Technology technology(node);
    const double mac = technology.mac(parse_number_format("int16"), parse_number_format("int16")).energy_pj;
    CHECK(technology.register_file(256, 16).energy_pj == doctest::Approx(mac).epsilon(1e-3));
    CHECK(technology.register_file(12, 16).energy_pj < 0.5 * mac);
    CHECK(technology.register_file(1, 16).energy_pj > 0.1 * mac);
  }
}

TEST_CASE("memories never get cheaper by being larger or wider") {
  const Technology technology(65.0);
  double last_file = 0.0, last_sram = 0.0, last_banked = 0.0, last_area = 0.0;
  for (std::int64_t size = 1; size < 10'000'000; size += 1 + size / 10) {
    const auto words = static_cast<double>(size);
    const double file = technology.register_file(words, 16).energy_pj;
    const Cost sram = technology.sram(words * 16, 64), banked = technology.sram(words * 16, 64, 8);
    CHECK(file >= last_file);
    CHECK(sram.energy_pj >= last_sram);
    CHECK(banked.energy_pj >= last_banked);
    CHECK(banked.energy_pj <= sram.energy_pj);
    CHECK(sram.area_um2 >= last_area);
    CHECK(sram.leak_pw > 0.0);
    last_file = file, last_sram = sram.energy_pj, last_banked = banked.energy_pj, last_area = sram.area_um2;
  }
  double last_width = 0.0;
  for (const double bits : {8, 16, 32, 64, 128, 256, 512, 1024}) {
    const double access = technology.sram(1 << 20, bits).energy_pj;
    CHECK(access > last_width);
    if (bits > 8) CHECK(access < 2.0 * last_width);  // a wide access is cheaper per bit
    last_width = access;
  }
  double last_mac = 0.0;
  for (int bits = 1; bits <= 64; ++bits) {
    const NumberFormat format{NumberFormat::Kind::integer, bits};
    CHECK(technology.mac(format, format).energy_pj > last_mac);
    last_mac = technology.mac(format, format).energy_pj;
  }
}

TEST_CASE("scaling between nodes is L V^2 for energy, V^2 for wires, L^2 for area") {
  CHECK(scaling_factor(Scaling::energy, 45, 0.9, 90, 1.8) == doctest::Approx(8.0));
  CHECK(scaling_factor(Scaling::wire, 45, 0.9, 90, 1.8) == doctest::Approx(4.0));
  CHECK(scaling_factor(Scaling::area, 45, 0.9, 90, 1.8) == doctest::Approx(4.0));
  CHECK(scaling_factor(Scaling::none, 45, 0.9, 90, 1.8) == 1.0);
  const Technology old(65.0, 1.0), now(45.0);
  CHECK(old.value("multiply.int.energy_pj", 16) / now.value("multiply.int.energy_pj", 16) ==
        doctest::Approx(65.0 / 45.0 / 0.81));
  CHECK(old.dram("lpddr4", 16).energy_pj == now.dram("lpddr4", 16).energy_pj);
  CHECK(old.provenance("multiply.int.energy_pj").find("Horowitz") != std::string::npos);
  CHECK(old.provenance("multiply.int.energy_pj").find("from 45 nm 0.9 V to 65 nm 1 V") != std::string::npos);
  CHECK(nominal_voltage(45) == 0.9);
  CHECK(nominal_voltage(65) == 1.0);
  CHECK(nominal_voltage(55) == doctest::Approx(0.95));
  CHECK(nominal_voltage(5) == 0.7);
  CHECK_THROWS_AS(Technology(1.0), std::invalid_argument);
  CHECK_THROWS_AS(Technology(45.0, 9.0), std::invalid_argument);
}

TEST_CASE("every entry names a source and can be replaced") {
  Technology technology(28.0);
  for (const std::string& name : technology_entry_names()) {
    CHECK_FALSE(technology.provenance(name).empty());
    CHECK(technology.value(name, 1024) > 0.0);
  }
  technology.replace("sram.energy_pj_per_bit", Curve({{1024, 0.01}, {4096, 0.02}}), "my data sheet");
  CHECK(technology.value("sram.energy_pj_per_bit", 2048) == doctest::Approx(0.01 * std::sqrt(2.0)));
  CHECK(technology.provenance("sram.energy_pj_per_bit") == "my data sheet");
  CHECK_THROWS_AS(technology.replace("sram.energy", Curve(1.0), ""), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(technology.dram("ddr9", 8)), std::invalid_argument);
}

TEST_CASE("number formats") {
  CHECK(parse_number_format("int4") == NumberFormat{NumberFormat::Kind::integer, 4});
  CHECK(parse_number_format("bf16").bits == 16);
  for (const char* wrong : {"", "int", "int0", "int65", "int100", "fp8", "16", "intx"}) {
    CHECK_THROWS_AS(parse_number_format(wrong), std::invalid_argument);
  }
  const Technology technology;
  const auto energy = [&](const char* format) {
    return technology.mac(parse_number_format(format), parse_number_format(format)).energy_pj;
  };
  CHECK(energy("int8") < energy("int16"));
  CHECK(energy("int16") < energy("bf16"));
  CHECK(energy("bf16") < energy("fp16"));
  CHECK(energy("fp16") < energy("fp32"));
}
