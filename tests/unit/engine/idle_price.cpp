// Operators without multiply-accumulates: words, operations and price in closed form.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/engine/report/design/idle_price.hpp>

using namespace dovetail;

TEST_CASE("work by operation: views cost nothing, moves no operations, reductions one per element that they read") {
  const auto work = [](const char* operation, std::int64_t read, std::int64_t written) {
    const IdleWork all = idle_work({"x", operation, read, written});
    return std::vector<std::int64_t>{all.words_read, all.words_written, all.operations};
  };
  using Numbers = std::vector<std::int64_t>;
  CHECK(work("Reshape", 100, 100) == Numbers{0, 0, 0});
  CHECK(work("Transpose", 100, 100) == Numbers{100, 100, 0});
  CHECK(work("Gather", 5000, 100) == Numbers{100, 100, 0});  // rows of a table, not the table
  CHECK(work("Add", 200, 100) == Numbers{200, 100, 100});
  CHECK(work("Softmax", 100, 100) == Numbers{100, 100, 500});
  CHECK(work("GlobalAveragePool", 4900, 100) == Numbers{4900, 100, 4900});
  CHECK(work("SomethingNew", 100, 100) == Numbers{100, 100, 100});
  const std::vector<IdleGroup> groups =
      idle_groups({{"a", "Relu", 10, 10}, {"b", "Softmax", 100, 100}, {"c", "Relu", 20, 20}, {"d", "Relu", 0, 0}});
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].operation == "Softmax");
  CHECK(groups[1].count == 3);
  CHECK(groups[1].unsized == 1);
  CHECK(idle_total(groups).words_read == 130);
  CHECK(idle_total(groups).operations == 530);
  const Network network = single_layer(make_matmul({.name = "m", .rows = 2, .columns = 3, .depth = 4}));
  CHECK(idle_share(network, {13, 13, 0}) == doctest::Approx(26.0 / (26 + 12 + 8 + 6)));
}

TEST_CASE("price: words at the outermost memory, operations at a vector unit") {
  Architecture machine;
  Level memory;
  memory.block_size = 4;
  memory.energy = {8.0, 16.0, 12.0, 0.0};
  memory.read_bandwidth = 2.0;
  memory.write_bandwidth = 1.0;
  machine.levels = {Level{}, memory};
  const IdleWork work{100, 60, 1000};
  const IdlePrice plain = idle_price(work, machine, std::nullopt);
  CHECK(plain.energy_pj == 100 / 4 * 8.0 + 60 / 4 * 12.0);
  CHECK(plain.cycles == 60.0);
  const IdlePrice computed = idle_price(work, machine, VectorUnit{4, 0.5});
  CHECK(computed.energy_pj == plain.energy_pj + 500.0);
  CHECK(computed.cycles == 250.0);
}

TEST_CASE("a machine declares its vector unit in its document") {
  const std::string path = (std::filesystem::temp_directory_path() / "dovetail_unit_vector.yaml").string();
  const char* text =
      "schema: dovetail-architecture/1\ncompute: {instances: 4}\nlevels:\n- {name: DRAM, is_dram: true}\n"
      "vector: {lanes: 16, energy_per_op: 0.25}\n";
  std::ofstream(path) << text;
  CHECK(load_architecture(path).levels.size() == 1);
  const auto unit = load_vector_unit(path);
  REQUIRE(unit);
  CHECK(unit->lanes == 16);
  CHECK(unit->energy_per_op_pj == 0.25);
  std::ofstream(path) << "compute: {instances: 4}\nlevels:\n- {name: DRAM, is_dram: true}\n";
  CHECK_FALSE(load_vector_unit(path));
  std::ofstream(path) << text << "\nvector_unit: 3\n";
  CHECK_THROWS_AS(load_architecture(path), InputError);
}
