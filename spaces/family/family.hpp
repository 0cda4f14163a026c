// Accelerator families: a machine with parameters, read from a YAML descriptor.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/machine/technology.hpp>
#include <dovetail/spaces/mapping/mapping_rules.hpp>
#include <dovetail/spaces/space/box.hpp>
#include <dovetail/spaces/space/space.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// A number of a family that is not searched: fixed unless the user sets it (`hw.pes = 256`).
struct FamilySetting {
  std::string name;  ///< without group: "pes"
  double value = 0.0;
  std::vector<double> values;  ///< allowed; empty: any positive number
  std::string meaning;
};

/// One figure of a machine and where it comes from: the table that `describe` prints.
struct Figure {
  std::string component;  ///< "GlobalBuffer", "MAC"
  std::string quantity;   ///< "read", "fill", "update", "leakage", "area", ...
  double value = 0.0;
  std::string unit;  ///< "pJ / access", "pJ / cycle", "um2 / instance", ...
  std::string source;
};

/// A family: settings, a hardware space (parameters of group "hw" under constraints), how a point becomes a machine,
/// and what its dataflow allows in mappings. Immutable; every member is safe to call concurrently.
///
///     Family eyeriss = load_family("eyeriss");
///     Architecture chip = eyeriss.instantiate(eyeriss.default_point());
///     MappingRules rules = eyeriss.rules(layer, eyeriss.default_point());
class Family {
 public:
  const std::string& name() const;
  const std::string& about() const;   ///< what the family is, in a sentence or two
  const std::string& source() const;  ///< publication
  const std::vector<FamilySetting>& settings() const;
  const Technology& technology() const;
  double clock_mhz() const;  ///< turns leakage power into energy per cycle

  /// Parameters "hw.NAME" and the family's constraints.
  const Space& space() const;
  /// What each parameter means, in the order of the space.
  const std::vector<std::string>& meanings() const;
  /// The published hand design, with its source.
  const Point& default_point() const;
  const std::string& default_source() const;

  /// The machine at a point of the space. Throws InputError, located in the descriptor, when a formula gives no legal
  /// machine there; points of the space of the shipped families always do.
  Architecture instantiate(const Point& point) const;
  /// Energies and areas of that machine with their sources.
  std::vector<Figure> figures(const Point& point) const;

  /// A machine that none in the box improves on (see FamilyMachine::build); none where its shape is not one yet: where
  /// a parameter of `shaping` has several values, at the most.
  std::optional<Architecture> ideal(const Box& box) const;
  /// Per parameter of the space: whether meshes, word widths, blocks or clusters depend on it.
  const std::vector<char>& shaping() const;
  /// Per parameter: whether the words of a level depend on it, and whether what its accesses cost does.
  const std::vector<char>& capacity_parameters(std::size_t level) const;
  const std::vector<char>& price_parameters(std::size_t level) const;
  /// Per parameter: whether `rules` depend on it.
  const std::vector<char>& ruling() const;

  /// What the machine allows in mappings of this layer: keep sets, unrolled dimensions, bounds, orders. Written per
  /// kind of layer (conv: N K C P Q R S G; matmul: M N K B); a rule about a dimension that the layer lacks says
  /// nothing, and a layer of neither kind is bound by the rules about tensors alone.
  MappingRules rules(const Layer& layer, const Point& point) const;
  /// Rules that allow every mapping that some machine of the box allows. Asks every combination of the parameters that
  /// rules depend on.
  MappingRules rules(const Layer& layer, const Box& box) const;
  /// The hand design's dataflow ("row stationary"), within the rules above. Empty name: the family has none, and the
  /// baseline is mapped freely.
  MappingRules baseline_rules(const Layer& layer, const Point& point) const;
  const std::string& baseline_name() const;
  const std::string& baseline_source() const;

 private:
  friend Family read_family(const std::string& text, const std::string& file,
                            const std::map<std::string, double>& settings);
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

/// The family with this name, or in the YAML file at this path. `settings` replaces defaults by name ("pes" or
/// "hw.pes"). Throws InputError with every mistake, located.
Family load_family(const std::string& name_or_path, const std::map<std::string, double>& settings = {});

/// The family described by `text`; `file` names it in messages.
Family read_family(const std::string& text, const std::string& file,
                   const std::map<std::string, double>& settings = {});

/// Names of the families that are part of the program.
std::vector<std::string> family_names();

/// Energies and areas of any machine; the source is `origin` for every figure.
std::vector<Figure> figures(const Architecture& architecture, const std::string& origin = "given");

/// The table as aligned text: component, quantity, value, unit, source.
std::string to_text(const std::vector<Figure>& figures);

}  // namespace dovetail
