// Do points of ask/tell keep the types in which a space names its choices?
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <dovetail/engine/design/points/point_json.hpp>

using namespace dovetail;

TEST_CASE("categories that read as numbers travel as numbers") {
  const Space space({{"k", CategoricalValues{{"0", "1.5", "2"}}},
                     {"m", CategoricalValues{{"1", "many"}}},
                     {"p", PermutationItems{{"0", "1", "2"}}}},
                    {});
  const Point point{{1, 0, 2, 0, 1}};
  const nlohmann::ordered_json json = point_to_json(space, point);
  CHECK(json.dump() == R"({"k":1.5,"m":"1","p":[1,2,0]})");
  std::string error;
  const auto back = point_from_json(space, json, error);
  REQUIRE_MESSAGE(back.has_value(), error);
  CHECK(*back == point);
  CHECK(point_from_json(space, nlohmann::ordered_json::parse(R"({"k":"1.5","m":1,"p":["1",2,0]})"), error) == point);
  CHECK_FALSE(
      point_from_json(space, nlohmann::ordered_json::parse(R"({"k":3,"m":null,"p":[1,2,2]})"), error).has_value());
}
