// Reading of network families: the record's keys, and the steps of a network.
#include <dovetail/spaces/network/network_family_document.hpp>

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

bool identifier(const std::string& name) {
  if (name.empty() || (std::isalpha(static_cast<unsigned char>(name[0])) == 0 && name[0] != '_')) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

bool read_formula(const Node& node, const std::string& what, Formula& formula, Diagnostics& diagnostics) {
  if (!node.is_scalar() || node.text().empty()) {
    diagnostics.error(node.location(), fmt::format("{} is {}, allowed is an expression", what, node.describe()));
    return false;
  }
  formula = {node.text(), node.location()};
  return true;
}

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \t") + 1);
  text.erase(0, text.find_first_not_of(" \t"));
  return text;
}

// {i: 1..14, j: 0..i}
std::vector<LoopText> read_loops(const Node& node, Diagnostics& diagnostics) {
  std::vector<LoopText> loops;
  if (!require_mapping(node, "for", diagnostics)) return loops;
  for (const Node::Entry& entry : node.entries()) {
    const std::string text = entry.value.text();
    const std::size_t dots = text.find("..");
    if (!identifier(entry.key))
      diagnostics.error(entry.where, fmt::format("{} is not a name of a loop", quote(entry.key)));
    else if (dots == std::string::npos || trimmed(text.substr(0, dots)).empty() ||
             trimmed(text.substr(dots + 2)).empty())
      diagnostics.error(entry.value.location(),
                        fmt::format("for: expected low..high, found {}", entry.value.describe()));
    else
      loops.push_back(
          {entry.key, trimmed(text.substr(0, dots)), trimmed(text.substr(dots + 2)), entry.value.location()});
  }
  return loops;
}

const Json loops_schema = {{"type", "object"}};
const Json formula_schema = {{"type", Json::array({"number", "string", "boolean"})}};

template <class T>
Record<T> with_loops(Record<T> record) {
  return std::move(record).custom(
      "for", false, "{i: low..high}: once per value of i", loops_schema,
      [](const Node& node, T& object, Diagnostics& diagnostics) { object.loops = read_loops(node, diagnostics); });
}

template <class T, class Place>
Record<T> with_formula(Record<T> record, const std::string& key, Place place, const std::string& doc,
                       bool required = false) {
  return std::move(record).custom(key, required, doc, formula_schema,
                                  [key, place](const Node& node, T& object, Diagnostics& diagnostics) {
                                    read_formula(node, key, std::invoke(place, object), diagnostics);
                                  });
}

void read_values(const Node& node, NetworkParameterText& parameter, Diagnostics& diagnostics) {
  if (!require_sequence(node, "values", diagnostics)) return;
  if (node.items().empty()) diagnostics.error(node.location(), "values: the list is empty");
  const bool numbers = std::all_of(node.items().begin(), node.items().end(),
                                   [](const Node& item) { return item.as_number().has_value(); });
  for (const Node& item : node.items()) {
    if (!item.is_scalar()) {
      diagnostics.error(item.location(), "values: expected a number or a word, found " + item.describe());
    } else if (numbers) {
      if (!parameter.values.empty() && *item.as_number() <= parameter.values.back())
        diagnostics.error(item.location(), fmt::format("values do not ascend: {} follows {}", *item.as_number(),
                                                       parameter.values.back()));
      parameter.values.push_back(*item.as_number());
    } else {
      if (std::find(parameter.choices.begin(), parameter.choices.end(), item.text()) != parameter.choices.end())
        diagnostics.error(item.location(), quote(item.text()) + " stands twice among the values");
      parameter.choices.push_back(item.text());
    }
  }
  parameter.kind = numbers ? NetworkParameterText::Kind::ordinal : NetworkParameterText::Kind::categorical;
}

Record<NetworkParameterText> parameter_record() {
  using P = NetworkParameterText;
  auto record = with_loops(Record<P>("parameter", "A choice of the search."));
  record = with_formula(std::move(record), "low", &P::low, "least integer");
  record = with_formula(std::move(record), "high", &P::high, "largest integer");
  record = with_formula(std::move(record), "when", &P::when,
                        "the choice exists only where this holds; elsewhere it is its first value");
  return std::move(record)
      .optional("step", &P::step, "distance of two integers", at_least(1))
      .custom("values", false, "numbers, ascending, or words", {{"type", "array"}}, read_values)
      .optional("meaning", &P::meaning, "what it is")
      .checked([](const Node& node, P& parameter, Diagnostics& diagnostics) {
        const bool range = !parameter.low.empty() && !parameter.high.empty();
        const bool list = !parameter.values.empty() || !parameter.choices.empty();
        if (range == list || parameter.low.empty() != parameter.high.empty())
          diagnostics.error(node.location(), "a parameter needs low and high, or values");
      });
}

// The keys that say what a step is, and which others it may have.
struct Form {
  const char* key;
  StatementText::Kind kind;
  std::vector<std::string> more;
};

const std::vector<Form>& forms() {
  using K = StatementText::Kind;
  static const std::vector<Form> all = {{"conv", K::conv, {"kernel", "stride", "pad", "groups", "dilation"}},
                                        {"depthwise", K::depthwise, {"kernel", "stride", "pad", "dilation"}},
                                        {"linear", K::linear, {}},
                                        {"pool", K::pool, {"stride", "pad"}},
                                        {"upsample", K::upsample, {}},
                                        {"add", K::add, {}},
                                        {"concat", K::concat, {}},
                                        {"take", K::take, {}},
                                        {"layers", K::group, {}}};
  return all;
}

const std::vector<std::string> common_keys = {"for", "when", "after"};

StatementText read_statement(const std::string& name, const Location& where, const Node& node,
                             Diagnostics& diagnostics);

// - name: {...}, in a list.
std::vector<StatementText> read_statements(const Node& node, Diagnostics& diagnostics) {
  std::vector<StatementText> all;
  if (!require_sequence(node, "layers", diagnostics)) return all;
  for (const Node& item : node.items()) {
    if (item.is_mapping() && item.entries().size() == 1 && identifier(item.entries()[0].key)) {
      const Node::Entry& entry = item.entries()[0];
      all.push_back(read_statement(entry.key, entry.where, entry.value, diagnostics));
    } else {
      diagnostics.error(item.location(),
                        fmt::format("a layer must be name: {{conv: ...}} or the like, found {}", item.describe()));
    }
  }
  return all;
}

void read_after(const Node& node, StatementText& statement, Diagnostics& diagnostics) {
  const auto add = [&](const Node& item) {
    Formula formula;
    if (read_formula(item, "after", formula, diagnostics)) statement.after.push_back(formula);
  };
  if (node.is_sequence())
    for (const Node& item : node.items()) add(item);
  else
    add(node);
  if (statement.after.empty() && !diagnostics.failed()) diagnostics.error(node.location(), "after: the list is empty");
}

// "c -> 2*c", or only what is read.
void read_arrow(const Node& node, const char* key, bool output, StatementText& statement, Diagnostics& diagnostics) {
  Formula whole;
  if (!read_formula(node, key, whole, diagnostics)) return;
  const std::size_t arrow = whole.text.find("->");
  if (output != (arrow != std::string::npos)) {
    diagnostics.error(node.location(), fmt::format("{}: expected {}, found {}", key,
                                                   output ? "input -> output channels" : "channels", node.describe()));
    return;
  }
  statement.in = {trimmed(whole.text.substr(0, arrow)), whole.where};
  if (output) statement.out = {trimmed(whole.text.substr(arrow + 2)), whole.where};
  if (statement.in.empty() || (output && statement.out.empty()))
    diagnostics.error(node.location(), fmt::format("{}: a side of the arrow is empty", key));
}

void read_form(const Form& form, const Node& node, StatementText& statement, Diagnostics& diagnostics) {
  using K = StatementText::Kind;
  statement.kind = form.kind;
  switch (form.kind) {
    case K::conv:
    case K::linear:
      read_arrow(node, form.key, true, statement, diagnostics);
      break;
    case K::depthwise:
      read_arrow(node, form.key, false, statement, diagnostics);
      break;
    case K::pool:
      if (node.text() != "global") read_formula(node, "pool", statement.size, diagnostics);
      break;
    case K::upsample:
    case K::take:
      read_formula(node, form.key, statement.size, diagnostics);
      break;
    case K::add:
    case K::concat:
      read_after(node, statement, diagnostics);
      break;
    case K::group:
      statement.body = read_statements(node, diagnostics);
      break;
    default:
      break;
  }
}

void read_alternative(const std::string& value, const Location& where, const Node& node, StatementText& statement,
                      Diagnostics& diagnostics) {
  statement.alternatives.push_back({value, read_statement("", where, node, diagnostics)});
}

StatementText read_statement(const std::string& name, const Location& where, const Node& node,
                             Diagnostics& diagnostics) {
  StatementText statement;
  statement.name = name;
  statement.where = where;
  if (node.is_scalar() && (node.text() == "free" || node.text() == "skip")) return statement;
  if (node.is_scalar() && node.text() == "none") {
    statement.kind = StatementText::Kind::none;
    return statement;
  }
  if (node.is_sequence()) {
    statement.kind = StatementText::Kind::group;
    statement.body = read_statements(node, diagnostics);
    return statement;
  }
  if (!node.is_mapping()) {
    diagnostics.error(node.location(), fmt::format("a step is {}, allowed are a mapping, a list of steps, "
                                                   "'free' and 'none'",
                                                   node.describe()));
    return statement;
  }
  const bool chooses = node.find("choose") != nullptr;
  const Form* form = nullptr;
  for (const Form& candidate : forms()) {
    if (chooses || node.find(candidate.key) == nullptr) continue;
    if (form != nullptr)
      diagnostics.error(where, fmt::format("a step is both {} and {}: keep one", form->key, candidate.key));
    form = &candidate;
  }
  if (form == nullptr && !chooses) {
    std::vector<std::string> keys = {"choose"};
    for (const Form& candidate : forms()) keys.emplace_back(candidate.key);
    diagnostics.error(where, fmt::format("a step needs one of {}", fmt::join(keys, ", ")));
    return statement;
  }
  for (const Node::Entry& entry : node.entries()) {
    const auto formula = [&](const char* key, Formula StatementText::*place) {
      if (entry.key == key) read_formula(entry.value, key, statement.*place, diagnostics);
      return entry.key == key;
    };
    if (entry.key == "for") {
      statement.loops = read_loops(entry.value, diagnostics);
    } else if (entry.key == "after") {
      read_after(entry.value, statement, diagnostics);
    } else if (formula("when", &StatementText::when)) {
    } else if (chooses) {
      statement.kind = StatementText::Kind::choose;
      if (entry.key == "choose") {
        read_formula(entry.value, "choose", statement.selector, diagnostics);
      } else if (entry.key == "of") {
        if (!require_mapping(entry.value, "of", diagnostics)) continue;
        for (const Node::Entry& value : entry.value.entries())
          read_alternative(value.key, value.where, value.value, statement, diagnostics);
      } else {
        read_alternative(entry.key, entry.where, entry.value, statement, diagnostics);
      }
    } else if (entry.key == form->key) {
      read_form(*form, entry.value, statement, diagnostics);
    } else if (std::find(form->more.begin(), form->more.end(), entry.key) != form->more.end()) {
      formula("kernel", &StatementText::kernel) || formula("stride", &StatementText::stride) ||
          formula("pad", &StatementText::pad) || formula("groups", &StatementText::groups) ||
          formula("dilation", &StatementText::dilation);
    } else {
      std::vector<std::string> allowed = common_keys;
      allowed.emplace_back(form->key);
      allowed.insert(allowed.end(), form->more.begin(), form->more.end());
      diagnostics.error(entry.where,
                        fmt::format("unknown key {} of a step{}", quote(entry.key), suggestion(entry.key, allowed)));
    }
  }
  return statement;
}

Record<BlockText> block_record() {
  auto record = with_loops(Record<BlockText>("block", "A part of the network that a table of costs knows."));
  record = with_formula(std::move(record), "block", &BlockText::block, "its name: layer[i]", true);
  record = with_formula(std::move(record), "operator", &BlockText::operation, "the parameter that chooses", true);
  record =
      with_formula(std::move(record), "channels", &BlockText::channels, "its width, where the table tells them apart");
  return with_formula(std::move(record), "when", &BlockText::when, "it is there only where this holds");
}

void read_parameters_of(const Node& node, NetworkFamilyText& text, Diagnostics& diagnostics) {
  static const Record<NetworkParameterText> record = parameter_record();
  if (!require_mapping(node, "parameters", diagnostics)) return;
  for (const Node::Entry& entry : node.entries()) {
    if (!identifier(entry.key))
      diagnostics.error(entry.where,
                        fmt::format("{} is not a name, allowed are letters, digits and _", quote(entry.key)));
    NetworkParameterText parameter = record.read(entry.value, diagnostics);
    parameter.name = entry.key;
    parameter.where = entry.where;
    text.parameters.push_back(std::move(parameter));
  }
}

void read_constraints_of(const Node& node, NetworkFamilyText& text, Diagnostics& diagnostics) {
  if (!require_sequence(node, "constraints", diagnostics)) return;
  for (const Node& item : node.items()) {
    NetworkConstraintText constraint;
    if (!item.is_mapping()) {
      read_formula(item, "a constraint", constraint.require, diagnostics);
    } else {
      for (const Node::Entry& entry : item.entries()) {
        if (entry.key == "for")
          constraint.loops = read_loops(entry.value, diagnostics);
        else if (entry.key == "require")
          read_formula(entry.value, "require", constraint.require, diagnostics);
        else
          diagnostics.error(entry.where, "a constraint has 'for' and 'require', found " + quote(entry.key));
      }
    }
    if (!constraint.require.empty()) text.constraints.push_back(std::move(constraint));
  }
}

void read_settings_of(const Node& node, NetworkFamilyText& text, Diagnostics& diagnostics) {
  if (!require_mapping(node, "settings", diagnostics)) return;
  for (const Node::Entry& entry : node.entries()) {
    NetworkFamilyText::Setting setting{entry.key, "", entry.where, 0.0};
    const Node* value = entry.value.is_mapping() ? entry.value.find("value") : &entry.value;
    if (value == nullptr || !value->as_number()) {
      diagnostics.error(entry.value.location(), fmt::format("the setting {} needs a number", quote(entry.key)));
      continue;
    }
    setting.value = *value->as_number();
    if (const Node* meaning = entry.value.find("meaning")) setting.meaning = meaning->text();
    text.settings.push_back(std::move(setting));
  }
}

const Record<NetworkFamilyText>& family_record() {
  using F = NetworkFamilyText;
  static const Record<F> record = [] {
    const Json map = {{"type", "object"}};
    const Json list = {{"type", "array"}};
    auto table = Record<F>("network family", "Networks with parameters.")
                     .document("dovetail-network-family/1")
                     .required("name", &F::name, "how studies call it")
                     .optional("about", &F::about, "what the networks are, in a sentence or two")
                     .optional("source", &F::source, "where they were published")
                     .optional("from_memory", &F::from_memory, "what of it was not looked up")
                     .custom("settings", false, "numbers that are not searched, name: value", map, read_settings_of)
                     .custom("parameters", true, "what is searched", map, read_parameters_of)
                     .custom("constraints", false, "conditions between parameters", list, read_constraints_of)
                     .custom("let", false, "definitions, name: expression", map,
                             [](const Node& node, F& text, Diagnostics& diagnostics) {
                               if (!require_mapping(node, "let", diagnostics)) return;
                               for (const Node::Entry& entry : node.entries()) {
                                 Formula formula;
                                 if (read_formula(entry.value, entry.key, formula, diagnostics))
                                   text.definitions.emplace_back(entry.key, formula);
                               }
                             })
                     .custom("layers", true, "the steps of a network, in order", list,
                             [](const Node& node, F& text, Diagnostics& diagnostics) {
                               text.statements = read_statements(node, diagnostics);
                             })
                     .list("blocks", &F::blocks, block_record(), "what a table of costs by block and operator sums")
                     .custom("default", false, "the network that `convert` prints, name: value", map,
                             [](const Node& node, F& text, Diagnostics& diagnostics) {
                               if (!require_mapping(node, "default", diagnostics)) return;
                               for (const Node::Entry& entry : node.entries())
                                 text.defaults.emplace_back(entry.key, entry.value);
                             });
    table = with_formula(std::move(table), "input", &F::input, "channels x height x width");
    table = with_formula(std::move(table), "stratify", &F::stratify,
                         "the parameter whose values uniform draws take equally often");
    return with_formula(std::move(table), "key", &F::key,
                        "the parameters whose values, in this order, are a network's canonical text");
  }();
  return record;
}

}  // namespace

NetworkFamilyText read_network_family_text(const Node& node, Diagnostics& diagnostics) {
  NetworkFamilyText text = family_record().read(node, diagnostics);
  text.where = node.location();
  return text;
}

nlohmann::ordered_json network_family_schema() {
  return schema_document("dovetail-network-family/1", family_record().schema());
}

}  // namespace dovetail
