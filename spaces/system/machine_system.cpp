// Joins the spaces of slots, and pins what does not matter.
#include <dovetail/spaces/system/machine_system.hpp>

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

namespace dovetail {

struct MachineSystem::Impl {
  struct Part {
    std::size_t choice = 0;
    int first = 0;
    Point pinned;  ///< what a slot without this family holds
  };
  struct Block {
    int first = 0, count = 0, family = -1, bandwidth = -1;
    std::vector<Part> parts;  ///< per choice; of a machine as it is without parameters
  };
  std::vector<SlotOption> options;
  std::vector<SystemSlot> slots;
  std::vector<double> bandwidths;
  std::vector<Parameter> parameters;
  std::vector<std::string> constraints;
  std::vector<Block> blocks;
  std::vector<std::vector<int>> groups;

  void add_slot(int slot);
  void add_family(int slot, std::size_t choice, const std::string& chosen_here, Block& block);
  void find_groups();
  int compare(std::span<const double> numbers, int a, int b) const;
};

namespace {

bool continues_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
}

// The text with other names; texts in quotes stay.
std::string renamed(const std::string& text, const std::map<std::string, std::string>& names) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '\'') {
      std::size_t end = text.find('\'', i + 1);
      if (end == std::string::npos) end = text.size() - 1;
      result += text.substr(i, end - i + 1);
      i = end + 1;
      continue;
    }
    // The longest known name that begins here and ends where a name ends.
    const std::string* longest = nullptr;
    std::size_t length = 0;
    if (i == 0 || !continues_name(text[i - 1]) || text[i - 1] == '-') {
      for (const auto& [from, to] : names) {
        if (from.size() <= length || text.compare(i, from.size(), from) != 0) continue;
        const std::size_t next = i + from.size();
        if (next < text.size() &&
            (std::isalnum(static_cast<unsigned char>(text[next])) != 0 || text[next] == '_' || text[next] == '.'))
          continue;
        longest = &to;
        length = from.size();
      }
    }
    if (longest != nullptr) {
      result += *longest;
      i += length;
    } else {
      result += text[i++];
    }
  }
  return result;
}

std::string operand(const Parameter& parameter, double stored) {
  if (const auto* ordinal = std::get_if<OrdinalValues>(&parameter.domain))
    return fmt::format("{}", ordinal->values[static_cast<std::size_t>(stored)]);
  if (const auto* words = std::get_if<CategoricalValues>(&parameter.domain)) {
    std::string text = "'";
    for (const char c : words->values[static_cast<std::size_t>(stored)])
      text += c == '\'' ? std::string("''") : std::string(1, c);
    return text + "'";
  }
  return fmt::format("{}", stored);
}

double choices(const Parameter& parameter) {
  if (const auto* integer = std::get_if<IntegerRange>(&parameter.domain))
    return static_cast<double>((integer->high - integer->low) / integer->step) + 1.0;
  if (const auto* ordinal = std::get_if<OrdinalValues>(&parameter.domain))
    return static_cast<double>(ordinal->values.size());
  if (const auto* words = std::get_if<CategoricalValues>(&parameter.domain))
    return static_cast<double>(words->values.size());
  return 0.0;
}

double stored_at(const Parameter& parameter, double choice) {
  const auto* integer = std::get_if<IntegerRange>(&parameter.domain);
  return integer != nullptr ? static_cast<double>(integer->low + static_cast<std::int64_t>(choice) * integer->step)
                            : choice;
}

// The point with the first value of a parameter that the space allows there.
Point with_first(const Space& space, const Point& point, int parameter) {
  const Parameter& what = space.parameters()[static_cast<std::size_t>(parameter)];
  Point other = point;
  for (double choice = 0.0; choice < choices(what); choice += 1.0) {
    other.numbers[static_cast<std::size_t>(parameter)] = stored_at(what, choice);
    if (space.contains(other)) return other;
  }
  return point;
}

// The family's default where the slot allows it, otherwise some point that it allows; none where it allows nothing.
std::optional<Point> some_point(const Family& family, const Space& space) {
  if (space.contains(family.default_point())) return family.default_point();
  Random random(0, {0x736c6f74});
  return space.sample(random);
}

// Whether a parameter only sets the ports of the outer memory: then it means nothing where those are given.
bool only_ports(const SlotOption& option, const Space& space, const Point& base, int parameter) {
  const Parameter& what = space.parameters()[static_cast<std::size_t>(parameter)];
  const double count = choices(what);
  if (count < 2.0 || count > 64.0) return false;
  const auto machine = [&](const Point& point) {
    Architecture built = option.family->instantiate(point);
    set_bandwidth(built, option.clock_mhz, 1.0);
    return built;
  };
  const Architecture standing = machine(base);
  const auto at = static_cast<std::size_t>(space.offset(parameter));
  int others = 0;
  for (double i = 0.0; i < count; i += 1.0) {
    Point point = base;
    point.numbers[at] = stored_at(what, i);
    if (point == base || !space.contains(point)) continue;
    ++others;
    if (!(machine(point) == standing)) return false;
  }
  return others > 0 && option.family->ruling()[static_cast<std::size_t>(parameter)] == 0;
}

}  // namespace

/// `chosen_here` is the condition that the family stands in the slot; empty: it always does.
void MachineSystem::Impl::add_family(int slot, std::size_t choice, const std::string& chosen_here, Block& block) {
  const SlotChoice& chosen = slots[static_cast<std::size_t>(slot)].choices[choice];
  const SlotOption& option = options[chosen.option];
  Part part{choice, static_cast<int>(parameters.size()), {}};
  if (!option.family) {
    block.parts.push_back(part);
    return;
  }
  const auto families = std::count_if(slots[static_cast<std::size_t>(slot)].choices.begin(),
                                      slots[static_cast<std::size_t>(slot)].choices.end(),
                                      [&](const SlotChoice& one) { return options[one.option].family.has_value(); });
  const std::string prefix = fmt::format("hw.{}.{}", slot, families > 1 ? option.name + "." : "");
  const Space& space = chosen.space;
  part.pinned = some_point(*option.family, space).value_or(option.family->default_point());
  std::vector<char> held(space.parameters().size(), 0);
  if (!bandwidths.empty()) {
    for (std::size_t p = 0; p < held.size(); ++p) {
      if (!only_ports(option, space, part.pinned, static_cast<int>(p))) continue;
      part.pinned = with_first(space, part.pinned, static_cast<int>(p));
      held[p] = 1;
    }
  }
  std::map<std::string, std::string> names;
  for (std::size_t p = 0; p < held.size(); ++p) {
    Parameter parameter = space.parameters()[p];
    const std::string plain = parameter.name.rfind("hw.", 0) == 0 ? parameter.name.substr(3) : parameter.name;
    names[plain] = names[parameter.name] = prefix + plain;
    parameter.name = prefix + plain;
    const std::string pin = fmt::format("{} == {}", parameter.name, operand(parameter, part.pinned.numbers[p]));
    if (held[p] != 0)
      constraints.push_back(pin);
    else if (!chosen_here.empty())
      constraints.push_back(fmt::format("{} or {}", chosen_here, pin));
    parameters.push_back(std::move(parameter));
  }
  for (std::size_t c = 0; c < space.constraints().size(); ++c) {
    const std::string text =
        renamed(c < option.conditions.size() ? option.conditions[c] : space.constraints()[c].text, names);
    constraints.push_back(chosen_here.empty() ? text : fmt::format("not {} or ({})", chosen_here, text));
  }
  block.parts.push_back(std::move(part));
}

void MachineSystem::Impl::add_slot(int number) {
  const SystemSlot& slot = slots[static_cast<std::size_t>(number)];
  Block block;
  block.first = static_cast<int>(parameters.size());
  const bool chosen = slot.choices.size() > 1 ||
                      std::any_of(slots.begin(), slots.end(), [](const SystemSlot& one) { return one.may_be_empty; });
  const std::string family = fmt::format("hw.{}.family", number);
  if (chosen) {
    CategoricalValues names;
    for (const SlotChoice& choice : slot.choices) names.values.push_back(options[choice.option].name);
    if (slot.may_be_empty) names.values.emplace_back(empty_slot);
    block.family = static_cast<int>(parameters.size());
    parameters.push_back({family, names});
  }
  if (!bandwidths.empty()) {
    block.bandwidth = static_cast<int>(parameters.size());
    parameters.push_back({fmt::format("hw.{}.bandwidth_gb_s", number), OrdinalValues{bandwidths}});
    if (slot.may_be_empty)
      constraints.push_back(
          fmt::format("{} != '{}' or {} == {}", family, empty_slot, parameters.back().name, bandwidths.front()));
  }
  const bool other = slot.choices.size() > 1 || slot.may_be_empty;
  for (std::size_t c = 0; c < slot.choices.size(); ++c)
    add_family(number, c, other ? fmt::format("({} == '{}')", family, options[slot.choices[c].option].name) : "",
               block);
  block.count = static_cast<int>(parameters.size()) - block.first;
  blocks.push_back(std::move(block));
}

void MachineSystem::Impl::find_groups() {
  for (int s = 0; s < static_cast<int>(slots.size()); ++s) {
    const auto same = [&](const std::vector<int>& group) {
      const SystemSlot &a = slots[static_cast<std::size_t>(group.front())], &b = slots[static_cast<std::size_t>(s)];
      if (a.alike != b.alike || a.choices.size() != b.choices.size()) return false;
      for (std::size_t c = 0; c < a.choices.size(); ++c)
        if (a.choices[c].option != b.choices[c].option) return false;
      return slots[static_cast<std::size_t>(group.back())].may_be_empty <= b.may_be_empty;
    };
    const auto found = std::find_if(groups.begin(), groups.end(), same);
    if (found != groups.end())
      found->push_back(s);
    else
      groups.push_back({s});
  }
}

int MachineSystem::Impl::compare(std::span<const double> numbers, int a, int b) const {
  const Block &left = blocks[static_cast<std::size_t>(a)], &right = blocks[static_cast<std::size_t>(b)];
  for (int i = 0; i < left.count; ++i) {
    const double x = numbers[static_cast<std::size_t>(left.first + i)],
                 y = numbers[static_cast<std::size_t>(right.first + i)];
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

MachineSystem::MachineSystem(std::vector<SlotOption> options, std::vector<SystemSlot> slots,
                             std::vector<double> bandwidths_gb_s) {
  auto impl = std::make_shared<Impl>();
  impl->options = std::move(options);
  impl->slots = std::move(slots);
  impl->bandwidths = std::move(bandwidths_gb_s);
  for (int s = 0; s < static_cast<int>(impl->slots.size()); ++s) impl->add_slot(s);
  impl->find_groups();
  impl_ = std::move(impl);
}

const std::vector<SlotOption>& MachineSystem::options() const {
  return impl_->options;
}
const std::vector<SystemSlot>& MachineSystem::slots() const {
  return impl_->slots;
}
const std::vector<Parameter>& MachineSystem::parameters() const {
  return impl_->parameters;
}
const std::vector<std::string>& MachineSystem::constraints() const {
  return impl_->constraints;
}
const std::vector<std::vector<int>>& MachineSystem::groups() const {
  return impl_->groups;
}

std::pair<int, int> MachineSystem::block(int slot) const {
  const Impl::Block& block = impl_->blocks[static_cast<std::size_t>(slot)];
  return {block.first, block.count};
}

std::vector<int> MachineSystem::family_parameters() const {
  std::vector<int> result;
  for (const Impl::Block& block : impl_->blocks) result.push_back(block.family);
  return result;
}

std::vector<SystemMachine> MachineSystem::machines(std::span<const double> numbers) const {
  std::vector<SystemMachine> result;
  for (std::size_t s = 0; s < impl_->slots.size(); ++s) {
    const Impl::Block& block = impl_->blocks[s];
    const auto chosen =
        block.family < 0 ? std::size_t{0} : static_cast<std::size_t>(numbers[static_cast<std::size_t>(block.family)]);
    if (chosen >= impl_->slots[s].choices.size()) continue;  // empty
    SystemMachine machine;
    machine.slot = static_cast<int>(s);
    machine.option = &impl_->options[impl_->slots[s].choices[chosen].option];
    if (machine.option->family) {
      const auto first = numbers.begin() + block.parts[chosen].first;
      machine.point.numbers.assign(first, first + machine.option->family->space().size());
    }
    if (block.bandwidth >= 0)
      machine.bandwidth_gb_s =
          impl_->bandwidths[static_cast<std::size_t>(numbers[static_cast<std::size_t>(block.bandwidth)])];
    result.push_back(std::move(machine));
  }
  return result;
}

std::vector<double> MachineSystem::default_numbers() const {
  std::vector<double> numbers(impl_->parameters.size(), 0.0);
  for (const Impl::Block& block : impl_->blocks)
    for (const Impl::Part& part : block.parts)
      std::copy(part.pinned.numbers.begin(), part.pinned.numbers.end(), numbers.begin() + part.first);
  return numbers;
}

bool MachineSystem::in_order(std::span<const double> numbers) const {
  for (const std::vector<int>& group : impl_->groups)
    for (std::size_t i = 0; i + 1 < group.size(); ++i)
      if (impl_->compare(numbers, group[i], group[i + 1]) > 0) return false;
  return true;
}

void MachineSystem::put_in_order(std::span<double> numbers) const {
  const std::vector<double> before(numbers.begin(), numbers.end());
  for (const std::vector<int>& group : impl_->groups) {
    std::vector<int> sorted = group;
    std::stable_sort(sorted.begin(), sorted.end(), [&](int a, int b) { return impl_->compare(before, a, b) < 0; });
    for (std::size_t i = 0; i < group.size(); ++i) {
      const Impl::Block &to = impl_->blocks[static_cast<std::size_t>(group[i])],
                        &from = impl_->blocks[static_cast<std::size_t>(sorted[i])];
      std::copy_n(before.begin() + from.first, from.count, numbers.begin() + to.first);
    }
  }
}

Architecture SystemMachine::architecture() const {
  Architecture machine = option->family ? option->family->instantiate(point) : option->fixed;
  if (bandwidth_gb_s) set_bandwidth(machine, option->clock_mhz, *bandwidth_gb_s);
  return machine;
}

MappingRules SystemMachine::rules(const Layer& layer) const {
  return option->family ? option->family->rules(layer, point) : MappingRules{};
}

std::string SystemMachine::key() const {
  std::string text = option->name;
  for (const double number : point.numbers) text += fmt::format(",{}", number);
  return text + (bandwidth_gb_s ? fmt::format("@{}", *bandwidth_gb_s) : "") + ";";
}

}  // namespace dovetail
