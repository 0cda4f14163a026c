// Do constraint expressions mean what the contract says, and are mistakes located?
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include <dovetail/spaces/expression/expression.hpp>

using namespace dovetail;

namespace {

const std::vector<Symbol> symbols{
    {"a", {}}, {"b", {}}, {"hw.pe_x", {}}, {"flow", {"ws", "os", "row"}}, {"other", {"ws", "os", "row"}}};
const std::vector<double> values{6.0, 4.0, 14.0, 1.0, 2.0};

double value(std::string_view text) {
  return Expression::compile(text, symbols).value(values);
}
double margin(std::string_view text) {
  return Expression::compile(text, symbols).margin(values);
}
bool holds(std::string_view text) {
  return Expression::compile(text, symbols).holds(values);
}

std::string mistake(std::string_view text) {
  std::vector<ExpressionMistake> mistakes;
  CHECK_FALSE(Expression::compile(text, symbols, mistakes));
  REQUIRE_FALSE(mistakes.empty());
  return fmt::format("{}: {}", mistakes[0].column, mistakes[0].message);
}

}  // namespace

TEST_CASE("arithmetic follows precedence") {
  CHECK(value("1 + 2 * 3") == 7);
  CHECK(value("(1 + 2) * 3") == 9);
  CHECK(value("2 ^ 3 ^ 2") == 512);
  CHECK(value("-2 ^ 2") == -4);
  CHECK(value("2 ^ -1") == 0.5);
  CHECK(value("10 - 4 - 3") == 3);
  CHECK(value("a / b / 3") == 0.5);
  CHECK(value("a % b") == 2);
  CHECK(value("-1 % 4") == 3);
  CHECK(value("1 % -4") == -3);
  CHECK(value("hw.pe_x*2") == 28);
  CHECK(value("min(a, b, 5) + max(a, b) + floor(2.7) + ceil(2.1) + log2(8) + abs(-3)") == 4 + 6 + 2 + 3 + 3 + 3);
  CHECK(value("1.5e2 + .5") == 150.5);
  CHECK(value("(a > b) * 10 + (a < b)") == 10);
  CHECK(std::isinf(value("1e999")));
}

TEST_CASE("conditions hold when their margin is not negative") {
  CHECK(holds("a == 6"));
  CHECK(holds("a != 5"));
  CHECK(holds("b < a and hw.pe_x >= 14"));
  CHECK(holds("a < b or not a == b"));
  CHECK_FALSE(holds("a < 6"));
  CHECK(holds("not a < 6"));
  CHECK(holds("4 <= b < a <= 6"));
  CHECK_FALSE(holds("4 < b < a"));
  CHECK(holds("true"));
  CHECK_FALSE(holds("false"));
  CHECK(holds("not not a <= 6"));
  CHECK(Expression().holds({}));
}

TEST_CASE("margins are right minus left, scaled") {
  CHECK(margin("a <= 10") == doctest::Approx(4.0 / 16));
  CHECK(margin("a >= 10") == doctest::Approx(-4.0 / 16));
  CHECK(margin("0.2 <= 0.5") == doctest::Approx(0.3));
  CHECK(margin("a == 10") == doctest::Approx(-4.0 / 16));
  CHECK(margin("a == 6") == 0.0);
  CHECK(margin("a != 6") == Expression::strict_margin);
  CHECK(margin("a < 6") == Expression::strict_margin);
  CHECK(margin("a % b == 0") == doctest::Approx(-0.5));
  CHECK(margin("hw.pe_x % 5 == 0") == doctest::Approx(-0.2));
  CHECK(margin("hw.pe_x % 7 == 0") == 0.0);
  CHECK(margin("a <= 10 and a <= 4") == doctest::Approx(-0.2));
  CHECK(margin("a <= 10 or a <= 4") == doctest::Approx(0.25));
  CHECK(margin("1e308 <= -1e308") == doctest::Approx(-1));
  CHECK(margin("1e308 * 10 >= 1") == 1.0);
}

TEST_CASE("texts compare by meaning") {
  CHECK(holds("flow == 'os'"));
  CHECK(holds("'row' != flow"));
  CHECK(holds("flow != other"));
  CHECK(mistake("flow == 'rov'").find("did you mean row?") != std::string::npos);
  CHECK(mistake("flow < 'os'").find("no order") != std::string::npos);
  CHECK(mistake("a == 'os'").find("not a choice") != std::string::npos);
  CHECK(mistake("flow + 1 > 0").find("is a text where a number") != std::string::npos);
  CHECK(mistake("flow").find("stands alone") != std::string::npos);
}

TEST_CASE("what is undefined does not hold") {
  CHECK_FALSE(holds("a / 0 > 0"));
  CHECK_FALSE(holds("a % 0 == 0"));
  CHECK_FALSE(holds("not a % 0 == 0"));
  CHECK_FALSE(holds("log2(-1) <= 5"));
  CHECK_FALSE(holds("sqrt(-1) != 5"));
  CHECK(holds("a == 6 or a / 0 > 0"));
  CHECK_FALSE(holds("a == 5 and a / 0 > 0"));
  CHECK(holds("not (a == 5 and a / 0 > 0)"));
  CHECK(margin("0 / 0 == 0") == -std::numeric_limits<double>::infinity());
}

TEST_CASE("mistakes are located and helpful") {
  CHECK(mistake("a + hw.pex > 1") == "5: unknown name `hw.pex`; did you mean hw.pe_x?");
  CHECK(mistake("flor(a) > 1").find("1: unknown function `flor`") == 0);
  CHECK(mistake("flor(a) > 1").find("did you mean floor?") != std::string::npos);
  CHECK(mistake("a = 3") == "3: found `=` where an operator or the end of the expression is expected; write `==`");
  CHECK(mistake("a && b").find("write `and`") != std::string::npos);
  CHECK(mistake("(a > 1").find("ends where `)`") != std::string::npos);
  CHECK(mistake("").find("empty expression") != std::string::npos);
  CHECK(mistake("2a > 1").find("`2a` is neither") != std::string::npos);
  CHECK(mistake("a > ").find("5: the expression ends") == 0);
  CHECK(mistake("a and b").find("joins conditions") != std::string::npos);
  CHECK(mistake("floor(a, b) > 1").find("one operand, found 2") != std::string::npos);
  CHECK(mistake("flow == 'ws").find("no closing quote") != std::string::npos);
  std::vector<ExpressionMistake> all;
  Expression::compile("x + y * zeta(1) > 0", symbols, all);
  CHECK(all.size() == 3);
  CHECK_THROWS_AS(Expression::compile("x", symbols), ExpressionError);
}

TEST_CASE("constraints name whatever a parameter may be called") {
  const std::vector<Symbol> odd{{"größe", {}}, {"pe-x", {}},   {"pe", {}},
                                {"2nd", {}},   {"a b", {}},    {"and", {}},
                                {"µs", {}},    {"大きさ", {}}, {"mode", {"it's", "plain", "größer"}}};
  const std::vector<double> at{1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 0.0};
  const auto number = [&](std::string_view text) { return Expression::compile(text, odd).value(at); };
  CHECK(number("größe + `pe-x` + `2nd` + `a b` + `and` + µs + 大きさ") == 251);
  CHECK(number("2nd * 2") == 16);  // nothing else can be meant
  CHECK(number("a b + 1") == 17);
  CHECK(number("pe * 2") == 8);  // a plain name is a plain name
  CHECK(Expression::compile("mode == 'it''s' and mode != 'größer'", odd).holds(at));
  std::vector<ExpressionMistake> mistakes;
  CHECK(!Expression::compile("größe × 2 ≤ 大きさe", odd, mistakes));
  REQUIRE(mistakes.size() == 1);
  CHECK(mistakes[0].column == 7);  // characters, not bytes
  CHECK(mistakes[0].message.find("found `×`") == 0);
  CHECK(mistakes[0].message.find("write `*`") != std::string::npos);
}

TEST_CASE("hostile texts end in a mistake, not in a crash") {
  CHECK(mistake(std::string(100000, '(')).find("nested more than") != std::string::npos);
  CHECK(mistake(std::string(100000, '-')).find("nested more than") != std::string::npos);
  std::string nots;
  for (int i = 0; i < 5000; ++i) nots += "not ";
  CHECK(mistake(nots + "a > 1").find("nested more than") != std::string::npos);
  std::string powers = "a";
  for (int i = 0; i < 5000; ++i) powers += "^a";
  CHECK(mistake(powers).find("operands wait") != std::string::npos);
  std::string tower = "a";
  for (int i = 0; i < 100; ++i) tower = fmt::format("({} < a < a)", tower);
  for (int i = 0; i < 60; ++i) tower = fmt::format("(1 < {} < 2)", tower);
  CHECK(mistake(tower).find("longer than") != std::string::npos);
  std::string sum = "a";
  for (int i = 0; i < 1000; ++i) sum += " + a";
  CHECK(value(sum) == 6006);
  CHECK(mistake(std::string("a \xff b")).find("byte 0xff") != std::string::npos);
}

TEST_CASE("conjunctions split into their parts") {
  const Expression all = Expression::compile("a > 1 and (b > 2 and hw.pe_x % a == 0) and (a > 3 or b > 1)", symbols);
  const std::vector<Expression> parts = all.conjuncts();
  REQUIRE(parts.size() == 4);
  CHECK(parts[0].names() == std::vector<int>{0});
  CHECK(parts[1].names() == std::vector<int>{1});
  CHECK(parts[2].names() == std::vector<int>{0, 2});
  CHECK(parts[3].names() == std::vector<int>{0, 1});
  CHECK(parts[2].margin(values) == doctest::Approx(-2.0 / 6));
}
