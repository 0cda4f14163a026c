// Expansion of a family's texts.
#include <dovetail/spaces/network/network_names.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

namespace dovetail {
namespace {

constexpr int deepest = 16;                   // definitions within definitions
constexpr std::size_t longest_text = 20'000;  // of an expression after expansion
constexpr std::int64_t longest_loop = 1'000;
constexpr std::size_t most_rounds = 20'000;  // of nested loops

bool starts_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool continues_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool is_function_or_word(const std::string& name) {
  static const std::vector<std::string> words = {"min", "max", "floor", "ceil", "log2", "abs", "sqrt", "exp",
                                                 "log", "sin", "cos",   "and",  "or",   "not", "true", "false"};
  return std::find(words.begin(), words.end(), name) != words.end();
}

// The end of the bracket that opens at `at`, or npos.
std::size_t closing(const std::string& text, std::size_t at) {
  int open = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == '[') ++open;
    if (text[i] == ']' && --open == 0) return i;
  }
  return std::string::npos;
}

}  // namespace

void NetworkNames::add_parameter(const std::string& base, const std::vector<std::int64_t>& indices) {
  bases_[base] = static_cast<int>(indices.size());
  parameters_[joined(base, indices)] = static_cast<int>(parameters_.size());
}

std::string NetworkNames::joined(const std::string& base, const std::vector<std::int64_t>& indices) {
  std::string text = base;
  for (std::size_t i = 0; i < indices.size(); ++i) text += fmt::format("{}{}", i == 0 ? "" : "_", indices[i]);
  return text;
}

std::vector<std::string> NetworkNames::parameter_names() const {
  std::vector<std::string> names;
  for (const auto& entry : parameters_) names.push_back(entry.first);
  return names;
}

std::string NetworkNames::indexed(const std::string& base, const std::string& inside, const LoopValues& loops,
                                  int depth) const {
  std::vector<std::int64_t> indices;
  std::size_t start = 0;
  int open = 0;
  for (std::size_t i = 0; i <= inside.size(); ++i) {
    if (i < inside.size() && (inside[i] == '(' || inside[i] == '[')) ++open;
    if (i < inside.size() && (inside[i] == ')' || inside[i] == ']')) --open;
    if (i < inside.size() && (inside[i] != ',' || open > 0)) continue;
    const std::string text = expand(inside.substr(start, i - start), loops, {}, depth);
    std::vector<ExpressionMistake> mistakes;
    const auto compiled = Expression::compile(text, {}, mistakes);
    if (!compiled)
      throw Mistake{fmt::format("the index {} is no number: {}", quote(inside.substr(start, i - start)),
                                mistakes.front().message)};
    const double value = compiled->value({});
    if (!std::isfinite(value) || value != std::round(value) || std::abs(value) > 1e6)
      throw Mistake{
          fmt::format("the index {} is {}, allowed is a whole number", quote(inside.substr(start, i - start)), value)};
    indices.push_back(static_cast<std::int64_t>(value));
    start = i + 1;
  }
  return joined(base, indices);
}

std::string NetworkNames::expand(const std::string& text, const LoopValues& loops, const std::vector<std::string>& free,
                                 int depth) const {
  if (depth > deepest) throw Mistake{"definitions refer to each other without end"};
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    if (result.size() > longest_text) throw Mistake{"the expression is too long once definitions are put in"};
    if (text[i] == '\'') {
      const std::size_t end = std::min(text.find('\'', i + 1), text.size() - 1);
      result += text.substr(i, end - i + 1);
      i = end + 1;
      continue;
    }
    if (std::isdigit(static_cast<unsigned char>(text[i])) != 0) {  // a number, with its exponent
      while (i < text.size() && (continues_name(text[i]) || text[i] == '.')) result += text[i++];
      continue;
    }
    if (!starts_name(text[i])) {
      result += text[i++];
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && continues_name(text[end])) ++end;
    std::string name = text.substr(i, end - i);
    i = end;
    if (i < text.size() && text[i] == '[') {
      const std::size_t close = closing(text, i);
      if (close == std::string::npos) throw Mistake{fmt::format("{} opens a bracket without end", quote(name))};
      const std::string full = indexed(name, text.substr(i + 1, close - i - 1), loops, depth + 1);
      if (bases_.count(name) == 0)
        throw Mistake{"there is no parameter " + quote(name) + suggestion(name, parameter_names())};
      if (parameters_.count(full) == 0)
        throw Mistake{fmt::format("{} does not exist: {} is no index of {}", quote(full),
                                  text.substr(end, close - end + 1), quote(name))};
      result += prefixed(full);
      i = close + 1;
      continue;
    }
    const auto loop =
        std::find_if(loops.rbegin(), loops.rend(), [&](const auto& entry) { return entry.first == name; });
    if (loop != loops.rend()) {
      result += loop->second < 0 ? fmt::format("({})", loop->second) : fmt::format("{}", loop->second);
    } else if (std::find(free.begin(), free.end(), name) != free.end() || is_function_or_word(name)) {
      result += name;
    } else if (const auto setting = settings_.find(name); setting != settings_.end()) {
      result += fmt::format("({})", setting->second);
    } else if (const auto definition = definitions_.find(name); definition != definitions_.end()) {
      result += "(" + expand(definition->second.text, loops, free, depth + 1) + ")";
    } else if (parameters_.count(name) != 0) {
      result += prefixed(name);
    } else {
      std::vector<std::string> known = parameter_names();
      for (const auto& entry : settings_) known.push_back(entry.first);
      for (const auto& entry : definitions_) known.push_back(entry.first);
      for (const auto& entry : bases_)
        if (entry.second > 0) known.push_back(entry.first + "[...]");
      for (const auto& entry : loops) known.push_back(entry.first);
      known.insert(known.end(), free.begin(), free.end());
      const auto base = bases_.find(name);
      if (base != bases_.end())
        throw Mistake{fmt::format("{} needs {} in brackets: {}[...]", quote(name),
                                  base->second == 1 ? "its index" : fmt::format("{} indices", base->second), name)};
      throw Mistake{"unknown name " + quote(name) + suggestion(name, known)};
    }
  }
  return result;
}

std::optional<std::string> NetworkNames::expanded(const Formula& formula, const LoopValues& loops,
                                                  const std::vector<std::string>& free,
                                                  Diagnostics& diagnostics) const {
  try {
    return expand(formula.text, loops, free, 0);
  } catch (const Mistake& mistake) {
    diagnostics.error(formula.where, mistake.message);
    return std::nullopt;
  }
}

std::optional<std::string> NetworkNames::reference(const Formula& formula, const LoopValues& loops,
                                                   Diagnostics& diagnostics) const {
  try {
    std::string result;
    const std::string& text = formula.text;
    for (std::size_t i = 0; i < text.size();) {
      std::size_t end = i;
      while (end < text.size() && text[end] != '[') ++end;
      const std::string base = text.substr(i, end - i);
      i = end;
      result += base;
      if (i == text.size()) break;
      const std::size_t close = closing(text, i);
      if (close == std::string::npos) throw Mistake{fmt::format("{} opens a bracket without end", quote(text))};
      result += indexed("", text.substr(i + 1, close - i - 1), loops, 1);
      i = close + 1;
    }
    while (!result.empty() && result.back() == ' ') result.pop_back();
    return result;
  } catch (const Mistake& mistake) {
    diagnostics.error(formula.where, mistake.message);
    return std::nullopt;
  }
}

std::optional<double> NetworkNames::number(const Formula& formula, const LoopValues& loops,
                                           Diagnostics& diagnostics) const {
  const auto text = expanded(formula, loops, {}, diagnostics);
  if (!text) return std::nullopt;
  std::vector<ExpressionMistake> mistakes;
  const auto compiled = Expression::compile(*text, {}, mistakes);
  if (!compiled) {
    diagnostics.error(formula.where, fmt::format("{} must be a number that settings and loops decide: {}",
                                                 quote(formula.text), mistakes.front().message));
    return std::nullopt;
  }
  const double value = compiled->value({});
  if (!std::isfinite(value)) {
    diagnostics.error(formula.where, quote(formula.text) + " is undefined");
    return std::nullopt;
  }
  return value;
}

std::vector<LoopValues> NetworkNames::unrolled(const std::vector<LoopText>& loops, const LoopValues& outer,
                                               Diagnostics& diagnostics) const {
  std::vector<LoopValues> rounds = {outer};
  for (const LoopText& loop : loops) {
    std::vector<LoopValues> next;
    for (const LoopValues& round : rounds) {
      const auto low = number({loop.low, loop.where}, round, diagnostics);
      const auto high = number({loop.high, loop.where}, round, diagnostics);
      if (!low || !high) return {};
      if (*low != std::round(*low) || *high != std::round(*high) || *high - *low >= longest_loop) {
        diagnostics.error(loop.where, fmt::format("{} runs from {} to {}, allowed are at most {} whole numbers",
                                                  loop.name, *low, *high, longest_loop));
        return {};
      }
      for (auto value = static_cast<std::int64_t>(*low); value <= static_cast<std::int64_t>(*high); ++value) {
        next.push_back(round);
        next.back().emplace_back(loop.name, value);
        if (next.size() > most_rounds) {
          diagnostics.error(loop.where, fmt::format("the loops make more than {} rounds", most_rounds));
          return {};
        }
      }
    }
    rounds = std::move(next);
  }
  return rounds;
}

}  // namespace dovetail
