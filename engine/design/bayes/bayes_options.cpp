// One row per option: how it is read and what help says.
#include <dovetail/engine/design/bayes/bayes_options.hpp>

#include <charconv>
#include <functional>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

namespace dovetail {
namespace {

struct Row {
  std::string name, help;
  std::function<bool(BayesOptions&, const std::string&)> set;
};

template <class Number>
bool read_number(const std::string& text, Number low, Number high, Number& result) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= low && value <= high)) return false;
  result = value;
  return true;
}

Row integer(std::string name, int BayesOptions::*field, int low, int high, const std::string& help) {
  return {std::move(name), help + " (" + std::to_string(low) + " to " + std::to_string(high) + ")",
          [=](BayesOptions& options, const std::string& text) { return read_number(text, low, high, options.*field); }};
}

Row real(std::string name, double BayesOptions::*field, double low, double high, const std::string& help) {
  return {std::move(name), help,
          [=](BayesOptions& options, const std::string& text) { return read_number(text, low, high, options.*field); }};
}

Row flag(std::string name, bool BayesOptions::*field, const std::string& help) {
  return {std::move(name), help + " (on, off)", [=](BayesOptions& options, const std::string& text) {
            if (text != "on" && text != "off") return false;
            options.*field = text == "on";
            return true;
          }};
}

Row choice(std::string name, std::string BayesOptions::*field, const std::vector<std::string>& allowed,
           const std::string& help) {
  std::string list;
  for (const std::string& word : allowed) list += (list.empty() ? "" : ", ") + word;
  return {std::move(name), help + " (" + list + ")", [=](BayesOptions& options, const std::string& text) {
            for (const std::string& word : allowed)
              if (word == text) return options.*field = text, true;
            return false;
          }};
}

const std::vector<Row>& rows() {
  using B = BayesOptions;
  static const std::vector<Row> table = {
      integer("initial", &B::initial, 0, 100000, "points before the first model, 0: by dimension"),
      flag("central", &B::central, "start at the middle of the ranges"),
      choice("kernel", &B::kernel,
             {"auto", "matern52", "squared_exponential", "linear", "additive", "product", "linear_noise"},
             "covariance function"),
      choice("transform", &B::transform, {"auto", "none", "log", "power"}, "of the objective"),
      flag("warp", &B::warp, "warp ordered inputs"),
      choice("acquisition", &B::acquisition, {"auto", "ei", "lcb", "thompson", "mixed"}, "what is maximised"),
      real("lambda", &B::lambda, 0.0, 100.0, "standard deviations in lcb (0 to 100)"),
      choice("classifier", &B::classifier, {"process", "trees", "off"}, "learns feasibility from failures"),
      real("threshold", &B::threshold, 0.0, 0.95, "smallest probability of feasibility suggested (0 to 0.95)"),
      flag("violation", &B::violation, "reduce predicted violations before the first feasible point"),
      choice("trust", &B::trust, {"auto", "on", "off"}, "trust region"),
      flag("neighbours", &B::neighbours, "climb over feasible neighbours"),
      flag("gradient", &B::gradient, "finish real coordinates by gradient"),
      integer("samples", &B::samples, 8, 100000, "feasible points drawn per suggestion"),
      integer("starts", &B::starts, 1, 1000, "climbs per suggestion"),
      integer("exact", &B::exact, 16, 20000, "largest exact Gaussian process"),
  };
  return table;
}

}  // namespace

BayesOptions BayesOptions::read(const std::map<std::string, std::string>& options) {
  BayesOptions result;
  for (const auto& [name, text] : options) {
    bool known = false;
    std::string names;
    for (const Row& row : rows()) {
      names += (names.empty() ? "" : ", ") + row.name;
      if (row.name != name) continue;
      known = true;
      if (!row.set(result, text))
        throw std::invalid_argument(fmt::format("bayes: option '{}={}'; {}: {}", name, text, name, row.help));
    }
    if (!known) throw std::invalid_argument(fmt::format("bayes: no option '{}'; known are {}", name, names));
  }
  return result;
}

BayesOptions BayesOptions::settled(int dimension, bool only_real, bool with_prior) const {
  BayesOptions result = *this;
  const bool few = dimension < many || with_prior;
  if (kernel == "auto") result.kernel = few ? "matern52" : only_real ? "additive" : "linear";
  if (acquisition == "auto") result.acquisition = few ? "ei" : only_real ? "thompson" : "mixed";
  return result;
}

std::string BayesOptions::help() {
  std::string text;
  for (const Row& row : rows()) text += row.name + ": " + row.help + "\n";
  return text;
}

}  // namespace dovetail
