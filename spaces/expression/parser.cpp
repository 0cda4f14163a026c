// The reader of constraint expressions: recursive descent into a postfix program, with located mistakes.
#include <dovetail/spaces/expression/expression.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>
#include <dovetail/workloads/text/printable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iterator>

namespace dovetail {
namespace {

std::string did_you_mean(std::string_view found, const std::vector<std::string>& allowed) {
  const std::optional<std::string> near = nearest(found, allowed);
  return near ? fmt::format("; did you mean {}?", *near) : "";
}

std::string shortened(std::string_view text) {
  return text.size() <= 40 ? std::string(text) : std::string(first_letters(text, 37)) + "...";
}

// Letters of whatever script may stand in a name. Beyond ASCII that is everything but the signs of Latin-1 and of the
// blocks of punctuation, arrows and mathematics (U+2000 to U+2FFF), which are meant as operators.
bool is_letter(std::string_view text, std::size_t at) {
  const char c = text[at];
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  if (byte < 0xC0) return true;  // inside a character
  const auto next = static_cast<unsigned char>(at + 1 < text.size() ? text[at + 1] : 0);
  if (byte == 0xC2) return next == 0xAA || next == 0xB5 || next == 0xBA;  // a, micro, o
  if (byte == 0xC3) return next != 0x97 && next != 0xB7;                  // times, divided by
  return byte > 0xC3 && byte <= 0xF4 && byte != 0xE2;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

enum class Kind { number, condition, choice, text };

struct Stop {};  // the rest of the text cannot be understood

}  // namespace

/// Every function appends the program of what it reads, so the order of operands is the order of the text.
class ExpressionParser {
  using Op = Expression::Op;
  using Step = Expression::Step;

 public:
  ExpressionParser(std::string_view text, std::span<const Symbol> symbols, std::vector<ExpressionMistake>& mistakes)
      : text_(text),
        symbols_(symbols),
        mistakes_(mistakes) {}

  std::optional<Expression> parse() {
    const std::size_t before = mistakes_.size();
    try {
      skip_space();
      if (at_ == text_.size()) fail(at_, "empty expression; write a condition such as a * b <= 168");
      const Operand result = disjunction();
      if (result.kind == Kind::choice || result.kind == Kind::text)
        fail(result.at, fmt::format("{} is a text and stands alone; compare it, such as == 'value'", quoted(result)));
      if (at_ < text_.size()) unexpected("an operator or the end of the expression");
      if (mistakes_.size() > before) return std::nullopt;
      code_.shrink_to_fit();
      Expression expression;
      expression.steps_ = std::move(code_);
      expression.condition_ = result.kind == Kind::condition;
      expression.collect_names();
      return expression;
    } catch (const Stop&) {
      return std::nullopt;
    }
  }

 private:
  struct Operand {
    Kind kind = Kind::number;
    std::size_t at = 0;              // first character
    std::size_t end = 0;             // one behind the last
    std::size_t start = 0;           // first step
    const Symbol* symbol = nullptr;  // of a choice
    std::string text;                // of a text
  };

  struct Depth {  // parentheses, signs and functions inside each other
    explicit Depth(ExpressionParser& owner) : parser(owner) {
      if (++parser.depth_ > max_depth) parser.fail(parser.at_, fmt::format("nested more than {} deep", max_depth));
    }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    ~Depth() { --parser.depth_; }
    ExpressionParser& parser;
  };
  static constexpr int max_depth = 200;

  // Columns count characters.
  int column(std::size_t at) const {
    const std::string_view before = text_.substr(0, std::min<std::size_t>({at, text_.size(), 1000000}));
    return 1 + static_cast<int>(std::count_if(before.begin(), before.end(),
                                              [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  }
  [[noreturn]] void fail(std::size_t at, std::string message) {
    note(at, std::move(message));
    throw Stop{};
  }
  void note(std::size_t at, std::string message) { mistakes_.push_back({column(at), std::move(message)}); }
  std::string quoted(const Operand& operand) const {
    return fmt::format("`{}`", shortened(text_.substr(operand.at, operand.end - operand.at)));
  }
  [[noreturn]] void unexpected(std::string_view wanted) {
    if (at_ >= text_.size()) fail(at_, fmt::format("the expression ends where {} is expected", wanted));
    const char c = text_[at_];
    std::string_view hint;
    if (c == '&') hint = "; write `and`";
    if (c == '|') hint = "; write `or`";
    if (c == '!') hint = "; write `not`";
    if (c == '=') hint = "; write `==`";
    if (c == '"') hint = "; texts stand in single quotes";
    const std::string_view found = text_.substr(at_, std::max<std::size_t>(utf8_length(text_, at_), 1));
    if (found == "\u2264") hint = "; write `<=`";
    if (found == "\u2265") hint = "; write `>=`";
    if (found == "\u2260") hint = "; write `!=`";
    if (found == "\u00d7" || found == "\u00b7") hint = "; write `*`";
    const bool shown = utf8_length(text_, at_) > 1 || (c >= 0x20 && c < 0x7f);
    fail(at_, fmt::format("found {} where {} is expected{}",
                          shown ? fmt::format("`{}`", printable_word(found))
                                : fmt::format("the byte 0x{:02x}", static_cast<unsigned char>(c)),
                          wanted, hint));
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  bool symbol(std::string_view token) {
    if (text_.substr(at_, token.size()) != token) return false;
    end_ = at_ += token.size();
    skip_space();
    return true;
  }
  bool word(std::string_view token) {
    if (text_.substr(at_, token.size()) != token) return false;
    const std::size_t next = at_ + token.size();
    if (next < text_.size() && (is_letter(text_, next) || is_digit(text_[next]) || text_[next] == '.')) return false;
    return symbol(token);
  }
  void emit(Op op, std::int32_t index = 0, double number = 0.0) {
    Step step;
    step.op = op;
    step.index = index;
    step.number = number;
    const int count = Expression::operands(step);
    stack_ += 1 - count;
    if (stack_ > Expression::max_stack)
      fail(at_, fmt::format("more than {} operands wait at this place", Expression::max_stack));
    if (code_.size() >= static_cast<std::size_t>(Expression::max_program))
      fail(at_, fmt::format("longer than {} operations", Expression::max_program));
    code_.push_back(step);
  }
  Operand joined(const Operand& first, Kind kind) const {
    Operand result;
    result.kind = kind;
    result.at = first.at;
    result.end = end_;
    result.start = first.start;
    return result;
  }
  void want_condition(const Operand& operand, std::string_view of) {
    if (operand.kind != Kind::condition)
      note(operand.at, fmt::format("`{}` joins conditions such as a <= b, and {} is not one", of, quoted(operand)));
  }
  void want_number(const Operand& operand) {
    if (operand.kind == Kind::condition) {
      emit(Op::truth);
    } else if (operand.kind != Kind::number) {
      note(operand.at, fmt::format("{} is a text where a number is expected; texts can only be compared with == and !=",
                                   quoted(operand)));
    }
  }

  Operand disjunction() {
    Operand left = conjunction();
    while (word("or")) left = logical(left, conjunction(), Op::disjunction, "or");
    return left;
  }
  Operand conjunction() {
    Operand left = negation();
    while (word("and")) left = logical(left, negation(), Op::conjunction, "and");
    return left;
  }
  Operand logical(const Operand& left, const Operand& right, Op op, std::string_view name) {
    want_condition(left, name);
    want_condition(right, name);
    emit(op);
    return joined(left, Kind::condition);
  }
  Operand negation() {
    const std::size_t at = at_, start = code_.size();
    if (!word("not")) return comparison();
    const Depth depth(*this);
    const Operand operand = negation();
    want_condition(operand, "not");
    emit(Op::negation);
    Operand result = joined(operand, Kind::condition);
    result.at = at;
    result.start = start;
    return result;
  }

  std::optional<Op> comparator() {
    if (symbol("==")) return Op::equal;
    if (symbol("!=")) return Op::unequal;
    if (symbol("<=")) return Op::less_equal;
    if (symbol(">=")) return Op::greater_equal;
    if (symbol("<")) return Op::less;
    if (symbol(">")) return Op::greater;
    return std::nullopt;
  }

  Operand comparison() {
    Operand first = sum();
    std::optional<Op> op = comparator();
    if (!op) return first;
    Operand left = first;
    int links = 0;
    while (op) {
      // A chain a < b < c compares b twice: keep its program to repeat it.
      const Operand right = sum();
      const std::vector<Step> middle(code_.begin() + static_cast<std::ptrdiff_t>(std::min(right.start, code_.size())),
                                     code_.end());
      compare(left, right, *op);
      if (++links > 1) emit(Op::conjunction);
      op = comparator();
      if (!op) break;
      left = right;
      left.start = code_.size();
      for (const Step& step : middle) emit(step.op, step.index, step.number);
    }
    return joined(first, Kind::condition);
  }

  void compare(const Operand& left, const Operand& right, Op op) {
    const bool texts =
        left.kind == Kind::choice || left.kind == Kind::text || right.kind == Kind::choice || right.kind == Kind::text;
    if (texts) {
      compare_texts(left, right, op);
      return;
    }
    // Conditions become numbers; the left one lies below the right one's program.
    if (left.kind == Kind::condition) {
      Step truth;
      truth.op = Op::truth;
      if (code_.size() >= static_cast<std::size_t>(Expression::max_program))
        fail(at_, fmt::format("longer than {} operations", Expression::max_program));
      code_.insert(code_.begin() + static_cast<std::ptrdiff_t>(right.start), truth);
    }
    want_number(right);
    // Remainder against zero is divisibility, whose margin is a distance to the next multiple.
    const std::size_t count = code_.size();
    if ((op == Op::equal || op == Op::unequal) && count >= 2 && right.start == count - 1 &&
        code_[count - 1].op == Op::constant && code_[count - 1].number == 0.0 && code_[count - 2].op == Op::modulo &&
        left.start < right.start) {
      code_.resize(count - 2);
      stack_ += 0;
      code_.push_back({});
      code_.back().op = op == Op::equal ? Op::divides : Op::divides_not;
      --stack_;
      return;
    }
    emit(op);
  }

  // Whether one side of a comparison is a single number as written.
  bool is_literal(const Operand& left, const Operand& right, const Operand& side) const {
    const std::size_t end = &side == &left ? right.start : code_.size();
    return end == side.start + 1 && code_[side.start].op == Op::constant;
  }

  // Choices may read as numbers: lanes == 3 where lanes is one of 1, 3 and 'many'.
  void compare_number(const Operand& choice, const Operand& literal, Op op) {
    const auto& texts = choice.symbol->texts;
    double& number = code_[literal.start].number;
    const auto found = std::find_if(texts.begin(), texts.end(), [&](const std::string& text) {
      double value = 0.0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      return error == std::errc() && end == text.data() + text.size() && value == number;
    });
    if (found == texts.end()) {
      note(literal.at, fmt::format("{} is never {}; allowed: {}", choice.symbol->name, quoted(literal), listed(texts)));
    } else {
      number = static_cast<double>(found - texts.begin());
    }
    emit(op == Op::equal ? Op::same_text : Op::other_text);
  }

  static std::string listed(const std::vector<std::string>& texts) {
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(texts.size(), 8); ++i)
      list += fmt::format("{}'{}'", i ? ", " : "", texts[i]);
    return texts.size() > 8 ? list + ", ..." : list;
  }

  void compare_texts(const Operand& left, const Operand& right, Op op) {
    if (op != Op::equal && op != Op::unequal) fail(left.at, "texts have no order: compare them with == or !=");
    const Operand& choice = left.kind == Kind::choice ? left : right;
    const Operand& other = left.kind == Kind::choice ? right : left;
    if (choice.kind == Kind::choice && other.kind == Kind::number && is_literal(left, right, other)) {
      compare_number(choice, other, op);
      return;
    }
    if (choice.kind != Kind::choice || (other.kind != Kind::choice && other.kind != Kind::text)) {
      const Operand& odd = choice.kind == Kind::choice ? other : (left.kind == Kind::text ? right : left);
      note(odd.at, fmt::format("{} is compared with a text and is not a choice between texts", quoted(odd)));
    } else if (other.kind == Kind::choice) {
      if (choice.symbol->texts != other.symbol->texts)
        note(other.at, fmt::format("{} and {} choose between different texts", quoted(choice), quoted(other)));
    } else {
      const auto& texts = choice.symbol->texts;
      const auto found = std::find(texts.begin(), texts.end(), other.text);
      if (found == texts.end()) {
        note(other.at, fmt::format("{} is never '{}'; allowed: {}{}", choice.symbol->name, shortened(other.text),
                                   listed(texts), did_you_mean(other.text, texts)));
      } else {
        code_[other.start].number = static_cast<double>(found - texts.begin());
      }
    }
    emit(op == Op::equal ? Op::same_text : Op::other_text);
  }

  Operand sum() {
    Operand left = product();
    for (;;) {
      const bool plus = at_ < text_.size() && text_[at_] == '+';
      if (!plus && !(at_ < text_.size() && text_[at_] == '-')) return left;
      symbol(plus ? "+" : "-");
      left = arithmetic(left, &ExpressionParser::product, plus ? Op::add : Op::subtract);
    }
  }
  Operand product() {
    Operand left = sign();
    for (;;) {
      const char c = at_ < text_.size() ? text_[at_] : '\0';
      if (c != '*' && c != '/' && c != '%') return left;
      if (text_.substr(at_, 2) == "**") fail(at_, "found `**`; write `^` for a power");
      symbol(text_.substr(at_, 1));
      left = arithmetic(left, &ExpressionParser::sign, c == '*' ? Op::multiply : c == '/' ? Op::divide : Op::modulo);
    }
  }
  Operand sign() {
    const std::size_t at = at_, start = code_.size();
    if (at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '+')) {
      const bool minus = text_[at_] == '-';
      symbol(text_.substr(at_, 1));
      const Depth depth(*this);
      const Operand operand = sign();
      want_number(operand);
      if (minus) emit(Op::negate);
      Operand result = joined(operand, Kind::number);
      result.at = at;
      result.start = start;
      return result;
    }
    return power();
  }
  Operand power() {
    Operand base = primary();
    if (at_ >= text_.size() || text_[at_] != '^') return base;
    symbol("^");
    const Depth depth(*this);
    return arithmetic(base, &ExpressionParser::sign, Op::power);
  }
  Operand arithmetic(const Operand& left, Operand (ExpressionParser::*next)(), Op op) {
    want_number(left);
    want_number((this->*next)());
    emit(op);
    return joined(left, Kind::number);
  }

  Operand primary() {
    Operand result;
    result.at = at_;
    result.start = code_.size();
    if (at_ >= text_.size()) unexpected("a number or a name");
    const char c = text_[at_];
    if (c == '(') {
      const Depth depth(*this);
      symbol("(");
      Operand inner = disjunction();
      if (!symbol(")")) unexpected("`)`");
      inner.at = result.at;
      inner.end = end_;
      return inner;
    }
    if (c == '\'') return text_literal(result);
    if (c == '`') return quoted_name(result);
    if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) return number_literal(result);
    if (is_letter(text_, at_)) return named(result);
    if (const std::string_view odd = odd_name(at_); !odd.empty()) return known_name(result, odd, odd.size());
    unexpected("a number or a name");
  }

  // A name with letters of its own, such as pe-x or 2nd_level, where nothing else can be meant; the longest, or none.
  std::string_view odd_name(std::size_t at) const {
    std::string_view longest;
    for (const Symbol& known : symbols_) {
      if (known.name.size() <= longest.size() || !text_.substr(at).starts_with(known.name)) continue;
      const std::size_t next = at + known.name.size();
      if (next < text_.size() && (is_letter(text_, next) || is_digit(text_[next]))) continue;
      longest = known.name;
    }
    return longest;
  }

  // `any name`
  Operand quoted_name(Operand result) {
    const std::size_t close = text_.find('`', at_ + 1);
    if (close == std::string_view::npos) fail(at_, "the name that begins here has no closing backquote");
    return known_name(result, text_.substr(at_ + 1, close - at_ - 1), close + 1 - at_);
  }

  // Reads the name of `length` characters that stands here.
  Operand known_name(Operand result, std::string_view name, std::size_t length) {
    const std::size_t at = at_;
    result.end = end_ = at_ = at_ + length;
    skip_space();
    for (std::size_t i = 0; i < symbols_.size(); ++i) {
      if (symbols_[i].name != name) continue;
      emit(Op::name, static_cast<std::int32_t>(i));
      if (!symbols_[i].texts.empty()) {
        result.kind = Kind::choice;
        result.symbol = &symbols_[i];
      }
      return result;
    }
    if (name == "true" || name == "false") {
      emit(Op::constant, 0, name == "true" ? 1.0 : -1.0);
      result.kind = Kind::condition;
      return result;
    }
    std::vector<std::string> allowed;
    for (const Symbol& known : symbols_) allowed.push_back(known.name);
    note(at, fmt::format("unknown name `{}`{}", shortened(name), did_you_mean(name, allowed)));
    emit(Op::constant);
    return result;
  }

  Operand number_literal(Operand result) {
    double number = 0.0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
    std::size_t next = static_cast<std::size_t>(end - text_.data());
    if (error == std::errc::result_out_of_range) number = std::strtod(std::string(begin, end).c_str(), nullptr);
    const std::string_view odd = odd_name(at_);
    if (odd.size() > next - at_) return known_name(result, odd, odd.size());
    if (next < text_.size() && (is_letter(text_, next) || text_[next] == '.')) {
      while (next < text_.size() && (is_letter(text_, next) || is_digit(text_[next]) || text_[next] == '.')) ++next;
      fail(at_, fmt::format("`{}` is neither a number nor a name; a product is written with *",
                            shortened(text_.substr(at_, next - at_))));
    }
    end_ = at_ = next;
    skip_space();
    emit(Op::constant, 0, number);
    result.end = end_;
    return result;
  }

  Operand text_literal(Operand result) {
    result.kind = Kind::text;
    for (std::size_t from = at_ + 1;;) {
      const std::size_t close = text_.find('\'', from);
      if (close == std::string_view::npos) fail(at_, "the text that begins here has no closing quote");
      result.text += text_.substr(from, close - from);
      from = close + 1;
      if (from < text_.size() && text_[from] == '\'') {  // a quote inside the text is written twice
        result.text += '\'';
        ++from;
        continue;
      }
      end_ = at_ = from;
      break;
    }
    skip_space();
    emit(Op::constant);
    result.end = end_;
    return result;
  }

  struct Function {
    std::string_view name;
    Op op;
    bool variadic;
  };
  static constexpr Function functions[] = {
      {"min", Op::minimum, true}, {"max", Op::maximum, true}, {"floor", Op::floor, false}, {"ceil", Op::ceil, false},
      {"log2", Op::log2, false},  {"abs", Op::abs, false},    {"sqrt", Op::sqrt, false},   {"exp", Op::exp, false},
      {"log", Op::log, false},    {"sin", Op::sin, false},    {"cos", Op::cos, false}};

  Operand named(Operand result) {
    std::size_t next = at_;
    for (;;) {
      while (next < text_.size() && (is_letter(text_, next) || is_digit(text_[next]))) ++next;
      if (next + 1 < text_.size() && text_[next] == '.' && is_letter(text_, next + 1)) {
        ++next;
        continue;
      }
      break;
    }
    const std::string_view name = text_.substr(at_, next - at_);
    const std::size_t at = at_;
    if (name == "and" || name == "or" || name == "not") unexpected("a number or a name");
    const bool known =
        std::any_of(symbols_.begin(), symbols_.end(), [name](const Symbol& symbol) { return symbol.name == name; });
    const std::string_view odd = known ? std::string_view{} : odd_name(at);
    if (odd.size() > name.size()) return known_name(result, odd, odd.size());
    end_ = at_ = next;
    skip_space();
    if (at_ < text_.size() && text_[at_] == '(') return call(result, name, at);
    at_ = at;
    return known_name(result, name, name.size());
  }

  Operand call(Operand result, std::string_view name, std::size_t at) {
    const auto* function =
        std::find_if(std::begin(functions), std::end(functions), [&](const Function& f) { return f.name == name; });
    const bool known = function != std::end(functions);
    if (!known) {
      std::vector<std::string> allowed;
      for (const Function& f : functions) allowed.emplace_back(f.name);
      note(at, fmt::format("unknown function `{}`; there are min, max, floor, ceil, log2, abs, sqrt, exp, "
                           "log, sin and cos{}",
                           shortened(name), did_you_mean(name, allowed)));
    }
    const Depth depth(*this);
    symbol("(");
    int count = 0;
    do {
      want_number(disjunction());
      ++count;
    } while (symbol(","));
    if (!symbol(")")) unexpected("`,` or `)`");
    result.end = end_;
    if (known && !function->variadic && count != 1) {
      note(at, fmt::format("{} takes one operand, found {}", name, count));
    }
    const bool variadic = !known || function->variadic || count != 1;
    if (variadic && count > 1) {
      emit(known && function->variadic ? function->op : Op::minimum, count);
    } else if (known && !function->variadic) {
      emit(function->op);
    }
    return result;
  }

  std::string_view text_;
  std::span<const Symbol> symbols_;
  std::vector<ExpressionMistake>& mistakes_;
  std::vector<Step> code_;
  std::size_t at_ = 0;   // next character
  std::size_t end_ = 0;  // one behind the last token
  int depth_ = 0;
  int stack_ = 0;
};

ExpressionError::ExpressionError(std::vector<ExpressionMistake> found)
    : std::invalid_argument(found.empty() ? std::string("expression")
                                          : fmt::format("column {}: {}", found[0].column, found[0].message)),
      mistakes(std::move(found)) {}

std::optional<Expression> Expression::compile(std::string_view text, std::span<const Symbol> symbols,
                                              std::vector<ExpressionMistake>& mistakes) {
  return ExpressionParser(text, symbols, mistakes).parse();
}

Expression Expression::compile(std::string_view text, std::span<const Symbol> symbols) {
  std::vector<ExpressionMistake> mistakes;
  std::optional<Expression> result = compile(text, symbols, mistakes);
  if (!result) throw ExpressionError(std::move(mistakes));
  return *std::move(result);
}

}  // namespace dovetail
