// Compiling the steps of a family, and walking them at a point.
#include <dovetail/spaces/network/network_steps.hpp>

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace dovetail {
namespace {

using Kind = StatementText::Kind;

constexpr std::size_t most_steps = 50'000;
const std::vector<std::string> shape_names = {"c", "h", "w", "c0", "h0", "w0"};

// "3x32x32"
std::optional<MapShape> shape_of(const std::string& text) {
  MapShape shape;
  int end = 0;
  long long c = 0, h = 0, w = 0;
  if (std::sscanf(text.c_str(), "%lldx%lldx%lld%n", &c, &h, &w, &end) != 3 || end != static_cast<int>(text.size()) ||
      c < 1 || h < 1 || w < 1)
    return std::nullopt;
  return MapShape{c, h, w};
}

}  // namespace

// Unrolls statements into steps, with the names that `after` may use.
class StepCompiler {
 public:
  StepCompiler(const NetworkNames& names, const std::vector<Symbol>& symbols, Diagnostics& diagnostics)
      : names_(names),
        symbols_(symbols),
        parameters_(symbols.size()),
        diagnostics_(diagnostics) {
    for (const std::string& name : shape_names) symbols_.push_back({name, {}});
  }

  std::vector<NetworkSteps::Step> compile(const std::vector<StatementText>& statements, const LoopValues& loops,
                                          const std::string& scope) {
    std::vector<NetworkSteps::Step> steps;
    for (const StatementText& statement : statements) {
      for (const LoopValues& round : names_.unrolled(statement.loops, loops, diagnostics_)) {
        std::vector<std::int64_t> indices;
        for (std::size_t i = loops.size(); i < round.size(); ++i) indices.push_back(round[i].second);
        steps.push_back(step(statement, round, scope + NetworkNames::joined(statement.name, indices), scope));
        if (static_cast<std::size_t>(nodes_) > most_steps || diagnostics_.errors() > 100) {
          if (!too_many_ && diagnostics_.errors() <= 100)
            diagnostics_.error(statement.where, fmt::format("more than {} steps", most_steps));
          too_many_ = true;
          return steps;
        }
      }
    }
    return steps;
  }

  int nodes() const { return nodes_; }

 private:
  using Step = NetworkSteps::Step;

  Step step(const StatementText& statement, const LoopValues& loops, const std::string& name,
            const std::string& scope) {
    Step result;
    result.kind = statement.kind;
    result.name = name;
    result.where = statement.where;
    for (const Formula& formula : statement.after)
      if (const auto node = node_of(formula, loops, scope)) result.after.push_back(*node);
    if (!statement.when.empty()) {
      if (const auto value = compiled(statement.when, loops)) result.when = value->expression;
    }
    result.literal = shape_of(statement.in.text);
    const auto fill = [&](const Formula& formula, std::optional<Step::Value>& place) {
      if (!formula.empty()) place = compiled(formula, loops);
    };
    if (!result.literal) fill(statement.in, result.in);
    fill(statement.out, result.out);
    fill(statement.kernel, result.kernel);
    fill(statement.stride, result.stride);
    result.pad_same = statement.pad.text == "same";
    if (!result.pad_same) fill(statement.pad, result.pad);
    fill(statement.groups, result.groups);
    fill(statement.dilation, result.dilation);
    fill(statement.size, result.size);
    if (statement.kind == Kind::group) result.body = compile(statement.body, loops, name + ".");
    if (statement.kind == Kind::choose) choose(statement, loops, name, result);
    result.node = nodes_++;
    known_[name] = result.node;
    order_.push_back(name);
    return result;
  }

  void choose(const StatementText& statement, const LoopValues& loops, const std::string& name, Step& result) {
    const auto text = names_.expanded(statement.selector, loops, {}, diagnostics_);
    if (!text) return;
    for (std::size_t i = 0; i < parameters_; ++i)
      if (symbols_[i].name == *text) result.selector = static_cast<int>(i);
    if (result.selector < 0) {
      diagnostics_.error(statement.selector.where,
                         fmt::format("choose: {} is no parameter", quote(statement.selector.text)));
      return;
    }
    const std::vector<std::string>& words = symbols_[static_cast<std::size_t>(result.selector)].texts;
    for (const auto& [value, alternative] : statement.alternatives) {
      double number = 0.0;
      if (!words.empty()) {
        const auto found = std::find(words.begin(), words.end(), value);
        if (found == words.end()) {
          diagnostics_.error(alternative.where, fmt::format("{} is no value of {}{}", quote(value), quote(*text),
                                                            suggestion(value, words)));
          continue;
        }
        number = static_cast<double>(found - words.begin());
      } else {
        char* end = nullptr;
        number = std::strtod(value.c_str(), &end);
        if (value.empty() || *end != '\0')
          diagnostics_.error(alternative.where,
                             fmt::format("{} is no value of {}, which is a number", quote(value), quote(*text)));
      }
      result.chosen.emplace_back(number, static_cast<int>(result.body.size()));
      result.body.push_back(step(alternative, loops, name, name + "."));
    }
    std::string missing;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool there = std::any_of(result.chosen.begin(), result.chosen.end(),
                                     [&](const auto& entry) { return entry.first == static_cast<double>(i); });
      if (!there) missing += (missing.empty() ? "" : ", ") + quote(words[i]);
    }
    if (!missing.empty())
      diagnostics_.error(statement.where,
                         fmt::format("choose {}: nothing stands for {}", statement.selector.text, missing));
  }

  std::optional<Step::Value> compiled(const Formula& formula, const LoopValues& loops) {
    const auto text = names_.expanded(formula, loops, shape_names, diagnostics_);
    if (!text) return std::nullopt;
    std::vector<ExpressionMistake> mistakes;
    auto expression = Expression::compile(*text, symbols_, mistakes);
    if (!expression) {
      diagnostics_.error(formula.where, fmt::format("{}: {}", quote(formula.text), mistakes.front().message));
      return std::nullopt;
    }
    return Step::Value{std::move(*expression), formula.text};
  }

  // The node of a name: of this group first, then of those around it.
  std::optional<int> node_of(const Formula& formula, const LoopValues& loops, std::string scope) {
    const auto name = names_.reference(formula, loops, diagnostics_);
    if (!name) return std::nullopt;
    if (*name == "start") return -1;
    if (*name == "input") return -2;
    for (;;) {
      if (const auto found = known_.find(scope + *name); found != known_.end()) return found->second;
      if (scope.empty()) break;
      scope.pop_back();
      const std::size_t dot = scope.rfind('.');
      scope = dot == std::string::npos ? "" : scope.substr(0, dot + 1);
    }
    std::vector<std::string> known = order_;
    known.emplace_back("start");
    known.emplace_back("input");
    diagnostics_.error(formula.where,
                       fmt::format("after names the unknown step {}{}", quote(*name), suggestion(*name, known)));
    return std::nullopt;
  }

  const NetworkNames& names_;
  std::vector<Symbol> symbols_;
  std::size_t parameters_;
  Diagnostics& diagnostics_;
  int nodes_ = 0;
  bool too_many_ = false;
  std::map<std::string, int> known_;
  std::vector<std::string> order_;
};

namespace {

// What a step gives: its shape, and the layers whose results it is made of.
struct Flow {
  MapShape shape;
  std::vector<std::size_t> layers;
  bool zeros = false;
};

class Walk {
 public:
  Walk(const std::vector<double>& numbers, std::size_t nodes, std::optional<MapShape> input,
       const std::string& where_text)
      : values_(numbers),
        nodes_(nodes),
        where_text_(where_text) {
    shapes_ = values_.size();
    values_.resize(shapes_ + shape_names.size(), 0.0);
    if (input) current_ = {*input, {}, false};
    input_ = current_;
  }

  void walk(const std::vector<NetworkSteps::Step>& steps, const Flow& start) {
    for (const NetworkSteps::Step& step : steps) {
      take(step, start);
      nodes_[static_cast<std::size_t>(step.node)] = current_;
    }
  }

  const Flow& current() const { return current_; }
  std::vector<BuiltLayer> layers;

 private:
  using Step = NetworkSteps::Step;

  [[noreturn]] void impossible(const Step& step, const std::string& what) const {
    throw InputError(step.where, fmt::format("step {} {} at {}", quote(step.name), what, where_text_));
  }

  void see(const MapShape& shape, const Flow& start) {
    const double seen[] = {static_cast<double>(shape.channels),     static_cast<double>(shape.height),
                           static_cast<double>(shape.width),        static_cast<double>(start.shape.channels),
                           static_cast<double>(start.shape.height), static_cast<double>(start.shape.width)};
    std::copy(std::begin(seen), std::end(seen), values_.begin() + static_cast<std::ptrdiff_t>(shapes_));
  }

  std::int64_t whole(const Step& step, const std::optional<Step::Value>& value, const char* what,
                     std::int64_t otherwise, std::int64_t least) const {
    if (!value) return otherwise;
    const double number = value->expression.value(values_);
    if (!std::isfinite(number) || std::abs(number - std::round(number)) > 1e-9 || std::abs(number) > 1e9)
      impossible(step,
                 fmt::format("has {} {} = {}, allowed is a whole number (floor, ceil)", what, value->text, number));
    const auto result = static_cast<std::int64_t>(std::llround(number));
    if (result < least)
      impossible(step, fmt::format("has {} {} = {}; the constraint {} >= {} is missing", what, value->text, result,
                                   value->text, least));
    return result;
  }

  Flow source(int node, const Flow& start) const {
    return node == -1 ? start : node == -2 ? input_ : nodes_[static_cast<std::size_t>(node)];
  }

  Flow joined(const Step& step, const Flow& start) const {
    Flow result = source(step.after.front(), start);
    bool first = true;
    for (const int node : step.after) {
      const Flow other = source(node, start);
      if (!first) {
        if (step.kind == Kind::concat) {
          if (other.shape.height != result.shape.height || other.shape.width != result.shape.width)
            impossible(step, "joins maps of different sizes: " + sizes(result.shape, other.shape));
          result.shape.channels += other.shape.channels;
        } else if (!(other.shape == result.shape)) {
          impossible(step, "adds maps of different shapes: " + sizes(result.shape, other.shape));
        }
        result.layers.insert(result.layers.end(), other.layers.begin(), other.layers.end());
        result.zeros = result.zeros && other.zeros;
      }
      first = false;
    }
    return result;
  }

  static std::string sizes(const MapShape& a, const MapShape& b) {
    return fmt::format("{}x{}x{} and {}x{}x{}", a.channels, a.height, a.width, b.channels, b.height, b.width);
  }

  void take(const Step& step, const Flow& start) {
    see(current_.shape, start);
    if (step.when && !step.when->holds(values_)) return;
    if (!step.after.empty()) {
      current_ = joined(step, start);
      see(current_.shape, start);
    }
    if (step.literal) {
      if (current_.shape.channels != 0 && !(current_.shape == *step.literal))
        impossible(step, "reads " + sizes(*step.literal, current_.shape) + ", which differ");
      current_.shape = *step.literal;
      if (input_.shape.channels == 0) input_.shape = *step.literal;
      see(current_.shape, start);
    }
    switch (step.kind) {
      case Kind::group: {
        const Flow begin = current_;
        walk(step.body, begin);
        break;
      }
      case Kind::choose:
        choose(step, start);
        break;
      case Kind::conv:
      case Kind::depthwise:
        convolve(step);
        break;
      case Kind::linear:
        multiply(step);
        break;
      case Kind::pool:
        pool(step);
        break;
      case Kind::upsample: {
        const std::int64_t factor = whole(step, step.size, "a factor", 2, 1);
        current_.shape.height *= factor;
        current_.shape.width *= factor;
        break;
      }
      case Kind::take: {
        const std::int64_t channels = whole(step, step.size, "channels", 1, 1);
        if (channels > current_.shape.channels)
          impossible(step, fmt::format("takes {} of {} channels; the constraint {} <= c is missing", channels,
                                       current_.shape.channels, step.size->text));
        current_.shape.channels = channels;
        break;
      }
      case Kind::none:
        current_.layers.clear();
        current_.zeros = true;
        break;
      case Kind::add:
      case Kind::concat:
      case Kind::pass:
        break;
    }
  }

  void choose(const Step& step, const Flow& start) {
    const double value = values_[static_cast<std::size_t>(step.selector)];
    for (const auto& [number, position] : step.chosen) {
      if (number != value) continue;
      const Step& chosen = step.body[static_cast<std::size_t>(position)];
      take(chosen, start);
      return;
    }
    impossible(step, fmt::format("has nothing that stands for the value {}", value));
  }

  std::int64_t reduced(const Step& step, std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t pad,
                       std::int64_t dilation, const char* what) const {
    const std::int64_t room = size + 2 * pad - dilation * (kernel - 1) - 1;
    if (room < 0)
      impossible(
          step,
          fmt::format(
              "has {} 0: a window of {} does not fit into {} + 2 x {}; the constraint {} + 2 * {} >= {} is missing",
              what, kernel, size, pad, what[0] == 'h' ? "h" : "w", step.pad ? step.pad->text : fmt::format("{}", pad),
              step.kernel ? step.kernel->text : fmt::format("{}", kernel)));
    return room / stride + 1;
  }

  void require_shape(const Step& step) const {
    if (current_.shape.channels == 0) impossible(step, "reads a map of unknown size: the family needs `input: CxHxW`");
  }

  void convolve(const Step& step) {
    require_shape(step);
    const MapShape in = current_.shape;
    if (step.in) {
      const std::int64_t channels = whole(step, step.in, "input channels", in.channels, 1);
      if (channels != in.channels)
        impossible(step, fmt::format("reads {} channels, what stands before has {}", channels, in.channels));
    }
    BuiltLayer layer;
    layer.kind = step.kind == Kind::depthwise ? BuiltLayer::Kind::depthwise : BuiltLayer::Kind::conv;
    layer.name = step.name;
    layer.input = in;
    ConvShape& conv = layer.conv;
    conv.name = step.name;
    conv.in_channels = in.channels;
    conv.out_channels =
        step.kind == Kind::depthwise ? in.channels : whole(step, step.out, "output channels", in.channels, 1);
    conv.groups = step.kind == Kind::depthwise ? in.channels : whole(step, step.groups, "groups", 1, 1);
    if (in.channels % conv.groups != 0 || conv.out_channels % conv.groups != 0)
      impossible(step, fmt::format("has {} groups, which divide {} and {} channels not both", conv.groups, in.channels,
                                   conv.out_channels));
    const std::int64_t kernel = whole(step, step.kernel, "kernel", 1, 1),
                       stride = whole(step, step.stride, "stride", 1, 1),
                       dilation = whole(step, step.dilation, "dilation", 1, 1),
                       pad = step.pad_same ? dilation * (kernel - 1) / 2 : whole(step, step.pad, "pad", 0, 0);
    conv.kernel_height = conv.kernel_width = kernel;
    conv.stride_height = conv.stride_width = stride;
    conv.dilation_height = conv.dilation_width = dilation;
    conv.padding_height = conv.padding_width = pad;
    conv.out_height = reduced(step, in.height, kernel, stride, pad, dilation, "height");
    conv.out_width = reduced(step, in.width, kernel, stride, pad, dilation, "width");
    emit(std::move(layer), {conv.out_channels, conv.out_height, conv.out_width});
  }

  void multiply(const Step& step) {
    require_shape(step);
    const MapShape in = current_.shape;
    BuiltLayer layer;
    layer.kind = BuiltLayer::Kind::linear;
    layer.name = step.name;
    layer.input = in;
    layer.inputs = in.channels * in.height * in.width;
    if (step.in && whole(step, step.in, "inputs", layer.inputs, 1) != layer.inputs)
      impossible(step, fmt::format("reads {} numbers, what stands before has {}", step.in->text, layer.inputs));
    layer.outputs = whole(step, step.out, "outputs", 1, 1);
    const MapShape out{layer.outputs, 1, 1};
    emit(std::move(layer), out);
  }

  void pool(const Step& step) {
    require_shape(step);
    MapShape& shape = current_.shape;
    if (!step.size) {
      shape.height = shape.width = 1;
      return;
    }
    const std::int64_t size = whole(step, step.size, "size", 1, 1),
                       stride = whole(step, step.stride, "stride", size, 1),
                       pad = step.pad_same ? (size - 1) / 2 : whole(step, step.pad, "pad", 0, 0);
    shape.height = reduced(step, shape.height, size, stride, pad, 1, "height");
    shape.width = reduced(step, shape.width, size, stride, pad, 1, "width");
  }

  void emit(BuiltLayer layer, const MapShape& out) {
    layer.reads = current_.layers;
    std::sort(layer.reads.begin(), layer.reads.end());
    layer.reads.erase(std::unique(layer.reads.begin(), layer.reads.end()), layer.reads.end());
    current_ = {out, {layers.size()}, false};
    layers.push_back(std::move(layer));
  }

  std::vector<double> values_;
  std::size_t shapes_ = 0;
  std::vector<Flow> nodes_;
  Flow current_, input_;
  const std::string& where_text_;
};

}  // namespace

NetworkSteps::NetworkSteps(const std::vector<StatementText>& statements, const NetworkNames& names,
                           const std::vector<Symbol>& symbols, std::optional<MapShape> input, Diagnostics& diagnostics)
    : parameters_(symbols.size()),
      input_(input) {
  StepCompiler compiler(names, symbols, diagnostics);
  steps_ = compiler.compile(statements, {}, "");
  nodes_ = compiler.nodes();
}

std::vector<BuiltLayer> NetworkSteps::build(const std::vector<double>& numbers, const std::string& where_text) const {
  Walk walk(numbers, static_cast<std::size_t>(nodes_), input_, where_text);
  const auto begin = walk.current();
  walk.walk(steps_, begin);
  return std::move(walk.layers);
}

}  // namespace dovetail
